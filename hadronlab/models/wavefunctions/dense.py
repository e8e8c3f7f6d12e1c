"""A fully connected network with the three passes of variational Monte Carlo, evaluated on permuted copies
of its input.

    values       y(x)
    jets         y, ∂_d y and Δy, the forward Laplacian
    backward     Σ_o c_o ∂y_o/∂θ sample by sample (rows of the Jacobian) or summed over the samples

Arrays are feature-major, (features, batch): the batch is the contiguous axis. Permuting (and reflecting)
the particles permutes (and reflects) the input features, so the copies of the network at the permuted
points are further columns of the batch, and a layer is one matrix product.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

import torch
from torch import Tensor, nn

from hadronlab.errors import ConfigError
from hadronlab.models.wavefunctions.at_once import at_once
from hadronlab.models.wavefunctions.compiled import hidden_layers
from hadronlab.models.wavefunctions.hidden_layers import HiddenLayers
from hadronlab.models.wavefunctions.jets import ACTIVATIONS

COLUMNS = 3000
"""Columns of a layer's matrix product that stay in the cache."""


def linear(weight: Tensor, x: Tensor) -> Tensor:
    """W x over the first axis of x."""
    return (weight @ x.flatten(1)).view(-1, *x.shape[1:])


class DenseNetwork(nn.Module):
    """y = W_L a(… a(W_1 x + b_1) …) + b_L   [DeepQuark, Eq. 5], on C signed permutations of x.

    Args:
        n_in: input features.
        widths: nodes of the hidden layers.
        n_out: outputs.
        order: (C, n_in), feature k of copy c is sign[c, k] · x[order[c, k]].
        sign: (C, n_in), ±1; None for +1.
        n_labels: further inputs that no permutation touches (one-hot vectors), appended to the features.
        basis: (n_in + n_labels + 1, k), orthonormal, of what features, labels and 1 span together, if that is less than
        everything. Gradients are then made in tangent coordinates, where θ_1 = (W_1, b_1) is θ_1' basisᵀ.
        activation: a key of `jets.ACTIVATIONS`.
    """

    order: Tensor
    sign: Tensor
    inverse_order: Tensor
    inverse_sign: Tensor
    basis: Tensor | None

    def __init__(
        self,
        n_in: int,
        widths: Sequence[int],
        n_out: int,
        order: Tensor | None = None,
        sign: Tensor | None = None,
        n_labels: int = 0,
        basis: Tensor | None = None,
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
        self.activation = activation
        self._kept: dict[torch.dtype, tuple[Tensor, HiddenLayers]] | None = None
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
        self.reflects = bool((sign < 0).any())
        self.register_buffer("basis", basis, persistent=False)
        self.register_buffer("order", order, persistent=False)
        self.register_buffer("sign", sign, persistent=False)
        back = order.argsort(1)
        self.register_buffer("inverse_order", back, persistent=False)
        self.register_buffer("inverse_sign", sign.gather(1, back), persistent=False)

    @property
    def n_copies(self) -> int:
        return len(self.order)

    def layers(self, dtype: torch.dtype) -> list[tuple[Tensor, Tensor]]:
        """Weights and biases (n, 1) in the dtype of the pass."""
        return [(w.to(dtype), b.to(dtype)[:, None]) for w, b in zip(self.weights, self.biases, strict=True)]

    def first_layer(self, dtype: torch.dtype) -> Tensor:
        """W_1 of every copy, (width, C, n_in): the weights are permuted in place of the features."""
        weight = self.weights[0].to(dtype)
        return weight[:, self.inverse_order] * self.inverse_sign.to(dtype)

    @contextmanager
    def parameters_kept(self) -> Iterator[None]:
        """While the parameters stay as they are: what `values` makes of them is made once."""
        self._kept = {}
        try:
            yield
        finally:
            self._kept = None

    def _prepared(self, dtype: torch.dtype) -> tuple[Tensor, HiddenLayers]:
        """The first layer of every copy, and the layers behind it."""
        kept = {} if self._kept is None else self._kept
        if dtype not in kept:
            kept[dtype] = self.first_layer(dtype), hidden_layers(self, dtype)
        return kept[dtype]

    def label_bias(self, labels: Tensor | None, dtype: torch.dtype) -> Tensor:
        """b_1 plus the labels' share: labels (M, n_labels, 1 or batch) -> (width, M, 1 or batch)."""
        bias = self.biases[0].to(dtype)[:, None, None]
        if labels is None:
            return bias
        share = self.weights[0][:, self.n_in :].to(dtype) @ labels.to(dtype)
        # what is added to it takes its layout
        return bias + share.transpose(0, 1).contiguous()

    def values(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Outputs (M, C, n_out, batch) at x (n_in, batch), for M label vectors (M = 1 without labels)."""
        weights, layers = self._prepared(x.dtype)
        bias, found = self.label_bias(labels, x.dtype), []
        terms = x.shape[1] * bias.shape[1]  # columns of a copy
        for first in weights.split(at_once(x, max(1, COLUMNS // terms), terms), 1):
            found.append(layers.values(linear(first.flatten(0, 1), x).view(*first.shape[:2], -1), bias))
        return torch.cat(found, 1)

    def jets(self, x: Tensor, copies: slice = slice(None)) -> Tensor:
        """Jets of the outputs without labels, (C, n_out, D + 2, batch), from those of the inputs (n_in, D + 2, batch), for
        all or some of the copies."""
        first = self.first_layer(x.dtype)[:, copies]
        z = linear(first.flatten(0, 1), x).view(*first.shape[:2], *x.shape[1:]).transpose(0, 1)
        value = z[:, :, 0] + self.biases[0].to(x.dtype)[:, None]
        return hidden_layers(self, x.dtype).jets(value, z[:, :, 1:-1], z[:, :, -1])

    def backward(self, x: Tensor, labels: Tensor | None, cotangent: Tensor, out: Tensor) -> None:
        """Σ_{m,c,o} cotangent · ∂y_o/∂θ in tangent coordinates, which without `basis` are the `parameters()` in order.

        This pass is sample-major: the sum over copies of the outer products δ ⊗ activation is then one small
        matrix product a sample.

        Args:
            x: (n_in, batch).
            labels: (M, n_labels, 1 or batch) or None.
            cotangent: (M, C, n_out, R, batch), R rows a sample.
            out: (n_tangent, R, batch), to be overwritten with the rows of every sample, or (n_tangent,), to which
            their sum is added.
        """
        batch, n_terms = x.shape[1], cotangent.shape[0] * cotangent.shape[1]
        layers = list(zip(self.weights, self.biases, strict=True))
        layers = [(w.to(x.dtype), b.to(x.dtype)) for w, b in layers]
        a = self._samples(x, labels)  # (batch · M · C, n)
        if self.basis is not None:  # the bias becomes a part of the weights
            basis, (weight, bias) = self.basis.to(x.dtype), layers[0]
            a = torch.addmm(basis[-1], a, basis[:-1])
            layers[0] = torch.addmm(bias[:, None] * basis[-1], weight, basis[:-1]), torch.zeros_like(bias)
        activations, slopes = [a], []
        for weight, bias in layers[:-1]:
            a, slope, _ = self.differentiate(torch.addmm(bias, a, weight.T))
            activations.append(a)
            slopes.append(slope)

        slots = out.split(self.tangent_sizes)
        delta = cotangent.permute(4, 0, 1, 3, 2).flatten(1, 2)  # (batch, M · C, R, n)
        for layer in range(len(layers) - 1, -1, -1):
            weight, a = layers[layer][0], activations[layer]
            rows, n_out = delta.shape[2:]
            weight_out, bias_out = slots[layer], slots[len(layers) + layer]
            if out.dim() == 3:
                flat = delta.reshape(batch, n_terms, -1)
                products = flat.transpose(1, 2) @ a.view(batch, n_terms, -1)  # (batch, R · n, n_in)
                weight_out.copy_(products.view(batch, rows, -1).permute(2, 1, 0))
                if len(bias_out):
                    bias_out.copy_(delta.sum(1).permute(2, 1, 0))
            else:
                summed = delta.sum(2).view(-1, n_out)
                weight_out += (summed.T @ a).flatten()
                if len(bias_out):
                    bias_out += summed.sum(0)
            if layer:
                delta = (delta.reshape(-1, n_out) @ weight).view(batch, n_terms, rows, -1)
                delta *= slopes[layer - 1].view(batch, n_terms, 1, -1)

    @property
    def tangent_sizes(self) -> list[int]:
        """Of the weights of all layers, and then of the biases."""
        sizes = [p.numel() for p in (*self.weights, *self.biases)]
        if self.basis is not None:
            sizes[0], sizes[len(self.weights)] = len(self.biases[0]) * self.basis.shape[1], 0
        return sizes

    def from_tangent(self, vector: Tensor) -> Tensor:
        """(P, ...) in the order of `parameters()`, from (n_tangent, ...)."""
        if self.basis is None:
            return vector
        sizes, n = self.tangent_sizes, len(self.weights)
        first, middle, last = vector.split([sizes[0], sum(sizes[1:n]), sum(sizes[n:])])
        of_nodes = first.unflatten(0, (len(self.biases[0]), -1))
        first = torch.einsum("wk...,ik->wi...", of_nodes, self.basis.to(vector.dtype))
        return torch.cat([first[:, :-1].flatten(0, 1), middle, first[:, -1], last])

    def to_tangent(self, vector: Tensor) -> Tensor:
        """The transpose of `from_tangent`: (n_tangent,) from (P,)."""
        if self.basis is None:
            return vector
        weight, bias = self.weights[0], self.biases[0]
        middle = sum(self.tangent_sizes[1 : len(self.weights)])
        first, middle, shift, last = vector.split(
            [weight.numel(), middle, len(bias), len(vector) - weight.numel() - middle - len(bias)]
        )
        first = torch.cat([first.view(weight.shape), shift[:, None]], 1) @ self.basis.to(vector.dtype)
        return torch.cat([first.flatten(), middle, last])

    def _samples(self, x: Tensor, labels: Tensor | None) -> Tensor:
        """Inputs of every label vector and copy, sample-major, (batch · M · C, n_in + n_labels)."""
        copies = x.T[:, self.order]  # (batch, C, n_in)
        if self.reflects:
            copies = copies * self.sign.to(x.dtype)
        if labels is None:
            return copies.flatten(0, 1)
        columns = labels.to(x.dtype).permute(2, 0, 1)[:, :, None]  # (1 or batch, M, 1, n_labels)
        shape = (len(copies), columns.shape[1], self.n_copies, -1)
        return torch.cat([copies[:, None].expand(shape), columns.expand(shape)], -1).flatten(0, 2)
