"""R = C4/(C2 C2′) of resampled means, and how large the imaginary parts are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from hadronlab.data.ingest.raw.ensemble import RawEnsemble
from hadronlab.errors import DataError
from hadronlab.estimates.resampling import resampled_error


@dataclass(frozen=True)
class Imaginary:
    """|Im|/σ, σ the error of the imaginary part. Of noise the median is 0.7 (two bins: 1), and few are above 3."""

    median: float
    above_three: float

    def __str__(self) -> str:
        return f"|Im|/σ = {self.median:.2f} (median), above 3 in {self.above_three:.1%}"


def products(ensemble: RawEnsemble, source: str, C2: np.ndarray) -> np.ndarray:
    """C2 C2′ (1+B, channels, T) of the two hadrons of every channel at the times of C4, of C2 (1+B, hadrons, times).

    Real parts: C2 of a hadron is real. Raises DataError where one is not positive: it has no signal there.
    """
    found = C2.real[..., ensemble.t]
    if (lost := (found <= 0).any(0)).any():
        hadron, time = np.argwhere(lost)[0]
        raise DataError(
            f"{ensemble.origin}: {source}: C2 of {ensemble.hadrons[hadron]} is not positive at t = {ensemble.t[time]}"
        )
    return found[:, [[ensemble.hadrons.index(hadron) for hadron in pair] for pair in ensemble.channels]].prod(
        2
    )


def divide(C4: np.ndarray, two_point: np.ndarray) -> np.ndarray:
    """R (1+B, …, C, T, S), complex, of C4 (1+B, …, C, T, S) and C2 C2′ (1+B, C, T)."""
    between = [np.newaxis] * (C4.ndim - 4)
    return C4 / two_point[(slice(None), *between, ..., np.newaxis)]


def imaginary_part(values: np.ndarray, kind: str) -> Imaginary:
    """Of complex values (1+B, …)."""
    imaginary = torch.from_numpy(np.ascontiguousarray(values.imag))
    error = resampled_error(imaginary, kind).numpy()
    size = np.abs(values.imag[0])
    size[size < 1e-13 * np.abs(values[0])] = 0  # rounding
    ratio = np.divide(size, error, out=np.where(size > 0, np.inf, 0.0), where=error > 0)
    return Imaginary(float(np.median(ratio)), float((ratio > 3).mean()))
