"""Levels that are kept: solved for once, by content, and made again where the file is damaged."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from hadronlab.config.cache_directory import cache_directory
from hadronlab.data.solved_levels import key, solved_levels
from hadronlab.physics.forces.interaction import Interaction
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
        key(quark_system("D", "c u~", 0, 0.5, L=1), 1, **SETTINGS),
    ]
    assert len(set(variants)) == len(variants)


@dataclass(frozen=True)
class Together(Interaction):
    """W = Σ r^p, which is the same number for every p where all distances are 1."""

    power: float

    def mass(self, flavor):
        return 0.4

    def many_body(self, distances, masses):
        return (distances**self.power).sum(0)


def test_key_depends_on_forces_of_many_bodies_at_all_distances():
    baryons = [quark_system("N", "u u d", 0.5, 0.5, interaction=Together(power)) for power in (1.0, 1.1, 2.0)]
    assert len({key(baryon, 1, **SETTINGS) for baryon in baryons}) == 3
