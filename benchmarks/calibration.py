"""Are the quoted errors right? Pulls (value − truth)/error over many noises, or energies over many independent trainings.

    python benchmarks/calibration.py [--seeds 48] [--first 1] [--system omega_ccc] [--model hybrid_low_rank] [overrides …]
    python benchmarks/calibration.py --variational [--seeds 24] [--system D] [overrides …]

A table with one row a quantity: bias is the mean pull, width the standard deviation of the pulls about their mean. With
errors of B bins a pull follows Student's t with B − 1 degrees, whose width is √((B − 1)/(B − 3)): 1.06 for 20 bins.
Energies of independent trainings differ by their errors where all have converged: χ²/(n − 1) of them about their mean.
`off` is how many standard deviations of their own the bias and the width lie from what they should be.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import math
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from measure import Figure

from hadronlab.api import Run, run

INVERSE = {  # seconds a run; two sources, so that the phase shifts of the full U are determined
    "hybrid_low_rank": [
        "experiment=omega_ccc_best", "model=hybrid_low_rank", "~model.nonlocal_part.widths", "~model.nonlocal_part.head",
        "loss.ridge.weight=0.01",
    ],
    "hybrid": ["experiment=omega_ccc_best"],
}  # fmt: skip
NOISY = [
    "data=synthetic_noisy",
    "data.sources=[wall,smeared]",
    "data.times=[26]",
    "data.lattice.inelastic=null",
]
SHORT = ["task.evaluation_samples=40000", "trainer.max_steps=200"]
NUMBERS = ("inverse_scattering_length", "effective_range", "binding_energy",
           "inverse_scattering_length.leading_order", "binding_energy.leading_order")  # fmt: skip
MOMENTA = (0.25, 0.5, 1.0)  # of the largest one quoted
RADII = (0.3, 0.6, 1.2)  # fm


@dataclass(frozen=True)
class Row:
    """Mean and standard deviation of n pulls, their own errors, and the width that is expected."""

    name: str
    n: int
    bias: float
    bias_error: float
    width: float
    width_error: float
    expected: float

    @property
    def off(self) -> tuple[float, float]:
        """Bias from 0 and width from what is expected, in standard deviations."""
        return self.bias / self.bias_error, (self.width - self.expected) / self.width_error

    def __str__(self) -> str:
        bias, width = self.off
        return (f"{self.name:42s} {self.n:4d}  bias {self.bias:+.2f} ± {self.bias_error:.2f} ({bias:+.1f} off)   "
                f"width {self.width:.2f} ± {self.width_error:.2f} ({width:+.1f} off {self.expected:.2f})")  # fmt: skip


def statistics(name: str, pulls: np.ndarray, bins: int) -> Row:
    """Of the pulls (n,) of estimates with errors from so many resampling bins (4 or more)."""
    degrees = bins - 1
    expected = math.sqrt(degrees / (degrees - 2))
    n, width = len(pulls), float(pulls.std(ddof=1))
    excess = (
        6 / (degrees - 4) if degrees > 4 else math.inf
    )  # of Student's t: the fourth moment gives the width's error
    spread = expected * math.sqrt((2 + min(excess, 4.0)) / (4 * n))
    return Row(name, n, float(pulls.mean()), expected / math.sqrt(n), width, spread, expected)


@contextlib.contextmanager
def finished(*overrides: str) -> Iterator[Run]:
    """A run that prints nothing and whose directory is removed."""
    with tempfile.TemporaryDirectory() as directory:
        with contextlib.redirect_stdout(io.StringIO()):
            done = run(*overrides, "quiet=true", directory=Path(directory) / "run")
        yield done


def pulls_of(done: Run) -> dict[str, float]:
    """(value − truth)/error of all that is compared; what a noise left without a bound state is left out."""
    result, found = done.result, {}
    for name in NUMBERS:
        entry = result["observables"].get(name, {})
        if entry.get("error"):
            found[name] = (entry["value"] - result["truth"][name.split(".")[0]]["value"]) / entry["error"]
    k, truth = done.array("k"), done.array("phase_shift_truth")
    delta = done.estimate("phase_shift_nonlocal")
    for share in MOMENTA:
        i = int(np.abs(k - share * k[-1]).argmin())
        found[f"phase_shift_nonlocal at k = {k[i]:.2f}"] = (delta.value[i] - truth[i]) / delta.error[i]
    r, exact = done.array("r"), done.array("V_truth")
    local = done.estimate("V_theta")
    for radius in RADII:
        i = int(np.abs(r - radius).argmin())
        found[f"V_theta at r = {radius:.1f}"] = (local.value[0, i] - exact[i]) / local.error[0, i]
    return found


def inverse(system: str, model: str, seeds: Sequence[int], bins: int, overrides: list[str]) -> list[Row]:
    """Pulls of as many noises of one lattice as there are seeds."""
    everything: dict[str, list[float]] = {}
    for seed in seeds:
        noise = [*NOISY, f"data.lattice.noise.bins={bins}", f"data.lattice.noise.seed={seed}"]
        with finished(
            *INVERSE.get(model, [f"model={model}"]), *noise, f"system={system}", *overrides
        ) as done:
            for name, pull in pulls_of(done).items():
                everything.setdefault(name, []).append(pull)
    return [statistics(name, np.array(pulls), bins) for name, pulls in everything.items()]


def variational(system: str, seeds: Sequence[int], overrides: list[str]) -> Row:
    """Energies of short trainings, one a seed, about their weighted mean, in their own errors."""
    found = []
    for seed in seeds:
        with finished(*SHORT, f"system={system}", f"seed={seed}", *overrides) as done:
            entry = done.result["observables"]["energy"]
            found.append((entry["value"], entry["error"]))
    values, errors = np.array(found).T
    mean = float((values / errors**2).sum() / (1 / errors**2).sum())
    pulls, error = (values - mean) / errors, float((1 / errors**2).sum() ** -0.5)
    print(
        f"{system}: mean energy {mean:.6g} ± {error:.2g}, χ²/(n − 1) = {float((pulls**2).sum()) / (len(seeds) - 1):.2f}"
    )
    width = math.sqrt(float((pulls**2).sum()) / (len(seeds) - 1))
    return Row(
        "energy",
        len(seeds),
        float(pulls.mean()),
        len(seeds) ** -0.5,
        width,
        (2 * (len(seeds) - 1)) ** -0.5,
        1.0,
    )


def short() -> list[Figure]:
    """The width over all quantities of a few noises."""
    torch.set_num_threads(1)
    rows = inverse("omega_ccc", "hybrid_low_rank", range(6), 20, [])
    width = float(np.sqrt(np.mean([row.width**2 for row in rows])))
    what = f"width of the pulls of {len(rows)} quantities over {rows[0].n} noises"
    return [Figure(what, width, rows[0].expected, "Student's t", "")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variational", action="store_true")
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--system")
    parser.add_argument("--model", default="hybrid_low_rank")
    parser.add_argument("--bins", type=int, default=20)
    options, overrides = parser.parse_known_args()
    torch.set_num_threads(1)
    system = options.system or ("D" if options.variational else "omega_ccc")
    seeds = range(options.first, options.first + (options.seeds or (24 if options.variational else 48)))
    if options.variational:
        print(variational(system, seeds, overrides))
        return
    for row in inverse(system, options.model, seeds, options.bins, overrides):
        print(row)


if __name__ == "__main__":
    main()
