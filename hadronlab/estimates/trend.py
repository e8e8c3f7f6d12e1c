"""How far a falling energy still has to fall."""

from __future__ import annotations

from torch import Tensor


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
