"""One SR step for T_cc by NetKet on the same device, with and without folx: energies and step agree, and their times."""

from __future__ import annotations

import os
from importlib.util import find_spec

os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # the GPU is shared with torch

import torch
from record import Record, arguments, relative, seconds
from steps import ONE_CHANNEL, wave_function

from hadronlab.optim.natural_gradient import DampedSolver
from hadronlab.optim.sr_statistics import reconfigure
from hadronlab.sampling.local_energy import local_energy
from hadronlab.sampling.metropolis import MetropolisSampler

SHIFT = 1e-3


def left_out(device: str) -> str | None:
    """Why there is no peer."""
    absent = [name for name in ("jax", "netket", "folx") if find_spec(name) is None]
    if absent:
        return f"NetKet's step: {', '.join(absent)} not installed"
    import jax

    if device == "cuda" and jax.default_backend() != "gpu":
        return "NetKet's step: this jax has no CUDA (jax[cuda12] has)"
    return None


def measure(record: Record, n: int, chunks: list[int], device: str) -> None:
    from netket_step import NetKetStep

    here = wave_function("deepquark", ONE_CHANNEL)
    sampler = MetropolisSampler(here, n, seed=1)
    sampler.sample(40)
    r, channel = sampler.sample()
    assert channel is not None
    r, channel = r.clone(), channel.clone()
    there = wave_function("deepquark", ONE_CHANNEL).to(device)
    there.load_state_dict(here.state_dict())
    at = r.to(device), channel.to(device)

    def step(dtype: torch.dtype = torch.float64) -> torch.Tensor:
        return reconfigure(DampedSolver(SHIFT), there, *at, local_energy(there, *at), 0.1, dtype=dtype)

    energy, delta = local_energy(there, *at).energy, step()
    record.figure(f"ours, {n} samples, single rows", seconds(lambda: step(torch.float32), device), "s")
    record.figure(f"ours, {n} samples, all double", seconds(step, device), "s")
    record.figure(
        f"ours, {n} samples, local energies", seconds(lambda: local_energy(there, *at), device), "s"
    )
    for name, use_folx in (("NetKet", False), ("NetKet + folx", True)):
        for chunk in chunks:
            peer = NetKetStep(here, r, channel[None], SHIFT, use_folx, chunk)
            about = f"{name}, {n} samples, chunk {chunk}"
            record.agree(f"{about}: local energies", relative(peer.energies(), energy), 1e-8)
            record.agree(f"{about}: SR step", relative(peer.step(), delta), 1e-6)
            record.figure(
                f"{about}, all double", seconds(peer.step, "cpu"), "s"
            )  # they wait for their device
            record.figure(f"{about}, local energies", seconds(peer.energies, "cpu"), "s")


def main() -> None:
    options, record = arguments(__doc__), Record()
    if reason := left_out(options.device):
        record.left_out.append(reason)
    elif options.short:
        measure(record, 1000, [256], options.device)
    else:
        measure(record, 10_000, [1024, 8192], options.device)
    record.write(options.out)


if __name__ == "__main__":
    main()
