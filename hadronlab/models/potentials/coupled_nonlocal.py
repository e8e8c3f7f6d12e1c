"""Symmetric kernels of coupled channels, U_ab(r,r') = U_ba(r',r)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from hadronlab.errors import ConfigError
from hadronlab.models.potentials.coupled_local import channels_of, checked_orbital, rise
from hadronlab.models.potentials.potential import Potential, activation, floating


class KernelMatrix(Potential):
    """C(C+1)/2 kernels of one channel each: the upper triangle, the rows one after the other.

    Those of the diagonal are symmetric (SDNN, LowRank); those above it are not (Unrestricted, PairNetwork): U_12(r,r') is not
    U_12(r',r). orbital: l of each channel; U_ab begins like r^{l_a} r'^{l_b}.
    """

    def __init__(
        self, parts: Sequence[Potential], orbital: Sequence[int] | None = None, support: float = math.inf
    ) -> None:
        super().__init__(support)
        self.channels = self.sources_needed = channels_of(len(parts), "KernelMatrix")
        wrong = [part for part in parts if part.channels != 1 or part.has_local or not part.has_nonlocal]
        if wrong:
            raise ConfigError(
                f"KernelMatrix is made of kernels of one channel, got {type(wrong[0]).__name__}"
            )
        self.linear = all(part.linear for part in parts)
        self.parts: Iterable[Any] = nn.ModuleList(parts)
        self.orbital = checked_orbital(orbital, self.channels)

    def kernel(self, r: Tensor, rp: Tensor) -> Tensor:
        """(C, C, *r.shape), MeV fm⁻³."""
        return self._matrix(
            lambda part, swapped: part.kernel(rp, r) if swapped else part.kernel(r, rp), r, rp
        )

    def grid_kernel(self, rows: Tensor, r: Tensor) -> Tensor:
        """(C, C, n, N)."""
        return self._matrix(
            lambda part, swapped: part.grid_kernel(r, rows).mT if swapped else part.grid_kernel(rows, r),
            rows[:, None],
            r[None, :],
        )

    def _matrix(self, block: Callable[[Any, bool], Tensor], r: Tensor, rp: Tensor) -> Tensor:
        found: dict[tuple[int, int], Tensor] = {}
        i, j = torch.triu_indices(self.channels, self.channels).tolist()
        for a, b, part in zip(i, j, self.parts, strict=True):
            la, lb = self.orbital[a], self.orbital[b]
            found[a, b] = block(part, False) * (rise(r, la) * rise(rp, lb))
            if a != b:
                found[b, a] = block(part, True) * (rise(r, lb) * rise(rp, la))
        n = range(self.channels)
        return torch.stack([torch.stack([found[a, b] for b in n]) for a in n])


class Unrestricted(Potential):
    """U(r,r') = scale · Σ_ij c_ij v_i(r) v_j(r'), v_i = e^{−β_i r²}, with any c: a kernel between two channels. Linear in c.

    exponents: β_i, fm⁻². scale in MeV fm⁻³. Starts at zero.
    """

    linear = True

    def __init__(
        self,
        exponents: Sequence[float] = (0.5, 1.0, 2.0, 4.0, 8.0),
        scale: float = 1.0,
        dtype: str | torch.dtype = "float64",
    ) -> None:
        super().__init__()
        if not exponents or any(not b > 0 for b in exponents):
            raise ConfigError(f"exponents = {list(exponents)}: give at least one, all positive (fm⁻²)")
        kind, n = floating(dtype), len(exponents)
        self.scale = float(scale)
        self.beta = nn.Buffer(torch.tensor(list(exponents), dtype=kind))
        self.c = nn.Parameter(torch.zeros(n, n, dtype=kind))

    def gaussians(self, r: Tensor) -> Tensor:
        """v_i(r), shape (*r.shape, n)."""
        r = r.to(self.c.dtype)
        return torch.exp(-self.beta * (r * r)[..., None])

    def kernel(self, r: Tensor, rp: Tensor) -> Tensor:
        return self.scale * torch.einsum("...i,ij,...j->...", self.gaussians(r), self.c, self.gaussians(rp))

    def grid_kernel(self, rows: Tensor, r: Tensor) -> Tensor:
        return self.scale * self.gaussians(rows) @ self.c @ self.gaussians(r).mT


class PairNetwork(Potential):
    """U(r,r') = scale · network(r/length, r'/length): any smooth kernel between two channels.

    last_layer multiplies the initial last layer: 0.01 starts near U = 0.
    """

    def __init__(
        self,
        widths: Sequence[int] = (16, 12),
        hidden: str = "tanh",
        scale: float = 1.0,
        length: float = 1.0,
        last_layer: float = 1.0,
        dtype: str | torch.dtype = "float64",
    ) -> None:
        super().__init__()
        if not widths or any(int(n) < 1 for n in widths) or not length > 0:
            raise ConfigError(
                f"widths = {list(widths)}, length = {length}: need layers of a unit or more, and a length"
            )
        sizes, kind = (2, *widths, 1), floating(dtype)
        self.layers = nn.ModuleList(nn.Linear(a, b, dtype=kind) for a, b in pairwise(sizes))
        self.hidden, self.scale, self.length = activation(hidden), float(scale), float(length)
        with torch.no_grad():
            for parameter in self.layers[-1].parameters():
                parameter.mul_(last_layer)

    def kernel(self, r: Tensor, rp: Tensor) -> Tensor:
        *layers, last = self.layers
        x = torch.stack([r, rp], -1).to(next(self.parameters()).dtype) / self.length
        for layer in layers:
            x = self.hidden(layer(x))
        out: Tensor = self.scale * last(x).squeeze(-1)
        return out
