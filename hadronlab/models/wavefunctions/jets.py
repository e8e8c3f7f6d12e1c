"""Jets: a value, its D directional derivatives and its Laplacian, carried together through a network.

A jet is one buffer (..., D + 2, batch): slot 0 the value, slots 1 ... D the derivatives along D directions,
the last slot the Laplacian. A linear map acts on all slots alike, so a layer is one matrix product; only
the elementwise functions mix slots. This is the forward Laplacian: no second backward pass, no Hessian, and
memory for one layer at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

Derivatives = tuple[Tensor, Tensor, Tensor]
"""An elementwise function at a point: f, f', f''."""


def compose_(jet: Tensor, derivatives: Derivatives) -> Tensor:
    """Replace the jet of x by the jet of f(x), in place.

    Args:
        jet: (..., D + 2, batch), overwritten.
        derivatives: f, f', f'' at the value of the jet, each (..., batch).
    """
    value, slope, curvature = derivatives
    gradient, laplacian = jet[..., 1:-1, :], jet[..., -1, :]
    laplacian.mul_(slope).addcmul_(curvature, gradient.square().sum(-2))  # Δf(x) = f' Δx + f'' |∇x|²
    gradient.mul_(slope.unsqueeze(-2))
    jet[..., 0, :] = value
    return jet


def laplacian_of_product(log_factor: Tensor, factor: Tensor) -> Tensor:
    """Δ(e^u y) / e^u = Δy + 2 ∇u·∇y + (Δu + |∇u|²) y for the jets of u and y, both (..., D + 2, batch)."""
    gradient_u, gradient_y = log_factor[..., 1:-1, :], factor[..., 1:-1, :]
    cross = (gradient_u * gradient_y).sum(-2)
    log_laplacian = gradient_u.square().sum(-2).add_(log_factor[..., -1, :])
    return torch.addcmul(factor[..., -1, :], log_laplacian, factor[..., 0, :]).add_(cross, alpha=2.0)


def _tanh(z: Tensor) -> Derivatives:
    a = torch.tanh(z)
    slope = torch.addcmul(a.new_ones(()), a, a, value=-1.0)
    return a, slope, (a * slope).mul_(-2.0)


def _silu(z: Tensor) -> Derivatives:
    s = torch.sigmoid(z)
    slope = s * (1 + z * (1 - s))
    return z * s, slope, s * (1 - s) * (2 + z * (1 - 2 * s))


def _sine(z: Tensor) -> Derivatives:
    a = torch.sin(z)
    return a, torch.cos(z), -a


ACTIVATIONS: dict[str, tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Derivatives]]] = {
    "tanh": (torch.tanh_, _tanh),
    "silu": (partial(nn.functional.silu, inplace=True), _silu),
    "sine": (torch.sin_, _sine),
}
"""Smooth activations: the function alone and in place, for sampling, and with its two derivatives, for energies."""


def _linear(t: Tensor) -> Derivatives:
    return t, torch.ones_like(t), torch.zeros_like(t)


def _saturating(t: Tensor) -> Derivatives:
    w = 1 / (1 + t)
    return 2 * t * w, 2 * w * w, -4 * w * w * w


def _logarithm(t: Tensor) -> Derivatives:
    w = 1 / (1 + t)
    return torch.log1p(t), w, -w * w


def _gaussian(t: Tensor) -> Derivatives:
    g = torch.exp(-t * t)
    return g, -2 * t * g, (4 * t * t - 2) * g


def _smooth(t: Tensor) -> Derivatives:
    """√(1 + t²): linear far away, of zero slope at contact, where it leaves the cusp to the envelope."""
    root = torch.sqrt(1 + t * t)
    return root, t / root, root**-3


def _lorentzian(t: Tensor) -> Derivatives:
    w = 1 / (1 + t * t)
    return w, -2 * t * w * w, (6 * t * t - 2) * w**3


FEATURES: dict[str, Callable[[Tensor], Derivatives]] = {
    "linear": _linear,
    "saturating": _saturating,
    "logarithm": _logarithm,
    "gaussian": _gaussian,
    "smooth": _smooth,
    "lorentzian": _lorentzian,
}
"""Input features of a distance in units of its scale, t = r / s, with their first two derivatives."""
