"""The lowest levels beside the thresholds: how sure each is, what it is made of, whether it is stable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

import numpy as np

from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.levels import Levels
from hadronlab.observables.results import Results
from hadronlab.physics.few_body.gaussians.expectations import channel_weights, rms_radii
from hadronlab.systems.few_body import FewBodySystem


class LevelScheme:
    """`remaining`: how far the energy is expected to lie above the exact one, extrapolated from the growth of the basis; `size`:
    the rms distance of a particle from the centre of mass. With several states `energy.0`, `energy.1`, …, the same of each.

    Every level is named after its largest shares of colour and spin, and first of all its J^P where spin–orbit and tensor forces tell
    the J apart. One above the lowest threshold is a state of the box that the basis makes, unless something else shows it to be stable.
    """

    task: ClassVar[str] = "spectrum"

    def of_levels(self, levels: Levels) -> Results:
        system, found, unit = levels.system, levels.found, levels.system.energy_unit
        sizes = np.sqrt((rms_radii(system, found) ** 2).mean(1))
        result = Results()
        names = [label(system, weights) for weights in channel_weights(system, found)]
        values = zip(levels.energies, found.remaining, sizes, names, strict=True)
        for k, (energy, remaining, size, name) in enumerate(values):
            box = levels.threshold is not None and energy.value > levels.threshold.energy
            about = ", ".join(filter(None, [name, "box-like" if box else ""]))
            suffixes = ["", f".{k}"] if k == 0 else [f".{k}"]
            for suffix in suffixes if len(names) > 1 else suffixes[:1]:
                if suffix or system.totals:
                    result.estimates[f"energy{suffix}"] = replace(energy, name=about)
                result.estimates[f"remaining{suffix}"] = Estimate(remaining, unit)
                result.estimates[f"size{suffix}"] = Estimate(size, system.length_unit)
        result.estimates["gaussians"] = Estimate(len(found.exponents))
        stages = np.array([stage.energies for stage in found.stages]).T
        result.estimates["stage_energies"] = Estimate(stages, unit)
        result.estimates["stage_sizes"] = Estimate([stage.size for stage in found.stages])
        if levels.thresholds:
            rows = tuple(threshold.name for threshold in levels.thresholds)
            energies = [threshold.energy for threshold in levels.thresholds]
            result.estimates["thresholds"] = Estimate(energies, unit, rows=rows)
        result.warnings += list(_warnings(levels))
        return result


def label(system: FewBodySystem, weights: np.ndarray) -> str:
    """The largest shares of colour and spin, where there is more than one: "3bar-3 97 %, spin 1-0 99 %", after J^P: "1+, spin 3P1 99 %"."""
    parts = []
    if system.totals:
        own = np.bincount(system.channel_indices[:, 1].numpy(), weights, len(system.totals))
        parts.append(f"{system.totals[int(own.argmax())]}{system.parity_label}")
    for column, (kind, names) in enumerate((("", system.color_labels), ("spin ", system.spin_labels))):
        if len(names) > 1:
            shares = np.bincount(system.channel_indices[:, column].numpy(), weights, len(names))
            largest = int(shares.argmax())
            parts.append(f"{kind}{names[largest]} {100 * shares[largest]:.0f} %")
    return ", ".join(parts)


def _warnings(levels: Levels) -> Iterator[str]:
    found, unit = levels.found, levels.system.energy_unit
    above = int((found.remaining > max(levels.accuracy, found.rounding)).sum())
    if above and levels.accuracy:
        most = float(found.remaining.max())
        ways = {
            "time": "give task.seconds more",
            "size": "give model.size more",
            "dependence": "functions depend on each other to rounding",
        }
        expected = "unknown" if not np.isfinite(most) else f"about {most:.2g} {unit}"
        yield (
            f"not converged to {levels.accuracy:.2g} {unit}: what remains is {expected}; {ways.get(found.ended, 'train longer')}"
        )
    if found.rounding > 0.1 * levels.accuracy > 0:
        yield (
            f"energies are known to {found.rounding:.2g} {unit} only: functions nearly depend on each other, or forces of many "
            "bodies are sampled"
        )
    threshold = levels.threshold
    if threshold is not None and len(found.energies) > 1:
        number = int((found.energies > threshold.energy).sum())
        if number:
            yield (
                f"{number} of {len(found.energies)} levels lie above the threshold {threshold.name} at "
                f"{threshold.energy:.7g} {unit}: they are states of the box that the basis makes, not resonances"
            )
