"""What the losses say of the fit: nuisance parameters, predictions beside the data, and what goes together with what."""

from __future__ import annotations

import itertools
import math
from typing import ClassVar

import numpy as np
import torch

from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.learned_potential import LearnedPotential
from hadronlab.observables.protocols import PotentialObservable
from hadronlab.observables.results import Results

TOLD = 0.8  # correlations above this are told
EXCLUDED = 25.0  # of χ², above the lowest


class Fit(PotentialObservable):
    """The quantities of every loss by their names; `fit_parameters`, how many the data determine; other minima of the fit
    (`other_minima_…`); and `nuisance_correlation`: coefficients of the nuisance parameters with each other, with 1/a0 and
    with δ at the momenta `at`, fm⁻¹, a row a pair.
    """

    sees_channels: ClassVar[bool] = True

    def __init__(self, at: tuple[float, ...] = (0.5, 1.0)) -> None:
        self.at = tuple(at)

    def observe(self, learned: LearnedPotential) -> Results:
        result = Results()
        nuisances: dict[str, Estimate] = {}
        for name, loss in learned.losses.items():
            nuisance = learned.nuisances.get(name)
            with torch.no_grad():
                found = loss.quantities(*learned.on(loss.r), nuisance)
            for label, quantity in found.items():
                label = f"{label}.{name}" if label in result.estimates else label  # of several lattices
                result.estimates[label] = learned.estimate(quantity.values, quantity.unit, rows=quantity.rows)
            if nuisance is not None:
                nuisances |= {label: result.estimates[label] for label in loss.nuisance_names}
            result.warnings += loss.remarks()
        if nuisances and any(estimate.parts for estimate in nuisances.values()):
            self._correlate(learned, nuisances, result)
        if math.isfinite(learned.effective_parameters):
            result.estimates["fit_parameters"] = Estimate(learned.effective_parameters)
        self._other_minima(learned, result)
        return result

    def _other_minima(self, learned: LearnedPotential, result: Results) -> None:
        """What else the data allow: a minimum more than `EXCLUDED` above is none of it."""
        allowed = [other for other in learned.minima if other.excess < EXCLUDED]
        if not allowed:
            return
        rows, mesh = [], learned.rmatrix
        for other in allowed:
            with torch.no_grad():
                U = other.model.on_grid(mesh.r, mesh.r).double() if other.model.has_nonlocal else None
                V = other.model.local(mesh.r).double() if other.model.has_local else None
            solved = mesh.solve(U, V)
            count, inverse = int(solved.bound_states().count), float(1.0 / solved.scattering_length())
            rows.append((other.excess, inverse, count))
            result.warnings.append(
                f"another potential fits nearly as well, by {other.excess:+.1f} in χ²: 1/a0 = {inverse:.3g} {learned.momentum}, "
                f"{count or 'no'} bound state{'' if count == 1 else 's'}; no error contains it"
            )
        names = ("other_minima_excess", "other_minima_inverse_scattering_length", "other_minima_bound_states")
        units = ("", learned.momentum, "")
        for name, unit, values in zip(names, units, zip(*rows, strict=True), strict=True):
            result.estimates[name] = Estimate(np.array(values, dtype=float), unit)

    def _correlate(self, learned: LearnedPotential, nuisances: dict[str, Estimate], result: Results) -> None:
        """Correlation coefficients, and a word on those that are nearly one direction."""
        others = dict(nuisances)
        if learned.kinds:
            solved = learned.solved("nonlocal")
            others["1/a0"] = learned.estimate(1.0 / solved.scattering_length())
            delta = solved.phase_shifts(torch.tensor(self.at, dtype=torch.float64))
            others |= {f"δ({k:g})": learned.estimate(delta[:, i]) for i, k in enumerate(self.at)}
        others = {name: e for name, e in others.items() if e.error}
        pairs = [(a, b) for a, b in itertools.combinations(others, 2) if a in nuisances]
        found = np.array([_coefficient(others[a], others[b]) for a, b in pairs])
        names = tuple(f"{a}, {b}" for a, b in pairs)
        if pairs:
            result.estimates["nuisance_correlation"] = Estimate(found, rows=names)
        for name, coefficient in zip(names, found, strict=True):
            if abs(coefficient) > TOLD:
                result.warnings.append(
                    f"{name} are nearly one direction of the fit (correlation {coefficient:+.2f}): one means something only "
                    "with the other stated"
                )


def _coefficient(a: Estimate, b: Estimate) -> float:
    return float(a.covariance(b)[0, 0] / (a.error * b.error))
