"""A measured correlation function C(k*), with the covariance that a fit weighs it by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import torch
from torch import Tensor

from hadronlab.data.correlations.table import check_choice
from hadronlab.errors import DataError
from hadronlab.physics.constants import HBAR_C

Systematic = Literal["uncorrelated", "correlated", "ignored"]
"""how systematic errors enter the covariance"""

MIN_POINTS = 3
ASYMMETRY = 1e-6  # of a covariance, relative to its diagonal: what rounding in a file leaves


@dataclass(frozen=True, eq=False)
class CorrelationData:
    """C(k*) at n momenta; k* is half the relative momentum in the rest frame of the pair.

    All tensors are float64 on the CPU. Raises DataError, with the label and the momentum, where shapes disagree, a number
    is not finite, k* is not positive or does not increase, an error is not positive, bins overlap or do not hold their
    k*, fewer than three points are given, or the covariance is not symmetric and positive definite.
    """

    k: Tensor  # (n,) k*, fm⁻¹, increasing
    value: Tensor  # (n,) C(k*)
    error: Tensor  # (n,) statistical, one standard deviation
    systematic: Tensor  # (n,) one standard deviation; zeros where none is given
    covariance: Tensor  # (n, n) of everything that a fit takes into account
    edges: Tensor | None = None  # (n, 2) of the bins in k*, fm⁻¹
    label: str = "C(k*)"  # in figures and messages
    source: str = ""  # what the file says of itself

    def __post_init__(self) -> None:
        n = len(self.k)
        shapes = {"k": (n,), "value": (n,), "error": (n,), "systematic": (n,), "covariance": (n, n), "edges": (n, 2)}  # fmt: skip
        for name, shape in shapes.items():
            array = getattr(self, name)
            if array is not None and tuple(array.shape) != shape:
                raise DataError(f"{self.label}: {name} must have shape {shape}, got {tuple(array.shape)}")
            if array is not None:
                self._refuse(name, array, ~array.isfinite(), "it must be a finite number")
        if n < MIN_POINTS:
            raise DataError(f"{self.label}: has {n} points, {MIN_POINTS} or more are needed")
        self._refuse("k*", self.k * HBAR_C, self.k <= 0, "it must be above zero; leave that point out")
        falls = torch.nn.functional.pad(self.k.diff() <= 0, (1, 0))
        self._refuse("k*", self.k * HBAR_C, falls, "it must increase; sort the points, each k* once")
        self._refuse("error", self.error, self.error <= 0, "it must be above zero")
        self._refuse("systematic", self.systematic, self.systematic < 0, "it must not be negative")
        self._check_edges()
        self._check_covariance()

    @property
    def momentum(self) -> Tensor:
        """k* in MeV/c, (n,)."""
        return self.k * HBAR_C

    @cached_property
    def whitening(self) -> Tensor:
        """L⁻¹ (n, n) of covariance = L Lᵀ: residuals times it are independent, each with variance one."""
        root = torch.linalg.cholesky(self.covariance)
        return torch.linalg.solve_triangular(root, torch.eye(len(root), dtype=root.dtype), upper=False)

    def cut(self, k_min: float | None = None, k_max: float | None = None) -> CorrelationData:
        """The points with k_min ≤ k* ≤ k_max, MeV/c. DataError where fewer than three remain."""
        near = 1e-9 * self.momentum  # 15 MeV/c is 15 MeV/c in whatever unit it was written
        keep = self.momentum >= (0.0 if k_min is None else k_min) - near
        keep &= self.momentum <= (torch.inf if k_max is None else k_max) + near
        if int(keep.sum()) < MIN_POINTS:
            raise DataError(
                f"{self.label}: {int(keep.sum())} points with k* from {k_min} to {k_max} MeV/c, {MIN_POINTS} or more are "
                f"needed; the data reach from {self.momentum[0]:.4g} to {self.momentum[-1]:.4g} MeV/c"
            )
        vectors = {name: getattr(self, name)[keep] for name in ("k", "value", "error", "systematic")}
        edges = None if self.edges is None else self.edges[keep]
        return replace(self, **vectors, covariance=self.covariance[keep][:, keep], edges=edges)

    def _refuse(self, name: str, array: Tensor, bad: Tensor, why: str) -> None:
        """DataError about the first element of `array` that is `bad`."""
        if bool(bad.any()):
            point, value = int(bad.nonzero()[0, 0]) + 1, float(array[bad][0])
            raise DataError(f"{self.label}: {name} of point {point} is {value:.6g}: {why}")

    def _check_edges(self) -> None:
        if self.edges is None:
            return
        low, high = self.edges.T
        size = 1e-9 * high.abs()  # rounding of a unit
        for bad, why in (
            (low >= high, "lower edge above the upper one"),
            (low < -size, "lower edge below zero"),
            ((self.k < low - size) | (self.k > high + size), "bin that does not hold its k*"),
            (torch.nn.functional.pad(low[1:] < high[:-1] - size[:-1], (1, 0)), "bin that overlaps the one before"),
        ):  # fmt: skip
            if bool(bad.any()):
                raise DataError(f"{self.label}: point {int(bad.nonzero()[0, 0]) + 1} has a {why}")

    def _check_covariance(self) -> None:
        variance = self.covariance.diagonal()
        self._refuse("variance", variance, variance <= 0, "it must be above zero")
        unit = self.covariance / torch.outer(variance.sqrt(), variance.sqrt())
        if float((unit - unit.T).abs().max()) > ASYMMETRY:
            raise DataError(f"{self.label}: the covariance is not symmetric")
        lowest = float(torch.linalg.eigvalsh((unit + unit.T) / 2)[0])
        if lowest <= len(unit) * torch.finfo(unit.dtype).eps:
            raise DataError(
                f"{self.label}: the covariance is not positive definite (lowest eigenvalue of its correlations {lowest:.2g}); "
                "give it with more digits, or add the errors that it leaves out"
            )


def total_covariance(error: Tensor, systematic: Tensor, how: Systematic) -> Tensor:
    """(n, n) of statistical and systematic errors (n,): the latter in quadrature ("uncorrelated"), moving all points
    together ("correlated", s sᵀ), or "ignored". Raises DataError for another word."""
    check_choice("systematic", how, ("uncorrelated", "correlated", "ignored"))
    together = torch.outer(systematic, systematic)
    added = {"uncorrelated": torch.diag(systematic**2), "correlated": together, "ignored": 0 * together}[how]
    return torch.diag(error**2) + added
