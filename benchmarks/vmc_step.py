"""One stochastic-reconfiguration step for T_cc: ours, NetKet, and NetKet with folx, of the paper's network and the default one.

    pip install -e '.[bench]'
    python benchmarks/vmc_step.py [--model deepquark] [--samples 10000] [--repeats 5] [--chunks 64 256] [--memory]

A step is local energies, parameter Jacobian, S, and solution, on the same samples and parameters in one process;
sampling is left out. The default network, as `system=tcc` makes it, is measured with the 400 samples of its recipe too,
where the rows of S are fewer than the parameters. Everything is in double precision but the line "single rows", the
program's default: there the rows of S and their products are single, the energies and the solution double. One thread;
CPU seconds, medians of alternating repetitions after a warm-up, NetKet at the best of its chunk sizes. The script stops
where local energies differ by 1e-10 or double-precision steps by 1e-6. `--memory`: peak memory of our step in a process
of its own.
"""

from __future__ import annotations

import os

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
os.environ["XLA_FLAGS"] = (
    os.environ.get("XLA_FLAGS", "") + " --xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
)

import argparse
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from measure import Figure, alternate, missing, processor_line
from torch import Tensor

from hadronlab.api import composed
from hadronlab.models.wavefunctions.deepquark import DeepQuarkWaveFunction
from hadronlab.models.wavefunctions.wavefunction import WaveFunction
from hadronlab.optim.natural_gradient import DampedSolver
from hadronlab.optim.sr_statistics import reconfigure
from hadronlab.optim.state_rows import residual, row_cotangents
from hadronlab.run.build import build_task
from hadronlab.sampling.local_energy import local_energy
from hadronlab.sampling.metropolis import MetropolisSampler
from hadronlab.systems.quarks import quark_system

SHIFT = 1e-3
SAMPLES = {"deepquark": [10_000], "invariant": [10_000, 400]}
PEERS = {"NetKet": False, "NetKet + folx": True}  # whether folx is used


@dataclass(frozen=True)
class Samples:
    """ψ with random parameters, and n samples of it: positions (4, 3, n), and channels (n,) where they are sampled."""

    psi: WaveFunction
    r: Tensor
    channel: Tensor | None

    @property
    def label(self) -> Tensor:
        """The channel (1, n), or where channels are summed exactly the signs z (n_channels, n) of the second row of ∂ψ."""
        if self.channel is not None:
            return self.channel[None]
        return torch.randint(0, 2, (self.psi.n_channels, self.r.shape[-1]), generator=signs()) * 2 - 1


def signs() -> torch.Generator:
    return torch.Generator().manual_seed(2)


def prepare(model: str, n: int) -> Samples:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    psi: WaveFunction
    if model == "deepquark":
        psi = DeepQuarkWaveFunction(
            quark_system("tcc", "c c u~ d~", 1, 0), boundary=4.0
        )  # [DeepQuark], b in fm
    else:
        psi = build_task(composed("system=tcc")).model  # type: ignore[assignment]
    sampler = MetropolisSampler(psi, n, seed=1)
    sampler.sample(40)
    r, channel = sampler.sample()
    return Samples(psi, r.double(), channel)


def our_step(at: Samples, dtype: torch.dtype = torch.float64) -> Tensor:
    """δ (P,)."""
    local = local_energy(at.psi, at.r, at.channel)
    return reconfigure(
        DampedSolver(SHIFT), at.psi, at.r, at.channel, local, step=0.1, dtype=dtype, generator=signs()
    )


def centred_step(at: Samples) -> Tensor:
    """δ (P,) as NetKet has it, from our rows and energies: all rows are centred, and F is the sum of what they say.

    With sampled channels this is our step. Where channels are summed exactly ours knows that the mean of the second row
    vanishes but for noise, and takes F from all channels instead of from one draw of z, if there are samples enough.
    """
    local = local_energy(at.psi, at.r, at.channel)
    cotangents = row_cotangents(local.psi, signs())
    rows = at.psi.parameter_rows(at.r, cotangents, at.channel)
    rows -= rows.mean(-1, keepdim=True)
    e = torch.einsum("rkb,kb->rb", cotangents, residual(local)) * local.density.sqrt()
    rows, n = rows.flatten(1), at.r.shape[-1]
    return DampedSolver(SHIFT).solve_gram(rows @ rows.T / n, 2 * rows @ e.flatten() / n)


def difference(a: Any, b: Any) -> float:
    """|a − b|/|b| of two vectors."""
    a, b = torch.as_tensor(a), torch.as_tensor(b)
    return float((a - b).norm() / b.norm())


@dataclass(frozen=True)
class Times:
    """CPU seconds by name, the peers' with their chunks: "NetKet + folx, chunk 64"."""

    step: dict[str, float]
    energies: dict[str, float]

    def best(self, peer: str, part: str = "step") -> float | None:
        """Of a peer at its best chunk size; None where it is absent."""
        times = getattr(self, part)
        return min((t for name, t in times.items() if name.startswith(peer + ", chunk")), default=None)


def measure(model: str, n: int, chunks: list[int], repeats: int) -> Times:
    """Stops where a peer and we disagree."""
    at = prepare(model, n)
    energy, delta = local_energy(at.psi, at.r, at.channel).energy, our_step(at)
    steps: dict[str, Callable[[], Any]] = {
        "ours": lambda: our_step(at),
        "ours, single rows": lambda: our_step(at, torch.float32),
    }
    energies: dict[str, Callable[[], Any]] = {"ours": lambda: local_energy(at.psi, at.r, at.channel)}
    print(f"model={model}, N = {n}, {at.psi.n_parameters} parameters")
    if absent := missing("jax", "netket", "folx"):
        print(f"not installed, so that no peer is measured: {', '.join(absent)}")
    else:
        from netket_step import NetKetStep

        expected = delta if at.channel is not None else centred_step(at)
        for name, use_folx in PEERS.items():
            for chunk in chunks:
                peer = NetKetStep(at.psi, at.r, at.label, SHIFT, use_folx, chunk)
                e_error = float((torch.as_tensor(peer.energies()) / energy - 1).abs().max())
                d_error = difference(peer.step(), expected)
                print(
                    f"{name}, chunk {chunk}: local energies within {e_error:.1e}, steps within {d_error:.1e}"
                )
                if not (e_error < 1e-10 and d_error < 1e-6):
                    sys.exit(f"{name} and ours disagree")
                steps[f"{name}, chunk {chunk}"], energies[f"{name}, chunk {chunk}"] = peer.step, peer.energies
    single = difference(our_step(at, torch.float32), delta)
    print(f"ours with single rows: step within {single:.1e} of the double one\n", flush=True)
    return Times(alternate(steps, repeats), alternate(energies, repeats))


def table(times: Times, n: int) -> None:
    best = [times.best(peer) or float("nan") for peer in PEERS]
    print(f"{'N = ' + str(n):32s} {'step, s':>8s} {'energies':>9s} {'NetKet/':>8s} {'+folx/':>8s}")
    for name, t in times.step.items():
        ratios = " ".join(f"{peer / t:8.2f}" for peer in best)
        print(f"{name:32s} {t:8.4f} {times.energies.get(name, float('nan')):9.4f} {ratios}")
    print()


def figures(model: str, n: int) -> list[Figure]:
    """Peers that are not installed are named in the notes. Targets are those of 10 000 samples."""
    times = measure(model, n, chunks=[256], repeats=3)
    absent = missing("jax", "netket", "folx")
    note = f"not installed: {', '.join(absent)}" if absent else ""
    rows = [
        ("SR step, single rows", times.step["ours, single rows"], "NetKet", "step", 5.0),
        ("SR step, all double", times.step["ours"], "NetKet", "step", 3.0),
        ("local energies", times.energies["ours"], "NetKet + folx", "energies", 1.5),
    ]
    return [
        Figure(f"{what}, model={model}, {n} samples", ours, times.best(peer, part), peer, "s",
               target if n == 10_000 else None, note)
        for what, ours, peer, part, target in rows
    ]  # fmt: skip


def short() -> list[Figure]:
    return [figure for model, numbers in SAMPLES.items() for n in numbers for figure in figures(model, n)]


def peak_memory(model: str, n: int) -> str:
    """Runs our step on n samples in a fresh process."""
    command = [sys.executable, __file__, "--alone", "--model", model, "--samples", str(n)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", choices=list(SAMPLES), nargs="+", default=list(SAMPLES))
    parser.add_argument("--samples", type=int, nargs="+", help="10000; invariant: and 400")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--chunks", type=int, nargs="+", default=[64, 256])
    parser.add_argument("--memory", action="store_true", help="only the peak memory of our step")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.alone:
        print(processor_line())
    for model in options.model:
        for n in options.samples or ([10_000, 100_000] if options.memory else SAMPLES[model]):
            if options.alone:
                our_step(prepare(model, n))
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
                print(f"model={model}, N = {n}: peak {peak:.2f} GiB with sampling")
            elif options.memory:
                print(peak_memory(model, n), flush=True)
            else:
                table(measure(model, n, options.chunks, options.repeats), n)


if __name__ == "__main__":
    main()
