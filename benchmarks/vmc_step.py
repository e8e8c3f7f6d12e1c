"""One stochastic-reconfiguration step of the paper's network for T_cc: ours, NetKet, and NetKet with folx.

    pip install -e '.[bench]'
    python benchmarks/vmc_step.py [--samples 10000] [--repeats 5] [--chunks 64 256] [--memory]

A step is local energies, parameter Jacobian, S, and solution, on the same samples and parameters in one process;
sampling is left out. Everything is in double precision but the line "single rows", the program's default: there the
rows of S and their products are single, the energies and the solution double. One thread; CPU seconds, medians of
alternating repetitions after a warm-up, NetKet at the best of its chunk sizes. The script stops where local energies
differ by 1e-10 or double-precision steps by 1e-6. `--memory`: peak memory of our step in a process of its own.
"""

from __future__ import annotations

import os

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
os.environ["XLA_FLAGS"] = (
    os.environ.get("XLA_FLAGS", "") + " --xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
)

import argparse
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from hadronlab.models.wavefunctions.deepquark import DeepQuarkWaveFunction
from hadronlab.optim.natural_gradient import DampedSolver
from hadronlab.optim.sr_statistics import reconfigure
from hadronlab.sampling.local_energy import local_energy
from hadronlab.sampling.metropolis import MetropolisSampler
from hadronlab.systems.quarks import quark_system

SHIFT = 1e-3


def prepare(n: int) -> tuple[DeepQuarkWaveFunction, Tensor, Tensor]:
    """ψ with random parameters, and n samples of it: positions (4, 3, n) and channels (n,)."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    psi = DeepQuarkWaveFunction(quark_system("tcc", "c c u~ d~", 1, 0), boundary=4.0)  # [DeepQuark], b in fm
    sampler = MetropolisSampler(psi, n, seed=1)
    sampler.sample(40)
    r, channel = sampler.sample()
    assert channel is not None
    return psi, r.double(), channel


def our_step(
    psi: DeepQuarkWaveFunction, r: Tensor, channel: Tensor, dtype: torch.dtype = torch.float64
) -> Tensor:
    """δ (P,)."""
    local = local_energy(psi, r, channel)
    return reconfigure(DampedSolver(SHIFT), psi, r, channel, local, step=0.1, dtype=dtype)


def seconds(work: Callable[[], Any]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def difference(a: Any, b: Any) -> float:
    """|a − b|/|b| of two vectors."""
    a, b = torch.as_tensor(a), torch.as_tensor(b)
    return float((a - b).norm() / b.norm())


def compare(options: argparse.Namespace) -> None:
    from netket_step import NetKetStep

    psi, r, channel = prepare(options.samples)
    energy, delta = local_energy(psi, r, channel).energy, our_step(psi, r, channel)
    steps: dict[str, Callable[[], Any]] = {
        "ours": lambda: our_step(psi, r, channel),
        "ours, single rows": lambda: our_step(psi, r, channel, torch.float32),
    }
    energies: dict[str, Callable[[], Any]] = {"ours": lambda: local_energy(psi, r, channel)}
    for name, use_folx in (("NetKet", False), ("NetKet + folx", True)):
        for chunk in options.chunks:
            peer = NetKetStep(psi, r, channel, SHIFT, use_folx, chunk)
            e_error = float((torch.as_tensor(peer.energies()) / energy - 1).abs().max())
            d_error = difference(peer.step(), delta)
            print(f"{name}, chunk {chunk}: local energies within {e_error:.1e}, steps within {d_error:.1e}")
            if not (e_error < 1e-10 and d_error < 1e-6):
                sys.exit(f"{name} and ours disagree")
            steps[f"{name}, chunk {chunk}"], energies[f"{name}, chunk {chunk}"] = peer.step, peer.energies
    single = difference(our_step(psi, r, channel, torch.float32), delta)
    print(f"ours with single rows: step within {single:.1e} of the double one\n")
    times = alternate(steps, options.repeats)
    energy_times = alternate(energies, options.repeats)
    best = {
        name: min(t for key, t in times.items() if key.startswith(name + ", chunk"))
        for name in ("NetKet", "NetKet + folx")
    }
    print(
        f"{'N = ' + str(options.samples):32s} {'step, s':>8s} {'energies':>9s} {'NetKet/':>8s} {'+folx/':>8s}"
    )
    for name, t in times.items():
        ratios = " ".join(f"{best[peer] / t:8.2f}" for peer in best)
        print(f"{name:32s} {t:8.3f} {energy_times.get(name, float('nan')):9.3f} {ratios}")


def alternate(works: dict[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """Median CPU seconds of each."""
    found: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    for _ in range(repeats):
        for name, work in works.items():
            found[name].append(seconds(work))
    return {name: statistics.median(times) for name, times in found.items()}


def peak_memory(n: int) -> str:
    """Runs our step on n samples in a fresh process."""
    command = [sys.executable, __file__, "--alone", "--samples", str(n)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--chunks", type=int, nargs="+", default=[64, 256])
    parser.add_argument("--memory", action="store_true", help="only the peak memory of our step")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        our_step(*prepare(options.samples))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"N = {options.samples}: peak {peak:.2f} GiB with sampling")
    elif options.memory:
        for n in (10_000, 100_000):
            print(peak_memory(n), flush=True)
    else:
        compare(options)


if __name__ == "__main__":
    main()
