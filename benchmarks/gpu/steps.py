"""T_cc with 1e3 to 1e5 walkers, and six quarks: sampling, local energies, stochastic reconfiguration, memory, and numbers."""

from __future__ import annotations

import copy
import warnings
from typing import Any

import torch
from record import Record, arguments, cores, relative, seconds

from hadronlab.api import composed
from hadronlab.models.wavefunctions.wavefunction import WaveFunction
from hadronlab.optim.natural_gradient import DampedSolver
from hadronlab.optim.sr_statistics import energy_gradient, reconfigure
from hadronlab.run.build import build_task
from hadronlab.sampling.local_energy import local_energy
from hadronlab.sampling.metropolis import MetropolisSampler

TCC = ("system=tcc",)
ONE_CHANNEL = (*TCC, "model.channel_sum=sampled")  # a walker, as published
SIX = ("system=multiquark", "system.quarks=c c c c c c", "system.spin=0", "system.isospin=0")


def wave_function(model: str, system: tuple[str, ...] = TCC) -> WaveFunction:
    return build_task(composed(*system, f"model={model}")).model  # type: ignore[return-value]


def reads(work: Any) -> int:
    """How often a step waits for its GPU, as torch warns of it."""
    torch.cuda.set_sync_debug_mode("warn")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        work()
    torch.cuda.set_sync_debug_mode("default")
    return sum("synchroniz" in str(warning.message) for warning in caught)


def measure(record: Record, model: str, n: int, device: str, system: tuple[str, ...] = TCC) -> None:
    here = wave_function(model, system)
    there = copy.deepcopy(here).to(device)
    sampler = MetropolisSampler(there, n, seed=1)
    sampler.sample(40)

    def step(dtype: torch.dtype = torch.float32) -> torch.Tensor:
        r, channel = sampler.sample()
        local = local_energy(there, r, channel)
        return reconfigure(
            DampedSolver(1e-3), there, r, channel, local, 0.1, dtype=dtype, generator=sampler.generator
        )

    about = f"{model}, {n} walkers"
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    record.figure(f"step, {about}", seconds(step, device), "s")
    if device == "cuda":
        record.figure(f"memory, {about}", torch.cuda.max_memory_allocated() / 2**30, "GiB")
        record.figure(f"waits a step, {about}", reads(step), "")
    r, channel = sampler.sample()
    record.figure(f"ten sweeps, {about}", seconds(sampler.sample, device), "s")
    record.figure(f"local energies, {about}", seconds(lambda: local_energy(there, r, channel), device), "s")

    # copies of the sampler's own tensors: it goes on
    at, of = r.cpu().clone(), None if channel is None else channel.cpu().clone()
    where = at.to(device), None if of is None else of.to(device)
    local, expected = local_energy(there, *where), local_energy(here, at, of)
    # rounding, times what cancels near the nodes of an untrained ψ
    record.agree(f"local energies, {about}", relative(local.energy, expected.energy), 1e-8)
    gradient = (
        energy_gradient(there, *where, local, clip=10),
        energy_gradient(here, at, of, expected, clip=10),
    )
    record.agree(f"∂E/∂θ, {about}", relative(*gradient), 1e-8)
    if (
        channel is not None and n <= 10_000
    ):  # else the random signs of the rows differ; 1e5 take the CPU too long
        delta = [reconfigure(DampedSolver(1e-3), psi, *x, e, 0.1)
                 for psi, x, e in ((there, where, local), (here, (at, of), expected))]  # fmt: skip
        record.agree(f"SR step, {about}", relative(*delta), 1e-6)  # rounding over the shift


def main() -> None:
    options, record = arguments(__doc__), Record()
    torch.set_num_threads(1 if options.short else min(8, cores()))  # for the CPU's numbers
    for n in (300, 2000) if options.short else (1000, 10_000, 100_000):
        for model, system in (("deepquark", ONE_CHANNEL), ("invariant", TCC)):
            measure(record, model, n, options.device, system)
            record.write(options.out)  # what there is, should the time end
    for n in (100,) if options.short else (1000, 4000):
        measure(record, "equivariant", n, options.device, SIX)
        record.write(options.out)


if __name__ == "__main__":
    main()
