"""Levels that are kept: solved for once, by content, and made again where the file is damaged."""

from dataclasses import replace

import numpy as np
import pytest

from hadronlab.config.cache_directory import cache_directory
from hadronlab.data.solved_levels import key, solved_levels
from hadronlab.physics.forces.quark_models import MODELS
from hadronlab.systems import spectra
from hadronlab.systems.quarks import quark_system

SETTINGS = {"accuracy": 0.1, "seconds": 10.0}


def meson(name="D", quarks="c u~", spin=0, interaction=MODELS["AL1"]):
    return quark_system(name, quarks, spin, 0.5, interaction=interaction)


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("HADRONLAB_CACHE", str(tmp_path / "cache"))


def test_the_same_content_under_another_name_is_solved_for_once(monkeypatch):
    first = solved_levels(meson(), states=2, **SETTINGS)
    monkeypatch.setattr(spectra, "system_solver", lambda *_, **__: pytest.fail("solved again"))
    second = solved_levels(meson("mine", "d~ c"), states=2, **SETTINGS)
    for name in ("energies", "remaining", "exponents", "coefficients"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    assert [stage.size for stage in first.stages] == [stage.size for stage in second.stages]
    assert first.ended == second.ended and first.rounding == second.rounding


def test_a_damaged_file_is_made_again(caplog):
    first = solved_levels(meson(), **SETTINGS)
    (path,) = cache_directory().iterdir()
    path.write_bytes(path.read_bytes()[:3000])
    np.testing.assert_array_equal(solved_levels(meson(), **SETTINGS).energies, first.energies)
    assert "made again" in caplog.text


def test_key_depends_on_what_makes_the_numbers():
    model = MODELS["AL1"]
    variants = [
        key(meson(), 1, **SETTINGS),
        key(meson(), 2, **SETTINGS),
        key(meson(), 1, **(SETTINGS | {"accuracy": 0.2})),
        key(meson(spin=1), 1, **SETTINGS),
        key(meson(quarks="b u~"), 1, **SETTINGS),
        key(meson(interaction=MODELS["AP1"]), 1, **SETTINGS),
        key(meson(interaction=replace(model, string=1.001 * model.string)), 1, **SETTINGS),
    ]
    assert len(set(variants)) == len(variants)
