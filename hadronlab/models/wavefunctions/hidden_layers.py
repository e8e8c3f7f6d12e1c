"""A dense network behind the products of its first layer: values, and jets, of many columns of first-layer products."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from hadronlab.models.wavefunctions.at_once import at_once

if TYPE_CHECKING:
    from hadronlab.models.wavefunctions.dense import DenseNetwork


class HiddenLayers:
    """The passes as torch does them, anywhere; `compiled.CompiledLayers` fuses them on a CPU.

    Args:
        network: whose weights are taken as they are now.
        dtype: of the passes.
    """

    def __init__(self, network: DenseNetwork, dtype: torch.dtype):
        _, *self.layers = network.layers(dtype)
        self.activate, self.differentiate = network.activate, network.differentiate

    def values(self, first: Tensor, bias: Tensor) -> Tensor:
        """Outputs (M, C, n_out, n) from the products of C copies, first (width, C, n), and bias (width, M, 1 or n)."""
        *hidden, (last, last_bias) = self.layers
        z = self.activate(first[:, None] + bias[:, :, None])  # (width, M, C, n)
        a = z.flatten(1)
        for weight, shift in hidden:
            a = self.activate(torch.addmm(shift, weight, a))  # Eq. (5)
        return torch.addmm(last_bias, last, a).view(-1, *z.shape[1:]).movedim(0, 2)

    def jets(self, value: Tensor, gradient: Tensor, laplacian: Tensor) -> Tensor:
        """Jets of the outputs, (C, n_out, D + 2, n).

        Args:
            value, laplacian: of the first layer's nodes before their activation, (C, width, n).
            gradient: the same, (C, width, D, n).
        """
        size = at_once(value, 1, (gradient.shape[2] + 2) * gradient.shape[3])  # copies
        parts = zip(*(x.split(size) for x in (value, gradient, laplacian)), strict=True)
        return torch.cat([self._jets(*part) for part in parts])

    def _jets(self, value: Tensor, gradient: Tensor, laplacian: Tensor) -> Tensor:
        for weight, bias in self.layers:
            weight, bias = (x.expand(len(value), -1, -1) for x in (weight, bias))
            a, slope, curvature = self.differentiate(value)
            laplacian = torch.addcmul(
                laplacian * slope, curvature, gradient.square().sum(2)
            )  # σ' Δx + σ'' |∇x|²
            gradient = gradient * slope[:, :, None]
            gradient = torch.bmm(weight, gradient.flatten(2)).unflatten(2, gradient.shape[2:])
            value, laplacian = torch.baddbmm(bias, weight, a), torch.bmm(weight, laplacian)
        return torch.cat([value[:, :, None], gradient, laplacian[:, :, None]], 2)
