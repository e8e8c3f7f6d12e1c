"""Levels in correlated Gaussians, solved for once and kept on disk by the content of the system."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import scipy
import torch

from hadronlab.data import hdf5, whole_files
from hadronlab.data.cache import SEAL, Store, generating_code
from hadronlab.physics.few_body.gaussians.spectrum import Spectrum, Stage
from hadronlab.systems.few_body import FewBodySystem
from hadronlab.systems.spectra import solve_system

ARRAYS = {"energies": 1, "remaining": 1, "exponents": 3, "coefficients": 3}  # and how many indices they have
PROBE = torch.logspace(-3, 2, 60, dtype=torch.float64)  # distances at which forces are told apart


def solved_levels(system: FewBodySystem, states: int = 1, **settings: Any) -> Spectrum:
    """`solve_system`, or what an earlier call for the same particles, forces and settings stored; settings: plain numbers."""
    return LEVELS.get(
        lambda: f"levels-{key(system, states, **settings)}.h5",
        lambda: solve_system(system, states, **settings),
    )


def key(system: FewBodySystem, states: int, **settings: Any) -> str:
    """Hash of all that makes the numbers; the names of system and particles are not among it.

    Raises DataError where the code of the interaction is in no file, as a class of a notebook is.
    """
    force, channels = system.interaction, system.channels
    code = generating_code(solve_system.__module__, type(force).__module__)
    about = [
        states,
        system.L,
        str(system.J),
        sorted(settings.items()),
        system.hbar_c,
        system.to_unit,
        system.counts_masses,
        code,
    ]
    libraries = (torch.__version__, np.__version__, scipy.__version__)
    digest = hashlib.sha256(json.dumps([*about, libraries]).encode())
    arrays: list[Any] = [system.masses, *(channels.operator(name) for name in force.operators)]
    arrays += [g.sign * g.matrix for g in system.group] + [np.array(g.perm) for g in system.group]
    masses = sorted(set(system.masses.tolist()))
    for pair in itertools.combinations_with_replacement(masses, 2):
        arrays += force.radial(PROBE, *torch.tensor(pair, dtype=torch.float64))
    each = (
        torch.arange(len(system.pairs))[:, None] * 7 % len(PROBE)
    )  # no two pairs alike, and every pair at all distances
    extra = force.many_body(PROBE[(each + torch.arange(len(PROBE))) % len(PROBE)], system.masses)
    arrays.append([] if extra is None else extra)
    for array in arrays:
        values = np.ascontiguousarray(array, dtype=np.float64)
        digest.update(repr(values.shape).encode() + values.tobytes())
    return digest.hexdigest()[:32]


def _read(path: Path) -> tuple[Spectrum, str]:
    with hdf5.opened(path) as file:
        arrays = {name: file.array(name, "float", (ndim,)) for name, ndim in ARRAYS.items()}
        sizes, times = file.array("stage_sizes", "integer", (1,)), file.array("stage_seconds", "float", (1,))
        energies, about = file.array("stage_energies", "float", (2,)), file.attributes()
        stages = tuple(Stage(int(n), e, float(t)) for n, e, t in zip(sizes, energies, times, strict=True))
        found = Spectrum(
            **arrays, rounding=float(about["rounding"]), stages=stages, ended=str(about["ended"])
        )
        return found, str(about.get(SEAL))


def _write(found: Spectrum, seal: str, path: Path) -> None:
    with whole_files.created(path) as file:
        for name in ARRAYS:
            file[name] = getattr(found, name)
        file["stage_sizes"] = [stage.size for stage in found.stages]
        file["stage_energies"] = [stage.energies for stage in found.stages]
        file["stage_seconds"] = [stage.seconds for stage in found.stages]
        file.attrs.update({"rounding": found.rounding, "ended": found.ended, SEAL: seal})


def _parts(found: Spectrum) -> Iterator[bytes]:
    for name in ARRAYS:
        yield np.ascontiguousarray(getattr(found, name)).tobytes()
    stages = [(stage.size, stage.energies.tolist(), stage.seconds) for stage in found.stages]
    yield repr((float(found.rounding), found.ended, stages)).encode()


LEVELS = Store("a spectrum", _read, _write, _parts)
