"""The cache gives back what was generated, and never stands in the way."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from omegaconf import OmegaConf

from hadronlab.data import cache
from hadronlab.data.cache import directory, key, synthetic_correlator
from hadronlab.data.noise import Noise
from hadronlab.data.synthetic import Source, SyntheticLattice
from hadronlab.physics.forces.local_potentials import Gaussians
from hadronlab.systems.hadrons import HadronPair

PAIR = HadronPair("x", 1500.0, 1500.0, potential=Gaussians((-50.0,), (2.0,)))
LATTICE = SyntheticLattice(length=24, n_mesh=60, n_states=20)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HADRONLAB_CACHE", str(tmp_path / "cache"))


def test_second_call_reads_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    first = synthetic_correlator(PAIR, LATTICE)
    monkeypatch.setattr(cache, "generate", lambda *_: pytest.fail("generated again"))
    second = synthetic_correlator(PAIR, LATTICE)
    for source in first.values:
        np.testing.assert_array_equal(first.values[source], second.values[source])
    assert first.mass == second.mass and len(list(directory().iterdir())) == 1


@pytest.mark.parametrize("damage", [b"", b"not a file", None])
def test_unreadable_file_is_made_again(damage: bytes | None, caplog: pytest.LogCaptureFixture) -> None:
    first = synthetic_correlator(PAIR, LATTICE)
    (path,) = directory().iterdir()
    path.write_bytes(path.read_bytes()[:2000] if damage is None else damage)
    with caplog.at_level(logging.WARNING):
        second = synthetic_correlator(PAIR, LATTICE)
    np.testing.assert_array_equal(first.values["wall"], second.values["wall"])
    assert "made again" in caplog.text
    caplog.clear()
    synthetic_correlator(PAIR, LATTICE)
    assert not caplog.text


def test_place_that_cannot_be_written_costs_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HADRONLAB_CACHE", str(tmp_path / "file"))
    with caplog.at_level(logging.WARNING):
        assert synthetic_correlator(PAIR, LATTICE).values
    assert "not cached" in caplog.text


def test_key_depends_on_every_setting() -> None:
    variants = [
        (PAIR, LATTICE),
        (replace(PAIR, mass1=1501.0), LATTICE),
        (replace(PAIR, potential=Gaussians((-50.1,), (2.0,))), LATTICE),
        (PAIR, replace(LATTICE, times=(24, 25, 26))),
        (PAIR, replace(LATTICE, noise=Noise())),
        (PAIR, replace(LATTICE, noise=Noise(seed=1))),
        (PAIR, replace(LATTICE, sources={"wall": Source()})),
        (PAIR, replace(LATTICE, grid="sites")),
    ]
    assert len({key(*variant) for variant in variants}) == len(variants)
    configured = OmegaConf.create({"wall": Source("gaussian", 0.4)}, flags={"allow_objects": True})
    other = OmegaConf.create({"wall": Source("gaussian", 0.5)}, flags={"allow_objects": True})
    assert len({key(PAIR, replace(LATTICE, sources=sources)) for sources in (configured, other)}) == 2
    same = replace(PAIR, potential=Gaussians(strengths=[-50.0], exponents=[2.0]))
    assert key(same, replace(LATTICE, times=[24, 25, 26, 27, 28])) == key(PAIR, LATTICE)


def test_directory_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HADRONLAB_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert directory() == Path("/somewhere/hadronlab")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert directory() == Path.home() / ".cache" / "hadronlab"
