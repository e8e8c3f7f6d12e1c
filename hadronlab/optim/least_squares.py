"""The residuals of all losses as one function of flat parameters θ, and its normal equations JᵀJ, Jᵀe.

θ holds the parameters of the potential, and behind them the nuisance parameters of the losses. Of a loss with residuals e,
∂e/∂θ is its map ∂e/∂U, ∂e/∂V0 applied to ∂U(r_i,r_j)/∂θ and ∂V0/∂θ. These pair Jacobians are made once a row chunk, shared
by every wave and every resampling bin, and never stored whole.

A step lies in the span of the rows of J. Where those are fewer than the parameters, or the features of an additive
potential are (every row of J is a combination of theirs), the equations are those of k < P coordinates t along an
orthonormal basis Q of that span, θ → θ + Q t:  Qᵀ(JᵀJ + λ)Q t = QᵀJᵀe has the same step, Q t, as the P × P form.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from hadronlab.losses.loss import Loss
from hadronlab.losses.terms import Terms
from hadronlab.models.potentials.potential import Potential
from hadronlab.optim.coordinates import Coordinates
from hadronlab.optim.jacobian_blocks import JacobianBlocks
from hadronlab.optim.processes import ALONE, Processes
from hadronlab.optim.unknowns import Unknowns


class LeastSquares(Unknowns):
    """L(θ) = Σ e(θ)², e the weighted residuals of `losses` at the potential `model`, with θ (P,).

    processes: those that share the rows of JᵀJ and Jᵀe, nearly all of the work, summed in one message. What needs no
    Jacobian every process computes whole. memory: bytes that one chunk of pair Jacobians may take; linear losses that
    couple the rows take what they need.
    """

    def __init__(
        self,
        model: Potential,
        losses: Mapping[str, Loss],
        processes: Processes = ALONE,
        memory: int = 64 * 2**20,
    ) -> None:
        super().__init__(model, losses)
        self.processes = processes
        self._share = Terms(losses, processes.rank, processes.size)
        self._blocks = JacobianBlocks(self, memory)
        self._spans: tuple[int, int] | None = None

    def residual(self, theta: Tensor, bin: int = 0) -> Tensor:
        """e(θ), the weighted residuals of all losses (R,), differentiable in θ."""

        def residual() -> Tensor:
            parts = self.terms.residuals(lambda rows, r: self.potential(theta, rows, r), bin)
            return torch.cat(
                [math.sqrt(self.losses[name].weight) * e.reshape(-1) for name, e in parts.items()]
            )

        return self.with_nuisances(theta, residual)

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
        blocks = list(self._blocks(self.terms, theta, (bin,), Coordinates()))
        return torch.cat([J for _, J, _ in blocks]), torch.cat([e for _, _, e in blocks])

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
        for positions, J, e in self._blocks(self._share, theta, bins, coordinates):
            if positions is None:
                common[0].addmm_(J.T, J)
                common[1].add_(J.T @ e)
                common[2].add_(e @ e)
                continue
            G = J.T @ J
            for b in positions:
                gram[b] += G
            force[positions] += J.T @ e
            loss[positions] += e @ e
        for each, same in zip((gram, force, loss), common, strict=True):
            each += same
        if self.processes.size > 1:
            i, j = torch.triu_indices(k, k)
            packed = self.processes.total(torch.cat([gram[:, i, j], force, loss[:, None]], 1))
            gram[:, i, j] = gram[:, j, i] = packed[:, : len(i)]
            force, loss = packed[:, len(i) : -1].contiguous(), packed[:, -1].contiguous()
        return gram, force, loss

    def effective_parameters(self, theta: Tensor) -> float:
        """How many the data determine: tr G_data (G_data + G_prior)⁻¹, G = JᵀJ of the data terms and of the others."""
        along = self.coordinates(theta)
        parts = []
        for data_term in (True, False):
            some = {name: loss for name, loss in self.losses.items() if loss.data_term is data_term}
            k = self.size if along.basis is None else along.basis.shape[1]
            gram = theta.new_zeros(k, k)
            for _, J, _ in self._blocks(Terms(some), theta, (0,), along):
                gram.addmm_(J.T, J)
            parts.append(gram)
        values, vectors = torch.linalg.eigh(parts[0] + parts[1])
        keep = values > len(values) * torch.finfo(values.dtype).eps * values[-1]
        shares = (vectors * (parts[0] @ vectors)).sum(0)[keep] / values[keep]
        return float(shares.sum())

    def coordinates(self, theta: Tensor) -> Coordinates:
        """Those of the steps from θ: along the rows of J, or of the features, where these are fewer than P.

        The rows are those of the mean: a resampling bin is then fitted within their span.
        """
        rows, features = self._rows_and_features()
        if min(rows, features) >= self.flat.size:
            return Coordinates()
        own = theta[: self.flat.size]
        with torch.no_grad():
            if features <= rows:
                spanning = [
                    self.flat.features(own, grid.r[: self.count(grid.r)])[1].flatten(0, 1)
                    for grid in self.terms.grids
                ]
                spanning.append(self._unit_rows(self.flat.beside_features).to(theta))
            else:
                spanning = [self.jacobian(theta)[0][:, : self.flat.size]]
            found = Coordinates(torch.linalg.qr(torch.cat(spanning).T)[0], features <= rows)
        return found.beside(self.size - self.flat.size)

    def _unit_rows(self, names: Sequence[str]) -> Tensor:
        """Rows (n, P) of the identity, those of the parameters `names`."""
        chosen = [i for name, part in zip(self.flat.names, torch.arange(self.flat.size).split(self.flat.sizes), strict=True)
                  if name in names for i in part.tolist()]  # fmt: skip
        rows = torch.zeros(len(chosen), self.flat.size)
        rows[torch.arange(len(chosen)), chosen] = 1.0
        return rows

    @property
    def width(self) -> int:
        """The number k of coordinates."""
        return self.size - self.flat.size + min(self.flat.size, *self._rows_and_features())

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
                features = self.flat.size
                if self.model.additive:
                    beside = [
                        n
                        for name, n in zip(self.flat.names, self.flat.sizes, strict=True)
                        if name in self.flat.beside_features
                    ]
                    width = self.model.features(self.terms.grids[0].r[:1]).shape[-1]
                    features = sum(beside) + width * sum(self.count(grid.r) for grid in self.terms.grids)
                self._spans = len(self.residual(theta)), features
        return self._spans
