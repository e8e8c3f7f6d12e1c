"""The residuals of all losses as one function of flat parameters θ, and its normal equations JᵀJ, Jᵀe.

Where the residuals are affine in U and V0, ∂e/∂θ is the loss's linear map applied to ∂U(r_i,r_j)/∂θ. These pair
Jacobians are made once a row chunk, shared by every wave and every resampling bin, and never stored whole.

A step lies in the span of the rows of J. Where those are fewer than the parameters, or the features of an additive
potential are (every row of J is a combination of theirs), the equations are those of k < P coordinates t along an
orthonormal basis Q of that span, θ → θ + Q t:  Qᵀ(JᵀJ + λ)Q t = QᵀJᵀe has the same step, Q t, as the P × P form.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from hadronlab.losses.loss import LinearLoss, Loss
from hadronlab.losses.terms import Terms
from hadronlab.models.potentials.potential import Potential
from hadronlab.optim.processes import ALONE, Processes
from hadronlab.optim.slopes import FlatPotential, Slopes


@dataclass(frozen=True)
class Coordinates:
    """t (k,) of the parameters θ = Q t, Q (P, k) orthonormal; None: θ itself. of_features: Q spans ∂(features)/∂θ."""

    basis: Tensor | None = None
    of_features: bool = False

    def of(self, vector: Tensor) -> Tensor:
        """Qᵀ v, (k,), of v (P,)."""
        return vector if self.basis is None else self.basis.T @ vector

    def back(self, t: Tensor) -> Tensor:
        """Q t, (P,)."""
        return t if self.basis is None else self.basis @ t


class LeastSquares:
    """L(θ) = Σ e(θ)², e the weighted residuals of `losses` at the potential `model` with parameters θ (P,).

    processes: those that share the rows of JᵀJ and Jᵀe, nearly all of the work, summed in one message. What needs no
    Jacobian every process computes whole. memory: bytes that one chunk of pair Jacobians may take; losses that couple
    the rows take what they need.
    """

    def __init__(
        self,
        model: Potential,
        losses: Mapping[str, Loss],
        processes: Processes = ALONE,
        memory: int = 64 * 2**20,
    ) -> None:
        self.model, self.losses, self.processes, self.memory = model, dict(losses), processes, memory
        self.flat = FlatPotential(model)
        self.size, self.sizes = self.flat.size, self.flat.sizes
        self.terms = Terms(losses)
        self._share = Terms(losses, processes.rank, processes.size)
        self._spans: tuple[int, int] | None = None

    def theta(self) -> Tensor:
        """The model's parameters, flat (P,), detached, in the precision of the data: normal equations need it."""
        parameters = torch.cat([p.detach().reshape(-1) for p in self.model.parameters()])
        return parameters.to(self.terms.grids[0].r)

    def assign(self, theta: Tensor) -> None:
        """Put θ (P,) into the model."""
        with torch.no_grad():
            for p, value in zip(self.model.parameters(), theta.split(self.sizes), strict=True):
                p.copy_(value.view_as(p))

    def potential(self, theta: Tensor, rows: Tensor, r: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """U (n, M) on rows (n,) × the first M of the radii r, where U lives, and V0 (n,), at θ."""
        return self.flat(theta, rows, r[: self._count(r)])

    def residual(self, theta: Tensor, bin: int = 0) -> Tensor:
        """e(θ), the weighted residuals of all losses (R,), differentiable in θ."""
        parts = self.terms.residuals(lambda rows, r: self.potential(theta, rows, r), bin)
        return torch.cat([math.sqrt(self.losses[name].weight) * e.reshape(-1) for name, e in parts.items()])

    def loss(self, theta: Tensor, bin: int = 0) -> Tensor:
        """L(θ), a scalar, differentiable in θ."""
        return self.residual(theta, bin).square().sum()

    def gradient(self, theta: Tensor, bin: int = 0) -> tuple[Tensor, Tensor]:
        """F = Jᵀe = ½ ∂L/∂θ (P,) by one backward pass, and L."""
        leaf = theta.clone().requires_grad_()
        loss = self.loss(leaf, bin)
        (slope,) = torch.autograd.grad(loss, leaf)
        return 0.5 * slope, loss.detach()

    def jacobian(self, theta: Tensor, bin: int = 0) -> tuple[Tensor, Tensor]:
        """J (R, P) and e (R,) of one bin, whole: for few residuals."""
        blocks = [block for _, block in self._blocks(self.terms, theta, (bin,), Coordinates())]
        return torch.cat([J for J, _ in blocks]), torch.cat([e for _, e in blocks])

    def normal(
        self, theta: Tensor, bins: Sequence[int] = (0,), coordinates: Coordinates | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """G = JᵀJ (B, k, k), F = Jᵀe (B, k) and L (B,) of every bin in `bins`, all with ∂U/∂θ at the same θ.

        What is the same in every bin is computed once.
        """
        coordinates = Coordinates() if coordinates is None else coordinates
        k = self.size if coordinates.basis is None else coordinates.basis.shape[1]
        gram, force, loss = (theta.new_zeros(len(bins), *shape) for shape in ((k, k), (k,), ()))
        common = [theta.new_zeros(shape) for shape in ((k, k), (k,), ())]
        for b, (J, e) in self._blocks(self._share, theta, bins, coordinates):
            G, F, L = common if b is None else (gram[b], force[b], loss[b])
            G.addmm_(J.T, J)
            F.add_(J.T @ e)
            L.add_(e @ e)
        for each, same in zip((gram, force, loss), common, strict=True):
            each += same
        if self.processes.size > 1:
            i, j = torch.triu_indices(k, k)
            packed = self.processes.total(torch.cat([gram[:, i, j], force, loss[:, None]], 1))
            gram[:, i, j] = gram[:, j, i] = packed[:, : len(i)]
            force, loss = packed[:, len(i) : -1].contiguous(), packed[:, -1].contiguous()
        return gram, force, loss

    def coordinates(self, theta: Tensor) -> Coordinates:
        """Those of the steps from θ: along the rows of J, or of the features, where these are fewer than P.

        The rows are those of the mean: a resampling bin is then fitted within their span.
        """
        rows, features = self._rows_and_features()
        if min(rows, features) >= self.size:
            return Coordinates()
        with torch.no_grad():
            if features <= rows:
                spanning = [
                    self.flat.features(theta, grid.r[: self._count(grid.r)])[1].flatten(0, 1)
                    for grid in self.terms.grids
                ]
                spanning.append(self._unit_rows(self.flat.beside_features).to(theta))
            else:
                spanning = [self.jacobian(theta)[0]]
            return Coordinates(torch.linalg.qr(torch.cat(spanning).T)[0], features <= rows)

    def _unit_rows(self, names: Sequence[str]) -> Tensor:
        """Rows (n, P) of the identity, those of the parameters `names`."""
        chosen = [i for name, part in zip(self.flat.names, torch.arange(self.size).split(self.sizes), strict=True)
                  if name in names for i in part.tolist()]  # fmt: skip
        rows = torch.zeros(len(chosen), self.size)
        rows[torch.arange(len(chosen)), chosen] = 1.0
        return rows

    @property
    def width(self) -> int:
        """The number k of coordinates."""
        return min(self.size, *self._rows_and_features())

    @property
    def bytes_needed(self) -> int:
        """Memory of a step or a refit, roughly: four copies of the rows that span it, and of the normal matrix."""
        k = self.width
        return 8 * 4 * (k**2 + (0 if k == self.size else k * self.size))

    def _rows_and_features(self) -> tuple[int, int]:
        """How many rows J has, and how many rows ∂(features)/∂θ has and the identity of all other parameters."""
        if self._spans is None:
            with torch.no_grad():
                theta = self.theta()
                features = self.size
                if self.model.additive:
                    beside = [
                        n
                        for name, n in zip(self.flat.names, self.sizes, strict=True)
                        if name in self.flat.beside_features
                    ]
                    width = self.model.features(self.terms.grids[0].r[:1]).shape[-1]
                    features = sum(beside) + width * sum(self._count(grid.r) for grid in self.terms.grids)
                self._spans = len(self.residual(theta)), features
        return self._spans

    def _count(self, r: Tensor) -> int:
        """Radii up to where U ends: the columns beyond cost nothing."""
        return len(r) if math.isinf(self.model.support) else int((r <= self.model.support).sum())

    def _blocks(
        self, terms: Terms, theta: Tensor, bins: Sequence[int], coordinates: Coordinates
    ) -> Iterator[tuple[int | None, tuple[Tensor, Tensor]]]:
        """(position in bins, or None for all of them, (J (R, k), e (R,))) of every loss and row chunk."""
        after = None if coordinates.of_features else coordinates.basis
        with torch.no_grad():
            for grid in terms.grids:
                r = grid.r[: self._count(grid.r)]
                slopes = Slopes.at(
                    self.flat, theta, r, coordinates.basis if coordinates.of_features else None
                )
                for name in grid.where:
                    loss, rows = terms.losses[name], terms.rows[name]
                    if not loss.weight or not len(rows):
                        continue
                    positions = list(enumerate(bins)) if loss.n_bins else [(None, bins[0])]
                    factor = math.sqrt(loss.weight)
                    if isinstance(loss, LinearLoss):
                        for position, J, e in self._linear(loss, rows, slopes, positions):
                            yield position, (factor * (J if after is None else J @ after), factor * e)
                    else:
                        for position, J, e in self._by_autograd(loss, rows, theta, positions):
                            J = J if coordinates.basis is None else J @ coordinates.basis
                            yield position, (factor * J, factor * e)

    def _linear(
        self, loss: LinearLoss, rows: Tensor, slopes: Slopes, positions: Sequence[tuple[int | None, int]]
    ) -> Iterator[tuple[int | None, Tensor, Tensor]]:
        """J and e of a loss that maps U and V0 linearly, some rows at a time."""
        chunk = (
            len(rows) if loss.coupled else max(1, self.memory // (24 * slopes.width * max(len(slopes.r), 1)))
        )
        columns = loss.columns(len(slopes.r))
        for some in rows.split(chunk):
            here, dU, dV = loss.r[some], None, None
            U, V = self.potential(slopes.theta, here, loss.r)
            if U is not None:
                inside = int((here <= self.model.support).sum())  # rows increase: the rest has U = 0
                dU = U.new_zeros(len(some), len(slopes.r[columns]), slopes.width)
                if inside:
                    dU[:inside] = slopes.pairs(some[:inside], columns)
            if V is not None:
                dV = slopes.local(here)
            for position, bin in positions:
                J, e = loss.jacobian(dU, dV, some, bin), loss.residual(U, V, some, bin)
                yield position, J.reshape(-1, slopes.width), e.reshape(-1)

    def _by_autograd(
        self, loss: Loss, rows: Tensor, theta: Tensor, positions: Sequence[tuple[int | None, int]]
    ) -> Iterator[tuple[int | None, Tensor, Tensor]]:
        """J and e of any other loss, by one backward pass a residual."""
        for position, bin in positions:

            def residual(theta: Tensor, bin: int = bin) -> Tensor:
                return loss.residual(*self.potential(theta, loss.r[rows], loss.r), rows, bin).reshape(-1)

            with torch.enable_grad():
                J = torch.autograd.functional.jacobian(residual, theta)
            yield position, J, residual(theta)
