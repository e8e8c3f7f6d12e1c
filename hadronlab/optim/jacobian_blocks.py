"""J = ∂e/∂θ and e of every loss, a chunk of rows at a time: what normal equations are summed from.

∂U/∂θ and ∂V0/∂θ of a potential that is linear in its parameters are the same at every θ, and of a linear loss so is J: they are
made once and kept.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from hadronlab.losses.loss import LinearLoss, Loss, ResidualSlopes
from hadronlab.losses.terms import Terms
from hadronlab.optim.coordinates import Coordinates
from hadronlab.optim.slopes import Slopes
from hadronlab.optim.unknowns import Unknowns

Pairs = tuple[Tensor | None, Tensor | None]
"""∂U ([C, C,] n, M, k) and ∂V0 ([C, C,] n, k)"""
Made = tuple[Tensor | None, Tensor | None, Tensor | None, Tensor | None]
"""U, V0 and their `Pairs`"""
Block = tuple[list[int] | None, Tensor, Tensor]
"""positions among the bins asked for (None: all of them), J (R, k) and e (R,)"""


class JacobianBlocks:
    """Makes them; `memory` in bytes is what one chunk of pair Jacobians may take, and what may be kept."""

    def __init__(self, unknowns: Unknowns, memory: int) -> None:
        self.unknowns, self.memory = unknowns, memory
        model = unknowns.model
        self._fixed = model.linear and not model.additive
        self._of: Terms | None = None  # what is kept
        self._pairs_of: dict[tuple[str, int], Pairs] = {}  # of a loss, by the chunk of rows
        self._blocks_of: dict[tuple[str, int, int], tuple[Tensor, Tensor]] = {}  # and the bin

    def __call__(
        self, terms: Terms, theta: Tensor, bins: Sequence[int], coordinates: Coordinates
    ) -> Iterator[Block]:
        """J and e of every loss and row chunk, in these coordinates."""
        if self._of is not terms:
            self._of, self._room = terms, self.memory
            self._pairs_of.clear()
            self._blocks_of.clear()
        own, beside = theta[: self.unknowns.flat.size], self.unknowns.size - self.unknowns.flat.size
        basis = coordinates.basis
        if basis is not None:
            basis = basis[: self.unknowns.flat.size, : basis.shape[1] - beside]
        after = None if coordinates.of_features else basis
        with torch.no_grad():
            for grid in terms.grids:
                r = grid.r[: self.unknowns.count(grid.r)]
                slopes = Slopes.at(self.unknowns.flat, own, r, basis if coordinates.of_features else None)
                for name in grid.where:
                    loss, rows = terms.losses[name], terms.rows[name]
                    if not loss.weight or not len(rows):
                        continue
                    groups = _grouped([terms.own_bins[name][bin] for bin in bins])
                    factor = math.sqrt(loss.weight)
                    blocks = (
                        self._linear(name, loss, rows, slopes, groups, theta)
                        if isinstance(loss, LinearLoss)
                        else self._of_slopes(name, loss, rows, slopes, groups, theta)
                    )
                    for positions, J, nuisance, e in blocks:
                        J = J if after is None else J @ after
                        if beside:
                            J = torch.cat([J, self._columns(name, nuisance, J)], 1)
                        yield positions, factor * J, factor * e

    def _columns(self, name: str, nuisance: Tensor | None, like: Tensor) -> Tensor:
        """∂e/∂(all nuisance parameters), (R, m), from that for those of one loss."""
        columns = {
            other: like.new_zeros(len(like), count) if other != name or nuisance is None else nuisance
            for other, count in self.unknowns.nuisance_sizes.items()
        }
        return torch.cat(list(columns.values()), 1)

    def _linear(
        self,
        name: str,
        loss: LinearLoss,
        rows: Tensor,
        slopes: Slopes,
        groups: dict[int, list[int] | None],
        theta: Tensor,
    ) -> Iterator[tuple[list[int] | None, Tensor, Tensor | None, Tensor]]:
        """J and e of a loss that maps U and V0 linearly, some rows at a time."""
        own = theta[: self.unknowns.flat.size]
        fixed = self._fixed and loss.nuisance is None
        at = torch.zeros_like(theta) if fixed else theta  # there U = V0 = 0
        for i, some in enumerate(rows.split(len(rows) if loss.coupled else self._chunk(slopes))):
            made = None
            for bin, positions in groups.items():
                key, nuisance = (name, i, bin), None
                if key in self._blocks_of:
                    J, e = self._blocks_of[key]
                else:
                    if made is None:
                        U, V = self.unknowns.potential(at, loss.r[some], loss.r)
                        made = U, V, *self._pairs(loss, U, V, some, slopes, loss.columns(len(slopes.r)))

                    def at_theta(
                        bin: int = bin, some: Tensor = some, made: Made = made
                    ) -> tuple[Tensor, Tensor | None, Tensor]:
                        U, V, dU, dV = made
                        J, e = loss.jacobian(dU, dV, some, bin), loss.residual(U, V, some, bin)
                        return J.flatten(0, -2), loss.nuisance_slopes(U, V, some, bin), e.reshape(-1)

                    J, nuisance, e = self.unknowns.with_nuisances(theta, at_theta)
                    if fixed and self._fits(J, e):
                        self._blocks_of[key] = J, e
                yield positions, J, nuisance, e + J @ own if fixed else e

    def _of_slopes(
        self,
        name: str,
        loss: Loss,
        rows: Tensor,
        slopes: Slopes,
        groups: dict[int, list[int] | None],
        theta: Tensor,
    ) -> Iterator[tuple[list[int] | None, Tensor, Tensor | None, Tensor]]:
        """J and e of any other loss, from its derivatives with respect to U and V0."""
        U, V = self.unknowns.potential(theta, loss.r[rows], loss.r)
        found: list[ResidualSlopes] = []

        def at_all_bins() -> Tensor:
            found.extend(loss.slopes(U, V, rows, bin) for bin in groups)
            return found[0].residual

        self.unknowns.with_nuisances(theta, at_all_bins)
        J = theta.new_zeros(sum(len(each.residual) for each in found), slopes.width)
        chunk = self._chunk(slopes)
        for start in range(0, len(rows), chunk):
            part = slice(start, start + chunk)
            key = name, start
            if key in self._pairs_of:
                dU, dV = self._pairs_of[key]
            else:
                dU, dV = self._pairs(loss, U, V, rows[part], slopes, slice(0, len(slopes.r)))
                if self._fits(dU, dV):
                    self._pairs_of[key] = dU, dV
            if dU is not None:
                by_U = torch.cat([each.U[:, part] for each in found if each.U is not None])
                J += by_U.flatten(1) @ dU.flatten(0, 1)
            if dV is not None:
                J += torch.cat([each.V[:, part] for each in found if each.V is not None]) @ dV
        each_J = J.split([len(each.residual) for each in found])
        for positions, part_J, each in zip(groups.values(), each_J, found, strict=True):
            yield positions, part_J, each.nuisance, each.residual

    def _chunk(self, slopes: Slopes) -> int:
        pairs = max(len(slopes.r), 1) * self.unknowns.model.channels**2
        return max(1, self.memory // (24 * max(slopes.width, 1) * pairs))

    def _pairs(
        self, loss: Loss, U: Tensor | None, V: Tensor | None, rows: Tensor, slopes: Slopes, columns: slice
    ) -> Pairs:
        """∂U ([C, C,] n, M, k) on `rows` × `columns` and ∂V0 ([C, C,] n, k); None where there is no U or no V0."""
        here, dU = loss.r[rows], None
        if U is not None:
            inside = int((here <= self.unknowns.model.support).sum())  # rows increase: the rest has U = 0
            dU = U.new_zeros(*U.shape[:-2], len(rows), len(slopes.r[columns]), slopes.width)
            if inside:
                dU[..., :inside, :, :] = slopes.pairs(rows[:inside], columns)
        return dU, None if V is None else slopes.local(here)

    def _fits(self, *tensors: Tensor | None) -> bool:
        """Whether these are to be kept; then there is less room."""
        size = sum(x.nbytes for x in tensors if x is not None)
        if not self._fixed or size > self._room:
            return False
        self._room -= size
        return True


def _grouped(own: Sequence[int]) -> dict[int, list[int] | None]:
    """For each bin of a loss, the positions at which it stands behind the bins of the fit; None for all of them."""
    if len(set(own)) == 1:
        return {own[0]: None}
    return {bin: [i for i, other in enumerate(own) if other == bin] for bin in dict.fromkeys(own)}
