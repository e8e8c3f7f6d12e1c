"""A training that ends within the warm-up is told so: it would look like Gauss–Newton and be Adam."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import pytest
from torch import nn

from hadronlab.callbacks.natural_gradient import NaturalGradient


@pytest.mark.parametrize(("max_steps", "told"), [(1, True), (20, True), (21, False), (-1, False)])
def test_an_endless_warm_up_is_told(max_steps: int, told: bool, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    module: Any = nn.Linear(1, 1)
    module.least_squares = lambda: None
    trainer: Any = SimpleNamespace(max_steps=max_steps)
    NaturalGradient(warmup_steps=20).on_fit_start(trainer, module)
    assert ("warmup_steps=20" in caplog.text) == told
