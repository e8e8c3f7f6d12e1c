"""One potential from a lattice and a measured C(k): how much better than the lattice alone, and are its errors right?

    python benchmarks/joint_learning.py [--seeds 40] [--truths n_omega_joint …] [--sources one …] [--out build/joint.json] [overrides …]
    python benchmarks/joint_learning.py --figure docs/joint.png [--out build/joint.json]

What --out holds is not trained again. Every seed is another noise of the lattice and of C(k), and other true R, λ, N. A row of
the table has the root mean square error of 1/a0 and of B, the median error of δ at three momenta, and of 1/a0 how often its
error covers the truth (68 % would be right) and the width of its pulls (1.06 for 20 bins). `ratio` is its error over that of
the lattice alone.
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from measure import Figure, processor
from omegaconf import DictConfig, OmegaConf

from hadronlab.api import composed
from hadronlab.observables.learned_potential import LearnedPotential
from hadronlab.observables.low_energy import ground_state
from hadronlab.observables.phase_shifts import fold
from hadronlab.observables.protocols import PotentialObservable
from hadronlab.observables.results import Results
from hadronlab.observables.truth import solved_whole
from hadronlab.optim.gauss_newton import GaussNewton
from hadronlab.optim.natural_gradient import DampedSolver
from hadronlab.plotting.style import COLORS, STROKES, STYLE
from hadronlab.run.build import build_task
from hadronlab.tasks.inverse import InverseTask

TRUTHS = ("n_omega_joint", "n_omega_nonlocal_joint", "omega_ccc_joint")
SOURCES = {"one": "[wall]", "two": "[wall,smeared]"}
HELD = ("loss.correlation.data.spread=null", "loss.correlation.priors={radius:0,genuine:0,normalisation:0}")
ALONE, KNOWN, FITTED, WRONG = "lattice alone", "source known", "R, λ, N fitted", "R 10 % too large"
FITS = {
    ALONE: ("~loss.correlation",),
    KNOWN: HELD,
    FITTED: (),
    WRONG: HELD,
}
TOO_LARGE = 1.1
SEEDS = ("data.lattice.noise.seed", "loss.correlation.data.noise.seed", "loss.correlation.seed")
MOMENTA = torch.arange(1, 17, dtype=torch.float64) / 10  # fm⁻¹
QUOTED = (0.5, 1.0, 1.5)

Entry = dict[str, Any]
"""of one seed: value and error of 1/a0, error of B, errors and σ of δ in degrees, all with the truth subtracted"""


class Comparison(PotentialObservable):
    """What is learned minus the truth."""

    entry: Entry

    def observe(self, learned: LearnedPotential) -> Results:
        solved, exact = learned.solved("nonlocal"), solved_whole(learned)
        inverse = learned.estimate(1.0 / solved.scattering_length())
        energy, true_energy = float(ground_state(solved)[0][0]), float(ground_state(exact)[0])
        delta = learned.estimate(torch.rad2deg(solved.phase_shifts(MOMENTA)))
        off = torch.rad2deg(fold(solved.phase_shifts(MOMENTA)[0] - exact.phase_shifts(MOMENTA)))
        self.entry = {
            "inverse": inverse.value - float(1.0 / exact.scattering_length()),
            "inverse_error": inverse.error,
            "inverse_parts": {name: float(part.variance(inverse.value)) ** 0.5 for name, part in inverse.parts.items()},
            "binding": true_energy - energy,
            "delta": off.tolist(),
            "delta_error": delta.error.tolist(),
        }  # fmt: skip
        return Results()


def train(task: InverseTask) -> None:
    """As Lightning would, without its files. From a starting point that led to a minimum there is nothing left to do."""
    task.on_train_start()
    if not task.minima:
        GaussNewton(task.least_squares(), DampedSolver(1e-9, relative=True)).run(60, tolerance=1e-6)


def seeded(config: DictConfig, seed: int) -> DictConfig:
    """With other noise."""
    config = config.copy()
    for name in SEEDS:
        if OmegaConf.select(config, name) is not None or "correlation" not in name:
            OmegaConf.update(config, name, seed)
    return config


def fitted(config: DictConfig) -> Entry:
    task = build_task(config)
    assert isinstance(task, InverseTask)
    comparison = Comparison()
    task.observables = {"comparison": comparison}
    train(task)
    task.observe()
    return comparison.entry


def study(
    truth: str, seeds: Sequence[int], cases: Sequence[tuple[str, str]], overrides: Sequence[str] = ()
) -> dict[str, list[Entry]]:
    """Entries of every seed, by "sources: fit"."""
    found = {}
    for sources, fit in cases:
        # the lattice alone has no settings of the measurement
        own = [each for each in overrides if fit != ALONE or not each.startswith("loss.correlation")]
        config = composed(
            f"experiment={truth}", f"data.sources={SOURCES[sources]}", *FITS[fit], "quiet=true", *own
        )
        if fit == WRONG:
            config.loss.correlation.source.radius *= TOO_LARGE
        found[f"{sources}: {fit}"] = [fitted(seeded(config, seed)) for seed in seeds]
    return found


def rms(entries: Sequence[Entry], name: str) -> float:
    return float(np.sqrt(np.nanmean([entry[name] ** 2 for entry in entries])))


def numbers(case: str, found: Mapping[str, list[Entry]]) -> dict[str, float]:
    """Of one row of the table."""
    entries = found[case]
    alone = found.get(f"{case.partition(':')[0]}: {ALONE}", entries)
    pulls = np.array([entry["inverse"] / entry["inverse_error"] for entry in entries])
    off = np.median(np.abs([entry["delta"] for entry in entries]), 0)
    at = [int((MOMENTA - k).abs().argmin()) for k in QUOTED]
    return {
        "1/a0": rms(entries, "inverse"), "ratio": rms(entries, "inverse") / rms(alone, "inverse"),
        "B": rms(entries, "binding"), **{f"δ({k})": float(off[i]) for k, i in zip(QUOTED, at, strict=True)},
        "coverage": float((np.abs(pulls) < 1).mean()), "pull": float(pulls.std(ddof=1)), "bias": float(pulls.mean()),
    }  # fmt: skip


def table(found: Mapping[str, list[Entry]]) -> str:
    """In markdown, a row a case."""
    heads = ("lattice sources", "fit", "1/a0 (fm⁻¹)", "ratio", "B (MeV)", *(f"δ({k}) (°)" for k in QUOTED), "coverage", "pull width",
             "mean pull")  # fmt: skip
    digits = (4, 2, 3, 2, 2, 2, 2, 2, 2)
    lines = [heads, ("---",) * len(heads)]
    for case in found:
        values = numbers(case, found).values()
        lines.append((*case.split(": "), *(f"{x:.{n}f}" for x, n in zip(values, digits, strict=True))))
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def draw(found: Mapping[str, list[Entry]], path: Path) -> None:
    """1/a0 of every seed with one lattice source, and the error of δ(k) with one and with two."""
    import matplotlib.pyplot as plt

    with plt.rc_context(STYLE):
        figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
        for place, (fit, stroke) in enumerate(zip(FITS, STROKES, strict=False)):
            entries = found[f"one: {fit}"]
            y = place + np.linspace(-0.33, 0.33, len(entries))
            x, error = ([entry[name] for entry in entries] for name in ("inverse", "inverse_error"))
            left.errorbar(x, y, xerr=error, fmt=".", ms=4, lw=1, color=stroke["color"])
        left.set(
            yticks=range(len(FITS)),
            yticklabels=list(FITS),
            xlabel=r"$1/a_0$ − truth (fm$^{-1}$)",
            xlim=(-0.15, 0.15),
        )
        left.invert_yaxis()
        left.axvline(0.0, color=COLORS["truth"], lw=1)
        shown = [(sources, fit) for sources in SOURCES for fit in (ALONE, KNOWN)]
        for (sources, fit), stroke in zip(shown, STROKES, strict=False):
            off = np.abs([entry["delta"] for entry in found[f"{sources}: {fit}"]])
            with_C = "" if fit == ALONE else " + C(k)"
            right.plot(
                MOMENTA,
                np.median(off, 0),
                label=f"{sources} lattice source{'s' * (sources == 'two')}{with_C}",
                **stroke,
            )
        right.set(xlabel=r"$k$ (fm$^{-1}$)", ylabel="median error of δ (°)", ylim=(0, None))
        right.legend()
        figure.savefig(path, dpi=130)
        plt.close(figure)


def short() -> list[Figure]:
    """One truth, one lattice source, few seeds."""
    torch.set_num_threads(1)
    found = study(TRUTHS[0], range(1, 5), [("one", ALONE), ("one", FITTED)])
    alone, joint = (rms(entries, "inverse") for entries in found.values())
    return [
        Figure("rms error of 1/a0 of 4 seeds, lattice and C(k)", joint, alone, "the lattice alone", "fm⁻¹")
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=40)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--truths", nargs="+", choices=TRUTHS, default=list(TRUTHS))
    parser.add_argument("--sources", nargs="+", choices=list(SOURCES), default=list(SOURCES))
    parser.add_argument("--fits", nargs="+", choices=list(FITS), default=list(FITS))
    parser.add_argument("--out", type=Path, default=Path("build/joint.json"))
    parser.add_argument("--figure", type=Path, help="draw what --out holds, of the first truth")
    options, overrides = parser.parse_known_args()
    torch.set_num_threads(1)
    found = json.loads(options.out.read_text()) if options.out.exists() else {}
    if options.figure:
        draw(found[options.truths[0]], options.figure)
        return
    seeds = range(options.first, options.first + options.seeds)
    asked = {"first": options.first, "seeds": options.seeds, "overrides": overrides}
    if found.setdefault("of", asked) != asked:
        parser.error(f"{options.out} holds {found['of']}: give another --out")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    for truth in options.truths:
        own = found.setdefault(truth, {})
        for sources, fit in itertools.product(options.sources, options.fits):
            if f"{sources}: {fit}" not in own:
                own |= study(truth, seeds, [(sources, fit)], overrides)
                options.out.write_text(json.dumps(found))  # nothing is lost where the rest is not waited for
        print(f"\n{truth}, {len(seeds)} seeds\n\n{table(own)}", flush=True)
    print("\n{name}, {instructions}".format(**processor()))


if __name__ == "__main__":
    main()
