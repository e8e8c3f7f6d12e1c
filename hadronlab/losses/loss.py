"""What every loss offers: its radii, its residuals in (U, V0), and the weighted sum of their squares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from hadronlab.data.wave_data import WaveData
from hadronlab.errors import ConfigError
from hadronlab.estimates.ensembles import Ensemble
from hadronlab.losses.nuisances import Nuisances


@dataclass(frozen=True)
class Quantity:
    """A number or an array in the fit and in its bins, (1+B, …); without bins (1, …). rows: names along an array's first axis."""

    values: Tensor
    unit: str = ""
    rows: tuple[str, ...] = ()


@dataclass(frozen=True)
class ResidualSlopes:
    """Residuals e (E,) and their derivatives: with respect to U (E, n, M), V (E, n), nuisance parameters (E, m)."""

    residual: Tensor
    U: Tensor | None
    V: Tensor | None
    nuisance: Tensor | None


class Loss(nn.Module):
    """weight · Σ residual². Task and optimiser ask a loss for what stands here and for nothing else.

    r: the radii (N,) on which the loss wants the potential, fm; they need not be those of another loss. rows: indices
    (n,), increasing, of the radii r_i on which it wants U(r_i, ·) and V0(r_i); None: all of them.
    bins: the resampling bins of its own data; None for a loss that is the same in every bin.
    nuisance: parameters (m,) of its own, which are trained with those of the potential, in units of what they are known
    to; a loss that has some sets them and `nuisances`, their names and values, and its residuals hold what is known of them
    before.
    data_term: whether it compares with data, or else only regularises. of_waves: whether these are the waves of a lattice,
    so that each of several lattices has such a loss of its own.
    coupled: whether a residual is made of several rows, which then cannot be taken in parts.
    `residual` may be any differentiable function of U and V0; the derivatives come from autograd, one backward pass a
    residual, or from `slopes` of its own. One that is affine is a `LinearLoss`, and cheaper.
    """

    data_term: ClassVar[bool] = True
    of_waves: ClassVar[bool] = False
    coupled: bool = True
    nuisance: nn.Parameter | None
    nuisances: Nuisances = Nuisances()

    def __init__(
        self, r: Tensor, weight: float = 1.0, bins: Ensemble | None = None, rows: Tensor | None = None
    ) -> None:
        super().__init__()
        if not weight >= 0:
            raise ConfigError(f"weight = {weight} of {type(self).__name__}: must be zero or positive")
        self.weight, self.bins = float(weight), bins
        self.r = nn.Buffer(r, persistent=False)
        self.rows = nn.Buffer(torch.arange(len(r)) if rows is None else rows, persistent=False)
        self.register_parameter("nuisance", None)

    def residual(self, U: Tensor | None, V: Tensor | None, rows: Tensor, bin: int = 0) -> Tensor:
        """Any shape, from U (n, M) on rows × the first M radii, MeV fm⁻³, and V (n,), MeV; of C channels (C, C, n, M), (C, C, n).

        None stands for zero, and so do the radii beyond M. bin: 0 the mean, 1…B its own resampling bins.
        """
        raise NotImplementedError

    def slopes(self, U: Tensor | None, V: Tensor | None, rows: Tensor, bin: int = 0) -> ResidualSlopes:
        """The residuals, in one row, and what they change by with U, V and the nuisance parameters."""
        with torch.enable_grad():
            U, V = (None if x is None else x.detach().requires_grad_() for x in (U, V))
            if self.nuisance is not None:  # that of an optimiser's θ is a plain tensor
                self.nuisance.requires_grad_()
            residual = self.residual(U, V, rows, bin).reshape(-1)
            wanted = {"U": U, "V": V, "nuisance": self.nuisance}
            inputs = [x for x in wanted.values() if x is not None]
            found = [
                torch.autograd.grad(e, inputs, retain_graph=True, materialize_grads=True) for e in residual
            ]
        columns = iter(torch.stack(column) for column in zip(*found, strict=True))
        return ResidualSlopes(
            residual.detach(), **{name: None if x is None else next(columns) for name, x in wanted.items()}
        )

    def quantities(self, U: Tensor | None, V: Tensor | None, nuisance: Tensor | None) -> dict[str, Quantity]:
        """What it adds to the result, from U (1+B, N, N), V (1+B, N) on its radii and ν (1+B, m): the fit, then its bins."""
        return {}

    @property
    def nuisance_names(self) -> list[str]:
        """Of the nuisance parameters, as `quantities` names them."""
        return [one.name for one in self.nuisances.each]

    def with_systematic(self) -> Loss:
        """The same with systematic errors that it leaves out; itself where it leaves out none."""
        return self

    @property
    def in_words(self) -> str:
        """Its data, in one line; "" without any."""
        return ""

    def remarks(self) -> list[str]:
        """What a reader of the result should know of it."""
        return []

    def forward(self, U: Tensor | None, V: Tensor | None, rows: Tensor, bin: int = 0) -> Tensor:
        """weight · Σ residual², a scalar."""
        return self.weight * self.residual(U, V, rows, bin).square().sum()

    def zero(self, bin: int = 0) -> Tensor:
        """The loss of U = V0 = 0: what a collapsed network gives."""
        return self(None, None, self.rows, bin)


class LinearLoss(Loss):
    """A loss whose residuals are affine in (U, V0), those of one row in that row alone unless it is `coupled`.

    `residual` here takes leading dimensions of U and V, which come back at its front. Nuisance parameters may stand in it.
    """

    coupled = False

    def columns(self, count: int) -> slice:
        """The radii r' that `jacobian` wants dU on: of the first `count`, where U ends."""
        return slice(0, count)

    def jacobian(self, dU: Tensor | None, dV: Tensor | None, rows: Tensor, bin: int = 0) -> Tensor:
        """∂residual/∂θ, (…, P), in the order of `residual`, from dU (n, M, P) on `columns` and dV (n, P)."""
        raise NotImplementedError

    def nuisance_slopes(
        self, U: Tensor | None, V: Tensor | None, rows: Tensor, bin: int = 0
    ) -> Tensor | None:
        """∂residual/∂ν, (…, m), in one row; None without nuisance parameters."""
        return None


def reference_scale(data: WaveData) -> float:
    """A typical U (MeV fm⁻³): rms over rows and waves of lhs / ∫|φ| dV', a kernel constant in r'.

    Raises ConfigError without waves.
    """
    if not data.labels:
        raise ConfigError(
            "loss.asymptotic takes the scale of U from lattice data, and there are none: leave it out with ~loss.asymptotic"
        )
    rows = data.equation
    norm = (data.weight * data.amplitude[0].abs()).sum(-1)
    return float((data.lhs[0][..., rows] / norm[..., None]).square().mean().sqrt())


def collapsed(loss: float, loss_zero: float, tolerance: float = 0.05) -> bool:
    """True where the loss is that of U = 0 within `tolerance`: the network has died."""
    return abs(loss - loss_zero) <= tolerance * loss_zero
