"""Levels of a potential in three periodic boxes, on the lattice and in the continuum, for the mean and 20 bins.

    OMP_NUM_THREADS=1 python benchmarks/finite_volume.py [--dense]

ΞΞ-like: L = 40, 48 and 64 sites of 0.09 fm, four levels each, as `observables=[default,finite_volume]` computes them. A local
potential and one with a kernel of low rank are to take 20 seconds at most; --dense: one that has no low rank, in one box.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import torch
from measure import Figure, processor_line, seconds
from torch import Tensor

from hadronlab.data.sources import Radii
from hadronlab.models.potentials.potential import Potential
from hadronlab.observables.finite_volume import FiniteVolume
from hadronlab.observables.learned_potential import LearnedPotential
from hadronlab.physics.forces.local_potentials import Gaussians
from hadronlab.physics.forces.nonlocal_potentials import PereyBuck
from hadronlab.systems.hadrons import HadronPair

MASS, SPACING, BINS, SIDES = 1459.0, 0.0899, 20, (40, 48, 64)
LIMIT = 20.0  # seconds


class Bin(Potential):
    """A core with a well, and a kernel: none, a separable one, or one of full rank, whose nonlocality is below the spacing."""

    has_local = True

    def __init__(self, factor: float, kind: str) -> None:
        super().__init__()
        self.factor, self.has_nonlocal = factor, kind != "local"
        self.buck = PereyBuck(Gaussians([-60.0], [1.5]), 0.02) if kind == "dense" else None

    def local(self, r: Tensor) -> Tensor:
        return self.factor * (1500.0 * torch.exp(-8.0 * r**2) - 75.0 * torch.exp(-1.5 * r**2))

    def kernel(self, r: Tensor, rp: Tensor) -> Tensor:
        if self.buck is not None:
            return self.factor * self.buck.nonlocal_part(r, rp)
        return -30.0 * self.factor * torch.exp(-2.0 * (r**2 + rp**2))


def learned(kind: str, bins: int) -> LearnedPotential:
    pair = HadronPair("pair", MASS, MASS)
    data = Radii(r_max=2.87, n_radii=90).load(pair)
    nothing = torch.zeros(1 + bins, 0, len(data.r), dtype=torch.float64)
    models = [Bin(1.0 + 0.003 * b, kind) for b in range(1 + bins)]
    return LearnedPotential(models, replace(data, amplitude=nothing, lhs=nothing), pair, 2.0)


def figures(kinds: tuple[str, ...], dense: bool) -> list[Figure]:
    torch.set_num_threads(1)
    found = []
    for kind in kinds:
        time = seconds(lambda kind=kind: FiniteVolume(list(SIDES), SPACING).observe(learned(kind, BINS)))
        what = {"local": "a local potential", "low rank": "with a separable kernel"}[kind]
        found.append(Figure(f"3 boxes × 20 bins, {what}", time, LIMIT, "limit", "s", target=1.0))
    if dense:
        time = seconds(lambda: FiniteVolume([SIDES[-1]], SPACING).observe(learned("dense", 2))) / 3
        found.append(Figure("L = 64, one bin of a dense kernel", time, None, "", "s"))
    return found


def short() -> list[Figure]:
    return figures(("local", "low rank"), dense=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dense", action="store_true", help="a kernel without low rank too")
    print(processor_line())
    for figure in figures(("local", "low rank"), parser.parse_args().dense):
        print(figure)


if __name__ == "__main__":
    main()
