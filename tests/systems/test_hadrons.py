"""Hadron pairs."""

from __future__ import annotations

import pytest

from hadronlab.errors import ConfigError
from hadronlab.systems.hadrons import HadronPair


def test_reduced_mass() -> None:
    assert HadronPair("x", 4796.0, 4796.0).reduced_mass == 2398.0
    assert HadronPair("x", 954.7, 1711.5).reduced_mass == pytest.approx(954.7 * 1711.5 / 2666.2)
    with pytest.raises(ConfigError, match="a mass is missing"):
        _ = HadronPair("x", None, 1.0).reduced_mass


@pytest.mark.parametrize("mass", [0.0, -1.0, float("nan"), float("inf")])
def test_bad_masses_and_references_are_refused(mass: float) -> None:
    with pytest.raises(ConfigError, match="system x: mass2 must be a positive number"):
        HadronPair("x", 1.0, mass)
    with pytest.raises(ConfigError, match="needs both a value and a source"):
        HadronPair("x", 1.0, 1.0, references={"a0": {"value": 1.0}})
