"""What every hadron-hadron potential offers: a nonlocal kernel U(r,r'), a local part V0(r), and a range."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import ClassVar

import torch
from torch import Tensor, nn

from hadronlab.errors import ConfigError

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "leaky_relu": nn.functional.leaky_relu,
    "elu": nn.functional.elu,
    "softplus": nn.functional.softplus,
    "tanh": torch.tanh,
    "silu": nn.functional.silu,
    "gelu": nn.functional.gelu,
    "linear": lambda x: x,
}
DTYPES = {"float32": torch.float32, "float64": torch.float64}


def activation(name: str) -> Callable[[Tensor], Tensor]:
    """The activation called `name`; ConfigError with the choices if there is none."""
    if name not in ACTIVATIONS:
        raise ConfigError(f"activation '{name}' is unknown: choose one of {', '.join(sorted(ACTIVATIONS))}")
    return ACTIVATIONS[name]


def floating(dtype: str | torch.dtype) -> torch.dtype:
    """torch.dtype from 'float32' or 'float64'; ConfigError otherwise."""
    if isinstance(dtype, torch.dtype):
        return dtype
    if dtype not in DTYPES:
        raise ConfigError(f"dtype '{dtype}' is unknown: choose one of {', '.join(DTYPES)}")
    return DTYPES[dtype]


def smooth_cut(r: Tensor, radius: float) -> Tensor:
    """(1 − (r/radius)⁴)², zero beyond `radius` (fm), flat near the origin."""
    return torch.clamp(1.0 - (r / radius) ** 4, min=0.0) ** 2


class Potential(nn.Module):
    """V0(r) δ(r−r') + U(r,r') of an S-wave pair.

    A subclass gives `kernel` (and, where it has one, `local`). `support` (fm) is the radius beyond which U is
    zero: a network says nothing outside the radii it was trained on. An `additive` one also gives `features` and
    `readout`, U(r,r') = envelope(r) · readout(features(r) + features(r')) · envelope(r'): most of ∂U/∂θ then costs
    one pass a radius instead of one a pair. `linear`: U and V0 are, in the parameters; zeros give U = V0 = 0.
    One of several `channels` gives V0_ab (C, C, …) and U_ab(r,r') = U_ba(r',r)
    (C, C, …): what is said of shapes here then stands behind (C, C); it is not additive.
    """

    task: ClassVar[str] = "inverse"
    has_local: bool = False
    has_nonlocal: bool = True
    additive: bool = False
    linear: bool = False
    channels: int = 1
    sources_needed: int = 1
    """how many sources of a lattice determine it: at one radius each gives an equation a channel"""

    def __init__(self, support: float = math.inf) -> None:
        super().__init__()
        if not support > 0:
            raise ConfigError(f"support = {support} fm: the range of a potential must be positive")
        self.support = float(support)

    @property
    def fitted_first(self) -> Potential | None:
        """The part that is fitted alone before the whole is trained, if any."""
        return None

    def kernel(self, r: Tensor, rp: Tensor) -> Tensor:
        """U(r,r') before the truncation at `support`; r and rp of one shape."""
        return torch.zeros_like(r)

    def forward(self, r: Tensor, rp: Tensor) -> Tensor:
        """U(r,r') in MeV fm⁻³, elementwise with broadcasting; exchange symmetric."""
        r, rp = torch.broadcast_tensors(r, rp)
        return self._truncated(self.kernel(r, rp), r, rp)

    def local(self, r: Tensor) -> Tensor:
        """V0(r) in MeV, same shape as r (fm)."""
        return torch.zeros_like(r)

    def features(self, r: Tensor) -> Tensor:
        """Half of the readout's input, (*r.shape, m), of an additive potential."""
        raise NotImplementedError(f"{type(self).__name__} is not additive")

    def readout(self, x: Tensor) -> Tensor:
        """The kernel from the summed features (…, m) of an additive potential."""
        raise NotImplementedError(f"{type(self).__name__} is not additive")

    def envelope(self, r: Tensor) -> Tensor:
        """The factor of either radius."""
        return torch.ones_like(r)

    def grid_kernel(self, rows: Tensor, r: Tensor) -> Tensor:
        """`kernel` on the outer grid; overridden where features of r can be computed once."""
        return self.kernel(*torch.broadcast_tensors(rows[:, None], r[None, :]))

    def on_grid(self, rows: Tensor, r: Tensor) -> Tensor:
        """U(rows_i, r_j), shape (n, N), MeV fm⁻³; rows (n,) and r (N,) in fm. Only radii within `support` cost."""
        if math.isinf(self.support):
            return self.grid_kernel(rows, r)
        i, j = torch.nonzero(rows <= self.support), torch.nonzero(r <= self.support)
        inner = self.grid_kernel(rows[i[:, 0]], r[j[:, 0]])
        inner = inner.movedim((-2, -1), (0, 1))
        whole = inner.new_zeros(len(rows), len(r), *inner.shape[2:])
        return whole.index_put((i, j.T), inner).movedim((0, 1), (-2, -1))

    def _truncated(self, U: Tensor, r: Tensor, rp: Tensor) -> Tensor:
        if math.isinf(self.support):
            return U
        return torch.where((r <= self.support) & (rp <= self.support), U, torch.zeros_like(U))
