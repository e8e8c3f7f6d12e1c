"""The residuals of several losses at one potential, evaluated once where they share their radii."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from hadronlab.errors import ConfigError
from hadronlab.estimates.ensembles import Bins
from hadronlab.losses.loss import Loss

Evaluate = Callable[
    [Tensor, Tensor], tuple[Tensor | None, Tensor | None]
]  # radii r and r' to U(r, r') and V0(r)


@dataclass(frozen=True)
class Grid:
    """Losses on the radii of `first`: the rows that any of them wants, and where those of each stand (None: all)."""

    first: Loss
    rows: Tensor
    where: dict[str, Tensor | None]

    @property
    def r(self) -> Tensor:
        """(N,) fm, on the device where the losses are by now."""
        return self.first.r


class Terms:
    """Several losses, or the share of one process in them: rows rank, rank + size, … of each.

    bins: those of all measurements, of which `bin` counts. Raises ConfigError where losses disagree on the bins of one, or
    one that couples its rows is to be shared.
    """

    def __init__(self, losses: Mapping[str, Loss], rank: int = 0, size: int = 1) -> None:
        self.losses = dict(losses)
        self.bins = Bins(loss.bins for loss in self.losses.values())
        self.own_bins = {name: self.bins.of(loss.bins) for name, loss in self.losses.items()}
        coupled = [name for name, loss in self.losses.items() if loss.coupled]
        if size > 1 and coupled:
            raise ConfigError(
                f"loss.{coupled[0]} couples the radii: it cannot be split over processes, use one"
            )
        self.rows = {name: loss.rows[rank::size] for name, loss in self.losses.items()}
        self.grids = self._grids()

    def residuals(self, evaluate: Evaluate, bin: int = 0) -> dict[str, Tensor]:
        """The residual of every loss at the potential that `evaluate` gives."""
        found = {}
        for grid in self.grids:
            U, V = evaluate(grid.r[grid.rows], grid.r)
            for name, where in grid.where.items():
                part_u = U if where is None or U is None else U[..., where, :]
                part_v = V if where is None or V is None else V[..., where]
                found[name] = self.losses[name].residual(
                    part_u, part_v, self.rows[name], self.own_bins[name][bin]
                )
        return {name: found[name] for name in self.losses}

    def losses_at(self, evaluate: Evaluate, bin: int = 0) -> dict[str, Tensor]:
        """The weighted terms of the loss, scalars."""
        residuals = self.residuals(evaluate, bin)
        return {name: self.losses[name].weight * e.square().sum() for name, e in residuals.items()}

    def _grids(self) -> list[Grid]:
        alike: list[list[str]] = []
        for name, loss in self.losses.items():
            for names in alike:
                if torch.equal(self.losses[names[0]].r, loss.r):
                    names.append(name)
                    break
            else:
                alike.append([name])
        grids = []
        for names in alike:
            rows = torch.unique(torch.cat([self.rows[name] for name in names]))
            where = {name: _positions(rows, self.rows[name]) for name in names}
            grids.append(Grid(self.losses[names[0]], rows, where))
        return grids


def _positions(rows: Tensor, wanted: Tensor) -> Tensor | None:
    """Where `wanted` stand in `rows`; None if they are the same."""
    return None if torch.equal(rows, wanted) else torch.searchsorted(rows, wanted.contiguous())
