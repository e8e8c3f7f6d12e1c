"""How well a prediction agrees with what was measured, where the errors of both and their correlations are known by bins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hadronlab.estimates.estimate import Estimate, combine


@dataclass(frozen=True)
class Agreement:
    """Of n points.

    ratio: Σ w m p / Σ w p², w = 1/σ², of measured m and predicted p: 1 where the prediction holds.
    chi2: χ² per point, Σ (m − p)²/σ² / n, expected to be 1 with the error that is quoted, √(2/n_eff), for correlated points
    say what n_eff independent ones would; None without errors.
    pull: (m − p)/σ, (n,); None without errors.
    """

    ratio: Estimate
    chi2: Estimate | None
    pull: np.ndarray | None


def agreement(measured: Estimate, predicted: Estimate) -> Agreement:
    """Of two arrays (n,) whose parts of one name are resampled together. σ is the error of m − p; uniform without any."""
    difference = combine(lambda m, p: m - p, measured, predicted)
    sigma = np.ones_like(difference.value) if difference.error is None else difference.error
    weight = sigma**-2.0
    ratio = combine(lambda m, p: float((weight * m * p).sum() / (weight * p * p).sum()), measured, predicted)
    if difference.error is None:
        return Agreement(ratio, None, None)
    pull = difference.value / sigma
    spread = np.concatenate([part.deviations(difference.value) for part in difference.parts.values()]) / sigma
    independent = len(pull) ** 2 / np.square(spread @ spread.T).sum()  # (tr C)²/tr C², C = Σ dᵀd
    return Agreement(ratio, Estimate.quoted(float(np.mean(pull**2)), float((2.0 / independent) ** 0.5)), pull)
