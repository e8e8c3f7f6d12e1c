"""The cache gives back what was generated, and never stands in the way."""

from __future__ import annotations

import errno
import logging
import pwd
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

import h5py
import numpy as np
import pytest
import torch
from omegaconf import OmegaConf

from hadronlab.config.cache_directory import cache_directory
from hadronlab.data import cache
from hadronlab.data.cache import key, synthetic_correlator
from hadronlab.data.noise import Noise
from hadronlab.data.r_correlator import write
from hadronlab.data.synthetic import SourceShape, SyntheticLattice
from hadronlab.physics.finite_volume.box import box_mesh
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
    assert first.mass == second.mass and len(list(cache_directory().iterdir())) == 1


@pytest.mark.parametrize("damage", [b"", b"not a file", None])
def test_unreadable_file_is_made_again(damage: bytes | None, caplog: pytest.LogCaptureFixture) -> None:
    first = synthetic_correlator(PAIR, LATTICE)
    (path,) = cache_directory().iterdir()
    path.write_bytes(path.read_bytes()[:2000] if damage is None else damage)
    with caplog.at_level(logging.WARNING):
        second = synthetic_correlator(PAIR, LATTICE)
    np.testing.assert_array_equal(first.values["wall"], second.values["wall"])
    assert "made again" in caplog.text
    caplog.clear()
    synthetic_correlator(PAIR, LATTICE)
    assert not caplog.text


def test_entry_of_another_key_is_made_again(caplog: pytest.LogCaptureFixture) -> None:
    other = replace(PAIR, mass1=1600.0, mass2=1600.0)
    first = synthetic_correlator(PAIR, LATTICE)
    (path,) = cache_directory().iterdir()
    synthetic_correlator(other, LATTICE)
    (foreign,) = set(cache_directory().iterdir()) - {path}
    shutil.copy(foreign, path)
    with caplog.at_level(logging.WARNING):
        again = synthetic_correlator(PAIR, LATTICE)
    np.testing.assert_array_equal(again.values["wall"], first.values["wall"])
    assert "other numbers than its name says" in caplog.text


@pytest.mark.parametrize("name", ["wall/R", "t", "radius"])
def test_readable_entry_with_a_changed_number_is_made_again(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    first = synthetic_correlator(PAIR, LATTICE)
    (path,) = cache_directory().iterdir()
    with h5py.File(path, "a") as file:
        values = file[name][()]
        values[..., -1] += 1
        file[name][...] = values
    with caplog.at_level(logging.WARNING):
        again = synthetic_correlator(PAIR, LATTICE)
    np.testing.assert_array_equal(again.values["wall"], first.values["wall"])
    assert again.t.tolist() == first.t.tolist() and "other numbers" in caplog.text


def test_entry_without_a_seal_is_made_again(caplog: pytest.LogCaptureFixture) -> None:
    correlator = synthetic_correlator(PAIR, LATTICE)
    (path,) = cache_directory().iterdir()
    write(replace(correlator, attributes={}), path)
    with caplog.at_level(logging.WARNING):
        synthetic_correlator(PAIR, LATTICE)
    assert "made again" in caplog.text


def _a_file_in_the_way(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "file").write_text("")
    monkeypatch.setenv("HADRONLAB_CACHE", str(place / "file"))


def _a_name_too_long(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HADRONLAB_CACHE", str(place / ("x" * 300)))


def _a_kernel_file_system(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HADRONLAB_CACHE", "/proc/nothing")


def _no_permission(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "exists", refuse)
    monkeypatch.setattr(Path, "mkdir", refuse)


def _no_home(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(uid: int) -> None:
        raise KeyError(uid)

    for name in ("HADRONLAB_CACHE", "XDG_CACHE_HOME", "HOME", "USER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)


def _a_full_disk(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)


@pytest.mark.parametrize(
    "hinder",
    [_a_file_in_the_way, _a_name_too_long, _a_kernel_file_system, _no_permission, _no_home, _a_full_disk],
)
def test_useless_place_costs_a_warning(
    hinder: Callable[[Path, pytest.MonkeyPatch], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    hinder(tmp_path, monkeypatch)
    with caplog.at_level(logging.WARNING):
        assert synthetic_correlator(PAIR, LATTICE).values
    assert caplog.text.count("not cached") == 1
    monkeypatch.undo()
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".")]


def test_several_writers_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: synthetic_correlator(PAIR, LATTICE), range(4)))
    for correlator in found:
        np.testing.assert_array_equal(correlator.values["wall"], found[0].values["wall"])
    assert len(list(cache_directory().iterdir())) == 1


def test_key_depends_on_every_setting() -> None:
    variants = [
        (PAIR, LATTICE),
        (replace(PAIR, mass1=1501.0), LATTICE),
        (replace(PAIR, potential=Gaussians((-50.1,), (2.0,))), LATTICE),
        (PAIR, replace(LATTICE, times=(24, 25, 26))),
        (PAIR, replace(LATTICE, noise=Noise())),
        (PAIR, replace(LATTICE, noise=Noise(seed=1))),
        (PAIR, replace(LATTICE, sources={"wall": SourceShape()})),
        (PAIR, replace(LATTICE, grid="sites")),
    ]
    assert len({key(*variant) for variant in variants}) == len(variants)
    configured = OmegaConf.create({"wall": SourceShape("gaussian", 0.4)}, flags={"allow_objects": True})
    other = OmegaConf.create({"wall": SourceShape("gaussian", 0.5)}, flags={"allow_objects": True})
    assert len({key(PAIR, replace(LATTICE, sources=sources)) for sources in (configured, other)}) == 2
    same = replace(PAIR, potential=Gaussians(strengths=[-50.0], exponents=[2.0]))
    assert key(same, replace(LATTICE, times=[24, 25, 26, 27, 28])) == key(PAIR, LATTICE)


class Bump(Gaussians):
    """PAIR's potential, and something narrow far out, where only a mesh point can see it."""

    def __call__(self, r: torch.Tensor) -> torch.Tensor:
        far = box_mesh(LATTICE.radius_fm, LATTICE.n_mesh).r[-2]
        return super().__call__(r) - 10 * torch.exp(-(((r - far) / 1e-3) ** 2))


def test_potential_counts_wherever_the_generator_takes_it() -> None:
    assert key(replace(PAIR, potential=Bump((-50.0,), (2.0,))), LATTICE) != key(PAIR, LATTICE)


@pytest.mark.slow
def test_key_depends_on_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """On that of every module that `generate` was imported with, and on no other."""
    code = "import sys, hadronlab.data.synthetic; print(*(m for m in sys.modules if m.split('.')[0] == 'hadronlab'))"
    needed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    before, read_text = key(PAIR, LATTICE), Path.read_text
    for name in (
        "hadronlab.physics.scattering.lagrange_mesh",
        "hadronlab.data.noise",
        "hadronlab.data.cache",
    ):
        changed = sys.modules[name].__file__
        monkeypatch.setattr(
            Path, "read_text", lambda p, changed=changed, **k: read_text(p, **k) + "#" * (str(p) == changed)
        )
        assert (key(PAIR, LATTICE) != before) == (name in needed)
    seen: list[Path] = []
    monkeypatch.setattr(Path, "read_text", lambda p, **k: seen.append(p) or read_text(p, **k))
    key(PAIR, LATTICE)
    assert {str(path) for path in seen} == {sys.modules[name].__file__ for name in needed}


@dataclass(frozen=True)
class Rounding:
    """A noise of the user's own."""

    digits: int = 3

    def generator(self) -> torch.Generator:
        return torch.Generator()

    def resample(self, R: torch.Tensor, *_: object) -> torch.Tensor:
        return R.round(decimals=self.digits)[None]


def test_noise_of_the_users_own(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    own, other = (replace(LATTICE, noise=Rounding(digits)) for digits in (3, 4))  # type: ignore[arg-type]
    assert key(PAIR, own) != key(PAIR, other)
    monkeypatch.setattr(Rounding, "__module__", "__main__")  # as in a notebook, whose cells are no file
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    with caplog.at_level(logging.WARNING):
        assert synthetic_correlator(PAIR, own).values
    assert "is in no file" in caplog.text


def test_directory_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HADRONLAB_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache_directory() == Path("/somewhere/hadronlab")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_directory() == Path.home() / ".cache" / "hadronlab"
