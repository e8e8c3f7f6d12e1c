"""The compiled density of a wave function of distances is that of torch."""

from __future__ import annotations

import ctypes
from typing import Any

import pytest
import torch
from kernels import SUPPORTED, compiled_or_skip

from hadronlab.models.wavefunctions import compiled, invariant
from hadronlab.models.wavefunctions.compiled_density import CompiledDensity, compiled_density
from hadronlab.models.wavefunctions.invariant import InvariantWaveFunction
from hadronlab.systems.few_body import FewBodySystem
from hadronlab.systems.leptons import lepton_system
from hadronlab.systems.quarks import quark_system

ROUNDING = {torch.float64: 1e-12, torch.float32: 1e-4}  # of ln ρ, where the copies cancel to a tenth
WAVE_FUNCTIONS: list[tuple[FewBodySystem, dict[str, Any]]] = [
    (quark_system("meson", "c c~", 1, 0), {"widths": [7]}),
    (quark_system("nucleon", "u u d", 0.5, 0.5), {"confining": False}),
    (quark_system("tcc", "c c u~ d~", 1, 0), {"clusters": None, "activation": "tanh", "widths": [5, 21, 3]}),
    (quark_system("tcc", "c c u~ d~", 1, 0), {"kato": False, "features": ["linear", "saturating"]}),
    (lepton_system("ps2", "e- e- e+ e+"), {}),
]


@pytest.fixture(params=SUPPORTED)
def library(request: pytest.FixtureRequest) -> ctypes.CDLL:
    return compiled_or_skip("density", request.param)


def positions(psi: InvariantWaveFunction, n: int, dtype: torch.dtype) -> torch.Tensor:
    return (psi.length * torch.randn(psi.system.n_particles, 3, n, dtype=torch.float64)).to(dtype)


@pytest.mark.parametrize(("system", "settings"), WAVE_FUNCTIONS, ids=lambda given: getattr(given, "name", ""))
@pytest.mark.parametrize("dtype", ROUNDING)
@torch.no_grad()
def test_it_is_that_of_torch(
    library: ctypes.CDLL,
    system: FewBodySystem,
    settings: dict[str, Any],
    dtype: torch.dtype,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    torch.manual_seed(1)
    psi = InvariantWaveFunction(system, **settings)
    for parameter in psi.parameters():
        parameter += 0.1 * torch.randn_like(parameter)
    ours = CompiledDensity(psi, dtype, library)
    monkeypatch.setattr(invariant, "compiled_density", lambda *_: None)
    for n in (1, 37, 203, 1500):  # the last one on several threads, where torch has them
        r = positions(psi, n, dtype)
        torch.testing.assert_close(ours(r), psi.log_density(r), rtol=0, atol=ROUNDING[dtype])


@torch.no_grad()
def test_walkers_far_away_are_told_apart_from_those_that_are_nowhere(library: ctypes.CDLL) -> None:
    psi = InvariantWaveFunction(*WAVE_FUNCTIONS[1][:1])
    r = positions(psi, 3, torch.float32)
    r[0, 0, 1], r[0, 0, 2] = 300 * psi.length, float("nan")
    near, far, nowhere = CompiledDensity(psi, torch.float32, library)(r).tolist()
    assert near > far > -float("inf") and nowhere != nowhere


def test_torch_does_what_the_kernel_cannot() -> None:
    system = quark_system("meson", "c c~", 1, 0)
    odd = [
        InvariantWaveFunction(system, features=["logarithm"]),
        InvariantWaveFunction(system, activation="sine"),
    ]
    with torch.no_grad():
        assert [compiled_density(psi, torch.float32) for psi in odd] == [None, None]
    psi = InvariantWaveFunction(system)
    assert compiled_density(psi, torch.float32) is None  # derivatives are asked for
    with torch.no_grad(), psi.parameters_kept():
        first = psi._compiled_density(torch.float32)
        assert psi._compiled_density(torch.float32) is first  # made once
        assert (first is None) == (compiled.library_of("density") is None)
