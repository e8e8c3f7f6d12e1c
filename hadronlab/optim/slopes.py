"""∂U(r_i, r_j)/∂θ and ∂V0(r_i)/∂θ of a potential, as a function of its flat parameters θ (P,)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, jacrev, vmap

from hadronlab.models.potentials.potential import Potential


class _Method(nn.Module):
    """One method of a model as a forward, which functional_call needs."""

    def __init__(self, model: Potential, name: str) -> None:
        super().__init__()
        self.model, self.name = model, name

    def forward(self, *arguments: Tensor) -> Tensor:
        return getattr(self.model, self.name)(*arguments)


class FlatPotential:
    """A potential as a function of θ (P,), its parameters one after the other."""

    def __init__(self, model: Potential) -> None:
        self.model = model
        self.names = [name for name, _ in model.named_parameters()]
        self.shapes = [p.shape for p in model.parameters()]
        self.sizes = [p.numel() for p in model.parameters()]
        self.size = sum(self.sizes)
        self._methods = {name: _Method(model, name) for name in ("on_grid", "local", "features", "readout")}
        # of an additive potential: the parameters that it depends on other than through its features
        self.beside_features = self._beside_features() if model.additive else []

    def named(self, theta: Tensor) -> dict[str, Tensor]:
        """The parameters of θ by their names in the model."""
        parts = zip(self.names, theta.split(self.sizes), self.shapes, strict=True)
        return {name: value.view(shape) for name, value, shape in parts}

    def call(self, method: str, parameters: dict[str, Tensor], *arguments: Tensor) -> Tensor:
        """A method of the model with other parameters than its own."""
        return functional_call(
            self._methods[method], {"model." + k: v for k, v in parameters.items()}, arguments
        )

    def __call__(self, theta: Tensor, rows: Tensor, r: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """U (n, M) on rows (n,) × r (M,) and V0 (n,), at θ."""
        parameters, model = self.named(theta), self.model
        U = self.call("on_grid", parameters, rows, r) if model.has_nonlocal else None
        return U, self.call("local", parameters, rows) if model.has_local else None

    def features(self, theta: Tensor, r: Tensor) -> tuple[Tensor, Tensor]:
        """h (M, m) and ∂h/∂θ (M, m, P), h the features of an additive potential on radii r (M,)."""

        def features(parameters: dict[str, Tensor], a: Tensor) -> Tensor:
            return self.call("features", parameters, a)

        parameters = self.named(theta)
        h = features(parameters, r)
        return h, self.flat(vmap(jacrev(features), (None, 0))(parameters, r), *h.shape)

    def flat(self, slopes: dict[str, Tensor], *shape: int) -> Tensor:
        """Derivatives by name as one tensor (*shape, P)."""
        if not self.names:
            return torch.zeros(*shape, 0, dtype=torch.float64)
        return torch.cat([slopes[name].reshape(*shape, -1) for name in self.names], -1)

    def _beside_features(self) -> list[str]:
        model, parameters = self.model, list(self.model.parameters())
        with torch.enable_grad():
            r = parameters[0].new_ones(1)
            out = model.readout(model.features(r).detach().requires_grad_()).sum()
            out = out + model.local(r).sum() if model.has_local else out
            slopes = torch.autograd.grad(out, parameters, allow_unused=True)
        return [name for name, slope in zip(self.names, slopes, strict=True) if slope is not None]


@dataclass(frozen=True)
class Slopes:
    """∂U and ∂V0 at θ on radii r (M,) within the support, in coordinates: along the columns of `basis` (P, k), or of θ.

    An additive potential's features are differentiated once a radius, only its small readout once a pair.
    """

    flat: FlatPotential
    theta: Tensor
    r: Tensor
    basis: Tensor | None = None
    features: tuple[Tensor, Tensor] | None = None  # h (M, m) and ∂h (M, m, k) of an additive potential

    @classmethod
    def at(cls, flat: FlatPotential, theta: Tensor, r: Tensor, basis: Tensor | None = None) -> Slopes:
        """The features are differentiated here, once for all pairs."""
        if not flat.model.additive:
            return cls(flat, theta, r, basis)
        h, dh = flat.features(theta, r)
        return cls(flat, theta, r, basis, (h, dh if basis is None else dh @ basis))

    @property
    def width(self) -> int:
        """The number k of coordinates."""
        return self.flat.size if self.basis is None else self.basis.shape[1]

    def pairs(self, i: Tensor, j: slice) -> Tensor:
        """∂U(r_i, r_j), ([C, C,] n, M', k), for indices i (n,) and a slice j of the radii."""
        if self.features is not None:
            return self._additive_pairs(i, j, *self.features)

        def kernel(parameters: dict[str, Tensor], a: Tensor, b: Tensor) -> Tensor:
            return functional_call(self.flat.model, parameters, (a, b))

        a, b = torch.broadcast_tensors(self.r[i][:, None], self.r[j][None, :])
        slopes = vmap(self._gradient(kernel), (None, 0, 0))(
            self.flat.named(self.theta), a.reshape(-1), b.reshape(-1)
        )
        return self._in_basis(self._channels_first(slopes, *a.shape))

    def local(self, rows: Tensor) -> Tensor:
        """∂V0(rows_i), ([C, C,] n, k)."""

        def local(parameters: dict[str, Tensor], a: Tensor) -> Tensor:
            return self.flat.call("local", parameters, a)

        slopes = vmap(self._gradient(local), (None, 0))(self.flat.named(self.theta), rows)
        return self._in_basis(self._channels_first(slopes, len(rows)))

    def _gradient(self, function: Callable[..., Tensor]) -> Callable[..., dict[str, Tensor]]:
        """Of a number, or of each of the C × C numbers of coupled channels."""
        return grad(function) if self.flat.model.channels == 1 else jacrev(function)

    def _channels_first(self, slopes: dict[str, Tensor], *shape: int) -> Tensor:
        """Derivatives by name as one tensor (*shape, P), or (C, C, *shape, P)."""
        C = self.flat.model.channels
        if C == 1:
            return self.flat.flat(slopes, *shape)
        return self.flat.flat(slopes, *shape, C, C).movedim((-3, -2), (0, 1))

    def _in_basis(self, slopes: Tensor) -> Tensor:
        return slopes if self.basis is None else slopes @ self.basis

    def _additive_pairs(self, i: Tensor, j: slice, h: Tensor, dh: Tensor) -> Tensor:
        """∂U = g'(h_i + h_j)·(∂h_i + ∂h_j) + ∂g."""
        flat, parameters = self.flat, self.flat.named(self.theta)

        def readout(parameters: dict[str, Tensor], x: Tensor) -> Tensor:
            return flat.call("readout", parameters, x)

        head = {name: parameters[name] for name in flat.beside_features}
        x = (h[i][:, None] + h[j][None, :]).flatten(0, 1)
        slopes, outer = vmap(grad(readout, (0, 1)), (None, 0))(head, x)
        outer = outer.view(len(i), -1, h.shape[1])
        dU = outer @ dh[i]
        dU += torch.einsum("ijf,jfp->ijp", outer, dh[j])
        start = 0
        for name, count in zip(flat.names, flat.sizes, strict=True):
            if name in slopes:
                own = slopes[name].reshape(*outer.shape[:2], count)
                if self.basis is None:
                    dU[..., start : start + count] += own
                else:
                    dU += own @ self.basis[start : start + count]
            start += count
        cut = flat.model.envelope(self.r)
        return dU.mul_(cut[i][:, None, None] * cut[j][:, None]) if bool((cut != 1).any()) else dU
