"""The residuals of all losses as one function of flat parameters θ, and its normal equations JᵀJ, Jᵀe.

The residuals are linear in U and V0, so ∂e/∂θ is the loss's linear map applied to ∂U(r_i,r_j)/∂θ. These pair
Jacobians are made once a row chunk, shared by every wave and every resampling bin, and never stored whole.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, jacrev, vmap

from hadronlab.losses.loss import Loss
from hadronlab.models.potentials.potential import Potential


class _Method(nn.Module):
    """One method of a model as a forward, which functional_call needs."""

    def __init__(self, model: Potential, name: str) -> None:
        super().__init__()
        self.model, self.name = model, name

    def forward(self, *arguments: Tensor) -> Tensor:
        return getattr(self.model, self.name)(*arguments)


class LeastSquares:
    """L(θ) = Σ e(θ)², e the weighted residuals of `losses` at the potential `model` with parameters θ (P,).

    memory: bytes that one chunk of pair Jacobians may take; losses that couple the rows take what they need.
    """

    def __init__(self, model: Potential, losses: Mapping[str, Loss], memory: int = 64 * 2**20) -> None:
        self.model, self.losses, self.memory = model, dict(losses), memory
        self.names = [name for name, _ in model.named_parameters()]
        self.shapes = [p.shape for p in model.parameters()]
        self.sizes = [p.numel() for p in model.parameters()]
        self.size = sum(self.sizes)
        self.r = next(iter(self.losses.values())).data.r
        # radii where U ends: the columns beyond cost nothing
        self.count = int((self.r <= model.support).sum())
        self._methods = {name: _Method(model, name) for name in ("on_grid", "local", "features", "readout")}
        self._readout_names = self._used_by_readout() if model.additive else []

    def theta(self) -> Tensor:
        """The model's parameters, flat (P,), detached, in the precision of the data: normal equations need it."""
        return torch.cat([p.detach().reshape(-1) for p in self.model.parameters()]).to(self.r)

    def assign(self, theta: Tensor) -> None:
        """Put θ (P,) into the model."""
        with torch.no_grad():
            for p, value in zip(self.model.parameters(), theta.split(self.sizes), strict=True):
                p.copy_(value.view_as(p))

    def residual(self, theta: Tensor, bin: int = 0) -> Tensor:
        """e(θ), the weighted residuals of all losses (R,), differentiable in θ."""
        rows = {name: loss.rows() for name, loss in self.losses.items()}
        union = torch.unique(torch.cat(list(rows.values())))
        U, V = self.potential(theta, self.r[union])
        parts = []
        for name, loss in self.losses.items():
            at = (
                slice(None)
                if len(rows[name]) == len(union)
                else torch.searchsorted(union, rows[name].contiguous())
            )
            e = loss.residual(None if U is None else U[at], None if V is None else V[at], rows[name], bin)
            parts.append(math.sqrt(loss.weight) * e.reshape(-1))
        return torch.cat(parts)

    def loss(self, theta: Tensor, bin: int = 0) -> Tensor:
        """L(θ), a scalar, differentiable in θ."""
        return self.residual(theta, bin).square().sum()

    def gradient(self, theta: Tensor, bin: int = 0) -> tuple[Tensor, Tensor]:
        """F = Jᵀe = ½ ∂L/∂θ (P,) by one backward pass, and L."""
        leaf = theta.clone().requires_grad_()
        loss = self.loss(leaf, bin)
        (slope,) = torch.autograd.grad(loss, leaf)
        return 0.5 * slope, loss.detach()

    def normal(self, theta: Tensor, bins: Sequence[int] = (0,)) -> tuple[Tensor, Tensor, Tensor]:
        """G = JᵀJ (B, P, P), F = Jᵀe (B, P) and L (B,) of every bin in `bins`, all with ∂U/∂θ at the same θ."""
        gram = theta.new_zeros(len(bins), self.size, self.size)
        force, loss = theta.new_zeros(len(bins), self.size), theta.new_zeros(len(bins))
        for b, (J, e) in self._blocks(theta, bins):
            gram[b] += J.T @ J
            force[b] += J.T @ e
            loss[b] += e @ e
        return gram, force, loss

    def jacobian(self, theta: Tensor, bin: int = 0) -> tuple[Tensor, Tensor]:
        """J (R, P) and e (R,) of one bin, whole: for few residuals."""
        blocks = [block for _, block in self._blocks(theta, (bin,))]
        return torch.cat([J for J, _ in blocks]), torch.cat([e for _, e in blocks])

    def potential(self, theta: Tensor, rows: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """U (n, M) on rows × the radii where it lives, and V0 (n,), at θ."""
        parameters = self._parameters(theta)
        U = self._call("on_grid", parameters, rows, self.r[: self.count]) if self.model.has_nonlocal else None
        return U, self._call("local", parameters, rows) if self.model.has_local else None

    def pairs(self, theta: Tensor, i: Tensor, j: slice, inner: tuple[Tensor, Tensor] | None = None) -> Tensor:
        """∂U(r_i, r_j)/∂θ, shape (n, M, P), for indices i (n,) and a slice j of the radii within the support.

        inner: what `inner(theta)` gave, to share it between calls.
        """
        parameters, model = self._parameters(theta), self.model
        if model.additive:
            return self._additive_pairs(parameters, i, j, self.inner(theta) if inner is None else inner)

        def kernel(parameters: dict[str, Tensor], a: Tensor, b: Tensor) -> Tensor:
            return functional_call(model, parameters, (a, b))

        a, b = torch.broadcast_tensors(self.r[i][:, None], self.r[j][None, :])
        slopes = vmap(grad(kernel), (None, 0, 0))(parameters, a.reshape(-1), b.reshape(-1))
        return self._flat(slopes, a.numel()).view(*a.shape, -1)

    def inner(self, theta: Tensor) -> tuple[Tensor, Tensor]:
        """h (M, m) and ∂h/∂θ (M, m, P), h the features of an additive potential on the radii of its support."""

        def features(parameters: dict[str, Tensor], a: Tensor) -> Tensor:
            return self._call("features", parameters, a)

        parameters, r = self._parameters(theta), self.r[: self.count]
        h = features(parameters, r)
        return h, self._flat(vmap(jacrev(features), (None, 0))(parameters, r), *h.shape)

    def _additive_pairs(
        self, parameters: dict[str, Tensor], i: Tensor, j: slice, inner: tuple[Tensor, Tensor]
    ) -> Tensor:
        """∂U = g'(h_i + h_j)·(∂h_i + ∂h_j) + ∂g: ∂h once a radius, only the small readout once a pair."""

        def readout(parameters: dict[str, Tensor], x: Tensor) -> Tensor:
            return self._call("readout", parameters, x)

        (h, dh), head = inner, {name: parameters[name] for name in self._readout_names}
        x = (h[i][:, None] + h[j][None, :]).flatten(0, 1)
        slopes, outer = vmap(grad(readout, (0, 1)), (None, 0))(head, x)
        outer = outer.view(len(i), -1, h.shape[1])
        dU = outer @ dh[i]
        dU += torch.einsum("ijf,jfp->ijp", outer, dh[j])
        start = 0
        for name, count in zip(self.names, self.sizes, strict=True):
            if name in slopes:
                dU[..., start : start + count] += slopes[name].reshape(*outer.shape[:2], count)
            start += count
        cut = self.model.envelope(self.r[: self.count])
        return dU.mul_(cut[i][:, None, None] * cut[j][:, None]) if bool((cut != 1).any()) else dU

    def radii(self, theta: Tensor, rows: Tensor) -> Tensor:
        """∂V0(rows_i)/∂θ, shape (n, P)."""

        def local(parameters: dict[str, Tensor], a: Tensor) -> Tensor:
            return self._call("local", parameters, a)

        return self._flat(vmap(grad(local), (None, 0))(self._parameters(theta), rows), len(rows))

    def _used_by_readout(self) -> list[str]:
        with torch.enable_grad():
            out = self.model.readout(self.model.features(self.r[:1]).detach().requires_grad_())
            slopes = torch.autograd.grad(out.sum(), list(self.model.parameters()), allow_unused=True)
        return [name for name, slope in zip(self.names, slopes, strict=True) if slope is not None]

    def _call(self, method: str, parameters: dict[str, Tensor], *arguments: Tensor) -> Tensor:
        named = {"model." + name: value for name, value in parameters.items()}
        return functional_call(self._methods[method], named, arguments)

    def _flat(self, slopes: dict[str, Tensor], *shape: int) -> Tensor:
        return torch.cat([slopes[name].reshape(*shape, -1) for name in self.names], -1)

    def _parameters(self, theta: Tensor) -> dict[str, Tensor]:
        parts = zip(self.names, theta.split(self.sizes), self.shapes, strict=True)
        return {name: value.view(shape) for name, value, shape in parts}

    def _blocks(self, theta: Tensor, bins: Sequence[int]) -> Iterator[tuple[int, tuple[Tensor, Tensor]]]:
        """(position in bins, (J (R, P), e (R,))) of every loss and row chunk."""
        bytes_a_row = 3 * 8 * self.size * max(self.count, 1)
        chunk = max(1, self.memory // bytes_a_row)
        with torch.no_grad():
            inner = self.inner(theta) if self.model.additive else None
            for loss in self.losses.values():
                if not loss.weight:
                    continue
                factor, columns = math.sqrt(loss.weight), loss.columns(self.count)
                width = len(self.r[columns])
                for rows in loss.rows().split(len(loss.rows()) if loss.coupled else chunk):
                    here, dU, dV = self.r[rows], None, None
                    U, V = self.potential(theta, here)
                    if U is not None:
                        inside = int((here <= self.model.support).sum())  # rows increase: the rest has U = 0
                        dU = theta.new_zeros(len(rows), width, self.size)
                        if inside:
                            dU[:inside] = self.pairs(theta, rows[:inside], columns, inner)
                    if V is not None:
                        dV = self.radii(theta, here)
                    for position, bin in enumerate(bins):
                        J = loss.jacobian(dU, dV, rows, bin).reshape(-1, self.size)
                        e = loss.residual(U, V, rows, bin).reshape(-1)
                        yield position, (factor * J, factor * e)
