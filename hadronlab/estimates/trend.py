"""Where a falling energy is going: how far it still has to fall, and how it falls with its variance."""

from __future__ import annotations

import torch
from torch import Tensor

BLOCKS = 12  # of steps, in a fit


def remaining_descent(energy: Tensor, error: Tensor, start: int = 0) -> tuple[float, float]:
    """Fall still to come and its error, from energies and errors (steps,) of a training, the stage from `start` on.

    The last half of all steps is cut into two windows. An excess that dies as c/t falls between them by 0.47 c/t
    and lies 1.15 c/t above its limit in the second: the fall to come is 2.45 times the fall between the windows.
    A faster decay leaves less; of a stage that began later than half way the windows are shorter, and a fall as c/t
    leaves more. The error takes the steps as independent. inf while a window holds fewer than ten steps.
    """
    steps = len(energy)
    first = max(start, steps // 2)
    middle = (first + steps) // 2
    if middle - first < 10:
        return float("inf"), float("inf")
    means, variances = [], []
    for window in (slice(first, middle), slice(middle, steps)):
        weight = error[window] ** -2
        means.append((energy[window] * weight).sum() / weight.sum())
        variances.append(1 / weight.sum())
    fall = 2.45 * float(means[0] - means[1])
    return fall, 2.45 * float(sum(variances)) ** 0.5


def slope_in_variance(energy: Tensor, error: Tensor, variance: Tensor) -> tuple[float, float]:
    """b of E = E0 + b σ² and its error, of a training's energies, errors and variances of the local energy (steps,).

    Near an eigenstate ψ0 + ε φ the excess of E and the variance are both of order ε². Twelve blocks of the last three
    quarters of the steps are fitted, the error grown by the scatter about the line. A heavy tail of the variance makes b
    small rather than large. nan where a block holds fewer than three steps.
    """
    steps = slice(len(energy) // 4, len(energy))
    if (len(energy) - steps.start) // BLOCKS < 3:
        return float("nan"), float("nan")
    blocks = zip(*(x[steps].tensor_split(BLOCKS) for x in (energy, error, variance)), strict=True)
    rows = [((e * s**-2).sum() / (s**-2).sum(), (s**-2).sum(), v.mean()) for e, s, v in blocks]
    y, weight, x = (torch.stack(column) for column in zip(*rows, strict=True))
    x, y = (z - (z * weight).sum() / weight.sum() for z in (x, y))
    scale = (weight * x.square()).sum()
    slope = (weight * x * y).sum() / scale
    scatter = (weight * (y - slope * x).square()).sum() / (BLOCKS - 2)
    return float(slope), float((scatter.clamp(min=1) / scale).sqrt())
