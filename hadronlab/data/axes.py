"""Whether the axes of a stored R-correlator are the ones that they should be: (T, B, S)."""

from __future__ import annotations

from itertools import permutations

import numpy as np

from hadronlab.errors import DataError


def check_axes(name: str, shape: tuple[int, ...], n_times: int, n_sites: int) -> None:
    """Raise DataError unless `shape` is (T, B, S), or (T, S) without bins; say which order of the axes would fit."""
    if len(shape) in (2, 3) and (shape[0], shape[-1]) == (n_times, n_sites):
        return
    axes = ("T", "S") if len(shape) == 2 else ("T", "B", "S")
    sizes = ", ".join({"T": str(n_times), "S": str(n_sites)}.get(axis, axis) for axis in axes)
    message = f"{name} is {shape}; needed is ({', '.join(axes)}) = ({sizes})"
    for order in permutations(range(len(axes))):
        if len(shape) == len(axes) and (shape[order[0]], shape[order[-1]]) == (n_times, n_sites):
            stored = sorted(zip(order, axes, strict=True))
            how = ": the axes are in reverse" if order == tuple(range(len(axes)))[::-1] else ""
            how = ": the first two axes may be exchanged" if order == (1, 0, 2) else how
            raise DataError(f"{message}; it may be stored as ({', '.join(axis for _, axis in stored)}){how}")
    raise DataError(message)


def bins_look_like_times(R: np.ndarray) -> bool:
    """Whether in R (T, B, S), with T = B, the bins differ as times would, and the times as bins would.

    Times differ more than bins do, and follow each other smoothly; bins scatter. For scatter, the squares of the steps
    add up to about twice those of the deviations from the mean; for a straight line of n values, to 12/(n(n+1)).
    """

    def spread(axis: int) -> float:
        return float(((R - R.mean(axis, keepdims=True)) ** 2).sum())

    def roughness(axis: int) -> float:
        return float((np.diff(R, axis=axis) ** 2).sum()) / max(spread(axis), 1e-300)

    if R.shape[0] != R.shape[1]:
        return False
    return spread(1) > spread(0) and roughness(1) < 1 < roughness(0)
