"""The mass of a hadron: the plateau of its effective mass ln C2(t)/C2(t + 1), in a window chosen by χ²."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from hadronlab.errors import DataError
from hadronlab.estimates.resampling import resampled_error

SHORTEST = 3  # effective masses of a window


@dataclass(frozen=True)
class Plateau:
    """a·m (1+B,) from the effective masses at first … last, whose two-point functions reach last + 1."""

    hadron: str
    mass: np.ndarray
    error: float
    first: int
    last: int
    chi_square: float

    @property
    def freedom(self) -> int:
        """Effective masses less one."""
        return self.last - self.first


def plateau(C2: np.ndarray, hadron: str, kind: str) -> Plateau:
    """Of C2 (1+B, T), real: the window that is best by χ² + 2 × the times that it leaves out (Akaike's criterion).

    Weights are the errors over the bins, made not to fall with t: with few bins some come out small by chance, and the
    signal of a baryon only drowns. Raises DataError where too few times have a signal, and where C2 does not fall.
    """
    lost = np.flatnonzero((C2[:, 1 : C2.shape[1] // 2] <= 0).any(0))
    end = 1 + int(lost[0]) if len(lost) else C2.shape[1] // 2
    if end - 2 < SHORTEST:
        raise DataError(
            f"{hadron}: C2 has no signal over {SHORTEST + 1} times, so no mass can be fitted: give it"
        )
    effective = np.log(C2[:, 1 : end - 1] / C2[:, 2:end])  # (1+B, n), t = 1 … end − 2
    error = resampled_error(torch.from_numpy(effective), kind).numpy()
    error = np.maximum.accumulate(error).clip(1e-14)  # exact data have none
    best: tuple[float, Plateau] | None = None
    for i in range(effective.shape[1]):
        for j in range(i + SHORTEST, effective.shape[1] + 1):
            weight = error[i:j] ** -2 / (error[i:j] ** -2).sum()
            mass = effective[:, i:j] @ weight
            chi_square = float((((effective[0, i:j] - mass[0]) / error[i:j]) ** 2).sum())
            criterion = chi_square + 2 * (effective.shape[1] - (j - i))
            if best is None or criterion < best[0]:
                spread = float(resampled_error(torch.from_numpy(mass), kind))
                best = criterion, Plateau(hadron, mass, spread, i + 1, j, chi_square)
    assert best is not None
    if best[1].mass[0] <= 0:
        raise DataError(f"{hadron}: C2 does not fall with t, so no mass can be fitted: give it")
    return best[1]
