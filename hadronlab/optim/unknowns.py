"""The unknowns θ of a least-squares problem: the parameters of a potential, and the nuisance parameters of the losses."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.func import functional_call

from hadronlab.losses.loss import Loss
from hadronlab.losses.nuisances import Nuisance
from hadronlab.losses.terms import Terms
from hadronlab.models.potentials.potential import Potential
from hadronlab.optim.slopes import FlatPotential

Value = TypeVar("Value")


class _Within(nn.Module):
    """What is computed with the losses, as a forward, in which functional_call can give them other nuisance parameters."""

    def __init__(self, losses: Mapping[str, Loss]) -> None:
        super().__init__()
        self.losses = nn.ModuleDict(dict(losses))

    def forward(self, function: Callable[[], Value]) -> Value:
        return function()


class Unknowns:
    """θ (P,): the parameters of `model`, one after the other, and behind them those of `losses`."""

    def __init__(self, model: Potential, losses: Mapping[str, Loss]) -> None:
        self.model, self.losses = model, dict(losses)
        self.flat = FlatPotential(model)
        self.terms = Terms(losses)
        self._within = _Within(self.losses)
        self.nuisance_sizes = {
            name: loss.nuisance.numel() for name, loss in self.losses.items() if loss.nuisance is not None
        }
        self.sizes = [*self.flat.sizes, *self.nuisance_sizes.values()]
        self.size = sum(self.sizes)

    def _parameters(self) -> list[nn.Parameter]:
        own = [loss.nuisance for loss in self.losses.values() if loss.nuisance is not None]
        return [*self.model.parameters(), *own]

    def theta(self) -> Tensor:
        """The parameters, flat (P,), detached, in the precision of the data: normal equations need it."""
        parameters = [p.detach().reshape(-1).to(self.terms.grids[0].r) for p in self._parameters()]
        return torch.cat(parameters) if parameters else self.terms.grids[0].r.new_zeros(0)

    def assign(self, theta: Tensor) -> None:
        """Put θ (P,) into the model and the losses."""
        with torch.no_grad():
            for p, value in zip(self._parameters(), theta.split(self.sizes), strict=True):
                p.copy_(value.view_as(p))

    def nuisances(self, theta: Tensor) -> dict[str, Tensor]:
        """Those of θ (…, P) by the name of their loss, (…, m) each."""
        own = theta[..., self.flat.size :].split(list(self.nuisance_sizes.values()), -1)
        return dict(zip(self.nuisance_sizes, own, strict=True))

    @property
    def named_nuisances(self) -> dict[str, tuple[int, Nuisance]]:
        """By its name, where a nuisance parameter stands in θ, and what it means."""
        each = [one for name in self.nuisance_sizes for one in self.losses[name].nuisances.each]
        return {one.name: (self.flat.size + i, one) for i, one in enumerate(each)}

    def with_nuisances(self, theta: Tensor, function: Callable[[], Value]) -> Value:
        """What `function` gives while the losses have the nuisance parameters of θ."""
        if not self.nuisance_sizes:
            return function()
        own = {f"losses.{name}.nuisance": value for name, value in self.nuisances(theta).items()}
        found: Value = functional_call(self._within, own, (function,))
        return found

    def potential(self, theta: Tensor, rows: Tensor, r: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """U ([C, C,] n, M) on rows (n,) × the first M of the radii r, where U lives, and V0 ([C, C,] n), at θ."""
        return self.flat(theta[: self.flat.size], rows, r[: self.count(r)])

    def count(self, r: Tensor) -> int:
        """Radii up to where U ends: the columns beyond cost nothing."""
        return len(r) if math.isinf(self.model.support) else int((r <= self.model.support).sum())
