"""A fully connected network with the three passes of variational Monte Carlo, evaluated on permuted copies
of its input.

    values       y(x)
    jets         y, ∂_d y and Δy, the forward Laplacian
    backward     Σ_o c_o ∂y_o/∂θ sample by sample (rows of the Jacobian) or summed over the samples

Arrays are feature-major, (features, batch): the batch is the contiguous axis. Permuting (and reflecting)
the particles permutes (and reflects) the input features, so a copy of the network at a permuted point is
the same network with the columns of its first weight permuted: all copies share one matrix product.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from hadronlab.errors import ConfigError
from hadronlab.models.jets import ACTIVATIONS, compose_


class DenseNetwork(nn.Module):
    """y = W_L a(… a(W_1 x + b_1) …) + b_L   [DeepQuark, Eq. 5], on C signed permutations of x.

    Args:
        n_in: input features.
        widths: nodes of the hidden layers.
        n_out: outputs.
        order: (C, n_in), feature k of copy c is sign[c, k] · x[order[c, k]].
        sign: (C, n_in), ±1; None for +1.
        n_labels: further inputs that no permutation touches (one-hot vectors), appended to the features.
        activation: a key of `jets.ACTIVATIONS`.
    """

    order: Tensor
    sign: Tensor
    inverse_order: Tensor

    def __init__(
        self,
        n_in: int,
        widths: Sequence[int],
        n_out: int,
        order: Tensor | None = None,
        sign: Tensor | None = None,
        n_labels: int = 0,
        activation: str = "tanh",
    ):
        super().__init__()
        if activation not in ACTIVATIONS:
            raise ConfigError(
                f"model.activation={activation!r} is unknown: choose one of {', '.join(ACTIVATIONS)}"
            )
        if not widths or min(widths) < 1:
            raise ConfigError(
                f"model.widths={list(widths)} must name one hidden layer or more, each of one node or more"
            )
        self.activate, self.differentiate = ACTIVATIONS[activation]
        sizes = [n_in + n_labels, *widths, n_out]
        self.n_in = n_in
        self.weights = nn.ParameterList()
        self.biases = nn.ParameterList()
        for fan_in, fan_out in pairwise(sizes):
            scale = (2.0 / (fan_in + fan_out)) ** 0.5
            self.weights.append(nn.Parameter(torch.randn(fan_out, fan_in, dtype=torch.float64) * scale))
            self.biases.append(nn.Parameter(torch.zeros(fan_out, dtype=torch.float64)))
        order = torch.arange(n_in)[None] if order is None else order
        sign = torch.ones(order.shape, dtype=torch.float64) if sign is None else sign
        inverse = order.argsort(1)
        self.register_buffer("order", order, persistent=False)
        self.register_buffer("sign", sign, persistent=False)
        self.register_buffer("inverse_order", inverse, persistent=False)

    @property
    def n_copies(self) -> int:
        return len(self.order)

    def _layers(self, dtype: torch.dtype) -> list[tuple[Tensor, Tensor]]:
        """Weights and biases (n, 1) in the dtype of the pass."""
        return [(w.to(dtype), b.to(dtype)[:, None]) for w, b in zip(self.weights, self.biases, strict=True)]

    def _first(self, x: Tensor) -> Tensor:
        """W_1 x for every copy: x (n_in, columns) -> (C, width, columns)."""
        weight = self.weights[0][:, : self.n_in].to(x.dtype)
        folded = (weight * self.sign.to(x.dtype)[:, None]).gather(
            2, self.inverse_order[:, None].expand(-1, len(weight), -1)
        )
        return (folded.reshape(-1, self.n_in) @ x).view(self.n_copies, -1, x.shape[1])

    def _label_bias(self, labels: Tensor | None, dtype: torch.dtype) -> Tensor:
        """b_1 plus the labels' share: labels (M, n_labels, 1 or batch) -> (M, 1, width, 1 or batch)."""
        bias = self.biases[0].to(dtype)[None, :, None]
        if labels is not None:
            bias = bias + self.weights[0][:, self.n_in :].to(dtype) @ labels.to(dtype)
        return bias[:, None]

    def values(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Outputs (M, C, n_out, batch) at x (n_in, batch), for M label vectors (M = 1 without labels)."""
        a = self.activate(self._first(x) + self._label_bias(labels, x.dtype))
        for weight, bias in self._layers(x.dtype)[1:-1]:
            a = self.activate((weight @ a).add_(bias))
        weight, bias = self._layers(x.dtype)[-1]
        return (weight @ a).add_(bias)

    def jets(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Jets of the outputs, (M, C, n_out, D + 2, batch), from those of the inputs (n_in, D + 2, batch)."""
        slots, batch = x.shape[1:]
        z = self._first(x.reshape(self.n_in, -1)).view(1, self.n_copies, -1, slots, batch)
        bias = self._label_bias(labels, x.dtype)
        if len(bias) > 1:
            z = z.repeat(len(bias), 1, 1, 1, 1)
        z[..., 0, :] += bias
        for weight, bias in self._layers(x.dtype)[1:]:
            compose_(z, self.differentiate(z[..., 0, :]))
            z = (weight @ z.flatten(-2)).unflatten(-1, (slots, batch))
            z[..., 0, :] += bias
        return z

    def backward(self, x: Tensor, labels: Tensor | None, cotangent: Tensor, out: Tensor) -> None:
        """Add Σ_{m,c,o} cotangent · ∂y/∂θ to `out`, the parameters in the order of `parameters()`.

        Args:
            x: (n_in, batch).
            labels: (M, n_labels, 1 or batch) or None.
            cotangent: (M, C, n_out, R, batch), R rows a sample.
            out: (P, R, batch) for the rows of every sample, or (P,) for their sum.
        """
        batch = x.shape[1]
        per_sample = out.dim() == 3
        permuted = x[self.order] * self.sign.to(x.dtype)[:, :, None]
        activations, slopes = [permuted[None].expand(len(cotangent), -1, -1, -1)], []
        if labels is not None:
            shape = (-1, self.n_copies, -1, batch)
            activations[0] = torch.cat([activations[0], labels[:, None].to(x.dtype).expand(shape)], 2)
        a, slope, _ = self.differentiate(self._first(x) + self._label_bias(labels, x.dtype))
        for weight, bias in self._layers(x.dtype)[1:-1]:
            activations.append(a)
            slopes.append(slope)
            a, slope, _ = self.differentiate((weight @ a).add_(bias))
        activations.append(a)
        slopes.append(slope)

        n_layers = len(self.weights)
        weight_slots = out.split([p.numel() for p in (*self.weights, *self.biases)])
        delta = cotangent  # (M, C, n, R, batch)
        for layer in range(n_layers - 1, -1, -1):
            weight, a = self.weights[layer].to(x.dtype), activations[layer]
            weight_out, bias_out = weight_slots[layer], weight_slots[n_layers + layer]
            if per_sample:
                rows = weight_out.view(*weight.shape, *out.shape[1:])
                for d, b in zip(delta.flatten(0, 1), a.flatten(0, 1), strict=True):
                    rows.addcmul_(d[:, None], b[None, :, None])
                bias_out += delta.sum((0, 1))
            else:
                summed = delta.sum(3).transpose(-1, -2)
                weight_out.view(weight.shape).add_((a @ summed).sum((0, 1)).T)
                bias_out += delta.sum((0, 1, 3, 4))
            if layer:
                delta = (weight.T @ delta.flatten(-2)).unflatten(-1, delta.shape[-2:])
                delta.mul_(slopes[layer - 1].unsqueeze(-2))
