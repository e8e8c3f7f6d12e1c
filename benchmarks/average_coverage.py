"""Is the error of an average right? How often an average over choices, and each single choice, contain the truth.

    OMP_NUM_THREADS=1 python benchmarks/average_coverage.py [--ensembles 60] [--first 1]

Every ensemble is a simulated lattice of Ω_cccΩ_ccc with noise of its own, 20 jackknife bins and an inelastic state that dies out with
time. Each is fitted as a user might who has to choose: at one of three times, with one of three sets of Gaussians, to one of two
sources. Of 1/a0 and the effective range, `hadronlab-average` makes one number with its total error; the
truth is known. A Gaussian error contains it in 68 % of the ensembles; 50 to 85 % is asked for, of 40 ensembles or more.
"""

from __future__ import annotations

import argparse
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from measure import Figure

from hadronlab.data.lattice import lattice_wave_data
from hadronlab.data.noise import InelasticState, Noise
from hadronlab.data.r_correlator import RCorrelator as Correlator
from hadronlab.data.synthetic import SyntheticLattice, generate
from hadronlab.estimates.estimate import Estimate
from hadronlab.estimates.model_average import Candidate, model_average
from hadronlab.losses.equations import RCorrelator
from hadronlab.models.potentials.local import LocalGaussians
from hadronlab.observables.fit import Fit
from hadronlab.observables.learned_potential import LearnedPotential
from hadronlab.observables.results import Results
from hadronlab.observables.truth import low_energy, solved_whole
from hadronlab.optim.gauss_newton import GaussNewton
from hadronlab.optim.natural_gradient import DampedSolver
from hadronlab.physics.forces.local_potentials import omega_ccc
from hadronlab.sweeps.average import CRITERION
from hadronlab.systems.hadrons import HadronPair
from hadronlab.tasks.inverse import InverseTask

PAIR = HadronPair("omega_ccc", 4796.0, 4796.0, potential=omega_ccc())
NUMBERS = ("inverse_scattering_length", "effective_range")
TIMES, SOURCES, R_MAX = (25, 26, 27), ("wall", "smeared"), 2.0  # fm
EXPONENTS = ((2.0, 7.0, 40.0), (1.5, 4.0, 12.0, 50.0), (1.0, 2.5, 6.0, 15.0, 60.0))  # fm⁻²
ASKED = (50.0, 85.0)  # %


@dataclass(frozen=True)
class Ensemble:
    """Of one noise: every choice by its label, and the average."""

    choices: dict[str, Estimate]
    average: Estimate


@dataclass(frozen=True)
class Coverage:
    """Of one quantity: in how many of the ensembles, %, each number lies within its error, and the median errors."""

    name: str
    count: int
    average: float
    choices: dict[str, float]
    error: float
    choice_error: float

    @property
    def error_of_coverage(self) -> float:
        """One σ of `average`, %."""
        p = self.average / 100.0
        return 100.0 * math.sqrt(max(p * (1.0 - p), 0.25 / self.count) / self.count)

    def __str__(self) -> str:
        each = sorted(self.choices.values())
        return (
            f"| {self.name} | {self.average:.0f}({self.error_of_coverage:.0f}) | {np.mean(each):.0f} ({each[0]:.0f} to {each[-1]:.0f}) | "
            f"{self.error:.3g} | {self.choice_error:.3g} |"
        )


class Numbers:
    """Those of `NUMBERS`, as the observable `low_energy` has them of V alone."""

    def observe(self, learned: LearnedPotential) -> Results:
        solved = learned.solved("nonlocal")
        values = 1.0 / solved.scattering_length(), solved.effective_range()
        return Results({name: learned.estimate(x) for name, x in zip(NUMBERS, values, strict=True)})


def fitted(correlator: object, source: str, time: int, exponents: Sequence[float]) -> dict[str, Estimate]:
    """What the result of a run with these choices has."""
    data = lattice_wave_data(correlator, [source], [time], R_MAX)
    task = InverseTask(
        LocalGaussians(exponents, scale=100.0),
        {"r_correlator": RCorrelator(data)},
        data,
        PAIR,
        torch.optim.Adam,
        observables={"fit": Fit(), "numbers": Numbers()},
    )
    GaussNewton(task.least_squares(), DampedSolver(1e-12, relative=True)).run(4)
    return task.observe().estimates


def measured(seed: int, step: float = 0.5) -> Correlator:
    """The lattice with the noise `seed`, at radii in steps of `step` a."""
    noise = Noise(relative=1e-3, bins=20, seed=seed)
    lattice = SyntheticLattice(
        times=(24, 25, 26, 27, 28),
        step=step,
        noise=noise,
        inelastic=InelasticState(),
        n_states=40,
        n_mesh=160,
    )
    return generate(PAIR, lattice)


def fits(correlator: Correlator, sources: Sequence[str] = SOURCES) -> dict[str, dict[str, Estimate]]:
    """The result of every choice, by its label."""
    return {
        f"{source}, t={time}, {len(exponents)} Gaussians": fitted(correlator, source, time, exponents)
        for source, time, exponents in itertools.product(sources, TIMES, EXPONENTS)
    }


def candidates(results: dict[str, dict[str, Estimate]], name: str) -> list[Candidate]:
    """What `hadronlab-average` would read of the runs."""
    return [
        Candidate(label, one[name], *(float(one[key].value) for key in CRITERION))
        for label, one in results.items()
    ]


def ensemble(seed: int) -> dict[str, Ensemble]:
    """By the names of the quantities."""
    results = fits(measured(seed))
    return {
        name: Ensemble(
            {label: one[name] for label, one in results.items()},
            model_average(candidates(results, name)).estimate,
        )
        for name in NUMBERS
    }


def truth() -> dict[str, float]:
    """Of the potential behind the data."""
    data = lattice_wave_data(generate(PAIR, SyntheticLattice(times=(25, 26, 27))), ["wall"], [26])
    exact = low_energy(solved_whole(LearnedPotential([LocalGaussians()], data, PAIR, 2.0)))
    return {name: exact[name] for name in NUMBERS}


def coverage(seeds: Sequence[int]) -> list[Coverage]:
    """Over the noises `seeds`."""
    torch.set_num_threads(1)
    exact, found = truth(), [ensemble(seed) for seed in seeds]
    rows = []
    for name in NUMBERS:

        def share(estimates: Sequence[Estimate], name: str = name) -> float:
            return 100.0 * float(np.mean([abs(e.value - exact[name]) <= e.error for e in estimates]))

        each = [one[name] for one in found]
        choices = {label: share([one.choices[label] for one in each]) for label in each[0].choices}
        errors = [e.error for one in each for e in one.choices.values()]
        rows.append(
            Coverage(
                name,
                len(each),
                share([one.average for one in each]),
                choices,
                float(np.median([one.average.error for one in each])),
                float(np.median(errors)),
            )
        )
    return rows


def short() -> list[Figure]:
    return [
        Figure(
            f"truth within the total error of an average, {row.name}",
            row.average,
            float(np.mean(list(row.choices.values()))),
            "of a single choice",
            "%",
            note=f"{row.count} ensembles; {ASKED[0]:.0f} to {ASKED[1]:.0f} are asked for of 40",
        )
        for row in coverage(range(1, 4))
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--ensembles", type=int, default=60)
    parser.add_argument("--first", type=int, default=1, metavar="SEED")
    options = parser.parse_args()
    rows = coverage(range(options.first, options.first + options.ensembles))
    print(f"truth within one error, % of {options.ensembles} ensembles\n")
    print(
        "| quantity | average | single choices: mean (least to most) | median error: average | single |\n|---|---|---|---|---|"
    )
    for row in rows:
        print(row)
    for row in rows:
        print(f"\n{row.name}, by choice:")
        for label, value in sorted(row.choices.items(), key=lambda item: item[1]):
            print(f"  {value:3.0f} %  {label}")


if __name__ == "__main__":
    main()
