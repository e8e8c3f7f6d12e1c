"""The numbers of a CUDA GPU are those of the CPU; without one, those of the second device, which runs the code of a GPU."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from second_device import second_device, trains_there
from torch import Tensor

from hadronlab.api import composed
from hadronlab.estimates.chains import chain_statistics
from hadronlab.losses.terms import Terms
from hadronlab.models.wavefunctions.deepquark import DeepQuarkWaveFunction
from hadronlab.models.wavefunctions.invariant import InvariantWaveFunction
from hadronlab.models.wavefunctions.wavefunction import WaveFunction
from hadronlab.optim.gauss_newton import GaussNewton
from hadronlab.optim.natural_gradient import DampedSolver
from hadronlab.optim.sr_statistics import energy_gradient, reconfigure
from hadronlab.run.build import build_task
from hadronlab.sampling.local_energy import local_energy
from hadronlab.sampling.metropolis import MetropolisSampler
from hadronlab.systems.quarks import quark_system

SYSTEMS = {"nucleon": ("u u d", 0.5, 0.5), "tcc": ("c c u~ d~", 1, 0)}


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Iterator[torch.device]:
    if torch.cuda.is_available():
        yield torch.device("cuda")
        return
    trains_there(monkeypatch)
    with second_device() as found:
        yield found


def wave_function(kind: type[WaveFunction], system: str, device: torch.device) -> WaveFunction:
    torch.manual_seed(0)
    return kind(quark_system(system, *SYSTEMS[system])).to(device)


def samples(psi: WaveFunction, device: torch.device) -> tuple[Tensor, Tensor | None]:
    """150 points, and channels where they are sampled; the same on every device."""
    r = torch.randn(psi.system.n_particles, 3, 150, generator=torch.Generator().manual_seed(1)).double()
    channel = torch.arange(150) % psi.n_channels
    return (0.7 * r).to(device), channel.to(device) if psi.samples_channel else None


def assert_close(found: Tensor, expected: Tensor, tolerance: float) -> None:
    """Within `tolerance` of the size of the whole: single numbers may cancel."""
    assert found.device != expected.device
    error = float((found.cpu() - expected).norm() / expected.norm())
    assert error < tolerance, f"relative error {error:.1e}"


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("kind", [InvariantWaveFunction, DeepQuarkWaveFunction])
def test_of_a_wave_function(kind: type[WaveFunction], system: str, device: torch.device) -> None:
    """Densities, energies, rows and the step; double precision but for rounding, that of the solution times 1/λ."""
    found = []
    for where in (device, torch.device("cpu")):
        psi = wave_function(kind, system, where)
        r, channel = samples(psi, where)
        local = local_energy(psi, r, channel)
        cotangents = torch.stack([local.psi, local.h_psi])
        with torch.no_grad():
            single = psi.log_density(r.float(), channel)
            density = psi.log_density(r, channel)
        numbers = [density, local.energy, local.kinetic, local.potential, local.weights, local.distances]
        numbers += [
            psi.tangent_rows(r, cotangents, channel),
            energy_gradient(psi, r, channel, local, clip=10),
        ]
        if channel is not None:  # else rows have random signs, which differ between devices
            numbers.append(1e-3 * reconfigure(DampedSolver(1e-3), psi, r, channel, local, step=0.1))
        found.append((single, numbers))
    (single, numbers), (single_here, numbers_here) = found
    assert_close(single, single_here, 1e-4)  # copies cancel to a thousandth near nodes
    for there, here in zip(numbers, numbers_here, strict=True):
        assert_close(there, here, 1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [InvariantWaveFunction, DeepQuarkWaveFunction])
def test_of_walkers(kind: type[WaveFunction], device: torch.device) -> None:
    """Their random numbers are others on a GPU: mean squares of the distances and acceptances agree within errors."""
    found = []
    for where in (device, torch.device("cpu")):
        psi = wave_function(kind, "nucleon", where)
        sampler = MetropolisSampler(psi, n_walkers=400, seed=2)
        sampler.sample(100)
        sampler.adapt = False
        sampler.reset_acceptance()
        chains = [psi.system.distances(sampler.sample()[0]).square().sum(0).cpu() for _ in range(15)]
        found.append((chain_statistics(torch.stack(chains)), sampler.acceptance))
    (there, acceptance), (here, acceptance_here) = found
    assert abs(there.mean - here.mean) < 5 * (there.error**2 + here.error**2) ** 0.5
    assert there.error < 0.2 * here.mean
    assert abs(acceptance - acceptance_here) < 0.05  # the steps have adapted to 0.5 within that


@pytest.mark.parametrize("model", ["sdnn", "low_rank", "sdnn_joint"])
def test_of_a_potential(model: str, tmp_path: Path, device: torch.device) -> None:
    """Loss, gradient and Gauss–Newton step of the inverse problem; the damping keeps the step's condition below 1e5."""
    found = []
    for where in (device, torch.device("cpu")):
        config = composed("system=separable", f"model={model}", "quiet=true", directory=tmp_path)
        task = build_task(config).to(where)
        task.terms = Terms(task.terms.losses)
        problem = task.least_squares()
        gradient, loss = problem.gradient(problem.theta())
        numbers = [torch.stack(list(task.loss_parts().values())).detach(), loss, gradient]
        if device.type == "cuda" or model == "low_rank":  # nested torch.func fails on the second device
            numbers.append(GaussNewton(problem, DampedSolver(1e-3, relative=True)).displacement())
        found.append(numbers)
    for there, here in zip(*(numbers[:3] for numbers in found), strict=True):
        assert_close(there, here, 1e-10)
    for there, here in zip(*(numbers[3:] for numbers in found), strict=True):
        assert_close(there, here, 1e-7)
