"""Settings of the Trainer that would never end, or ask for what is not here, are told before anything is built."""

from __future__ import annotations

import pytest
import torch

from hadronlab.api import composed
from hadronlab.errors import ConfigError
from hadronlab.runner.trainer_settings import check_trainer


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["trainer.max_epochs=-1"], "the training would never end"),
        (["trainer.max_steps=0"], "at least one step is needed"),
        (["trainer.max_time=60"], "write DD:HH:MM:SS"),
        (["strategy=gpu"], "no GPU .* choose strategy=cpu"),
        (
            ["trainer.devices=2"],
            "trainer.devices=2, but this strategy runs one process: choose strategy=ddp_cpu",
        ),
        (["trainer.devices='3'"], "choose strategy=ddp_cpu"),
        (["trainer.devices=[0,1]"], "choose strategy=ddp_cpu"),
    ],
)
def test_what_cannot_work_is_told(
    overrides: list[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match=message):
        check_trainer(composed("system=separable", *overrides))


def test_several_gpus_need_a_strategy_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 8)
    config = composed("system=separable", "strategy=gpu")
    for devices in (-1, "auto", 2, "2"):
        config.trainer.devices = devices
        with pytest.raises(ConfigError, match="choose strategy=ddp"):
            check_trainer(config)
    for devices in (1, [3], "slot"):
        config.trainer.devices = devices
        check_trainer(config)
    check_trainer(composed("system=separable", "strategy=ddp"))
