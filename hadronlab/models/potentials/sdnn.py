"""Symmetric deep neural networks, U(r,r') = scale · g(f(r) + f(r')), and the four choices made of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from hadronlab.errors import ConfigError
from hadronlab.models.potentials.potential import Potential, activation, floating


class SDNN(Potential):
    """U(r,r') = scale · output(g(f(r) + f(r'))).   [Wang, Sec. 3, Fig. 1]

    `widths` are the layers of f after its one input, each followed by `hidden`; `head` the hidden layers of
    g, each followed by `hidden`; then one linear unit and `output`. With no head the network is additive before
    `output`: fast, but unable to stand for a near-diagonal kernel. `merge`, the first linear map of g, acts
    before the sum, W(f + f') + b = (W f + b/2) + (W f' + b/2): features are computed once a radius.

    scale: MeV fm⁻³ (the ω of U = ω U_θ). length: the radius (fm) that the input is divided by.
    """

    additive = True

    def __init__(
        self,
        widths: Sequence[int] = (64, 16),
        head: Sequence[int] = (),
        hidden: str = "leaky_relu",
        output: str = "softplus",
        scale: float = 1.0,
        length: float = 1.0,
        support: float = math.inf,
        dtype: str | torch.dtype = "float64",
    ) -> None:
        super().__init__(support)
        if not widths or any(int(n) < 1 for n in (*widths, *head)):
            raise ConfigError(
                f"widths = {list(widths)}, head = {list(head)}: every layer needs at least one unit"
            )
        if not length > 0:
            raise ConfigError(f"length = {length} fm: the unit of r must be positive")
        self.scale, self.length = float(scale), float(length)
        self.hidden, self.output = activation(hidden), activation(output)
        kind, sizes, tail = floating(dtype), (1, *widths), (*head, 1)
        self.f = nn.ModuleList(nn.Linear(a, b, dtype=kind) for a, b in pairwise(sizes))
        self.merge = nn.Linear(sizes[-1], tail[0], dtype=kind)
        self.g = nn.ModuleList(nn.Linear(a, b, dtype=kind) for a, b in pairwise(tail))

    def features(self, r: Tensor) -> Tensor:
        """Half of the input of g's first activation, shape (*r.shape, width)."""
        x = (r.to(self.merge.weight.dtype) / self.length)[..., None]
        for layer in self.f:
            x = self.hidden(layer(x))
        return nn.functional.linear(x, self.merge.weight, 0.5 * self.merge.bias)

    def readout(self, x: Tensor) -> Tensor:
        """The rest of g on the summed features."""
        for layer in self.g:
            x = layer(self.hidden(x))
        return self.scale * self.output(x.squeeze(-1))

    def kernel(self, r: Tensor, rp: Tensor) -> Tensor:
        return self.readout(self.features(r) + self.features(rp))

    def grid_kernel(self, rows: Tensor, r: Tensor) -> Tensor:
        return self.readout(self.features(rows)[:, None] + self.features(r)[None, :])


def sdnn(scale: float = 1.0, length: float = 1.0, support: float = math.inf, dtype: str = "float64") -> SDNN:
    """The paper's network of the separable case: 1185 parameters.   [Wang, Sec. 4.1]"""
    return SDNN((64, 16), (), "leaky_relu", "softplus", scale, length, support, dtype)


def sdnn_deep(
    scale: float = 1.0, length: float = 1.0, support: float = math.inf, dtype: str = "float64"
) -> SDNN:
    """The paper's Ω_ccc–Ω_ccc network, ELU output: 21377 parameters.   [Wang, Sec. 4.2]"""
    return SDNN((32, 64, 128, 64, 32, 16), (), "leaky_relu", "elu", scale, length, support, dtype)


def sdnn_uniform(
    depth: int = 3,
    width: int = 32,
    hidden: str = "leaky_relu",
    output: str = "elu",
    scale: float = 1.0,
    length: float = 1.0,
    support: float = math.inf,
    dtype: str = "float64",
) -> SDNN:
    """`depth` layers of `width` units in f: two numbers to sweep over."""
    if depth < 1:
        raise ConfigError(f"depth = {depth}: the network needs at least one layer")
    return SDNN((width,) * depth, (), hidden, output, scale, length, support, dtype)


def sdnn_joint(
    widths: Sequence[int] = (24, 16),
    head: Sequence[int] = (24,),
    hidden: str = "tanh",
    scale: float = 1.0,
    length: float = 1.0,
    support: float = math.inf,
    dtype: str = "float64",
    last_layer: float = 1.0,
    initial_scale: float = 1.0,
) -> SDNN:
    """g with hidden layers, smooth, signed: can stand for any symmetric kernel.

    `last_layer` multiplies the initial last layer: 0.01 starts near U = 0, beside a fitted V0. `initial_scale`
    multiplies all initial weights and biases: below 1 the network starts smoother, and stays so where the data are
    silent (r, r' → 0).
    """
    if not head:
        raise ConfigError("head = []: sdnn_joint needs a hidden layer after the sum (or choose sdnn)")
    model = SDNN(widths, head, hidden, "linear", scale, length, support, dtype)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(initial_scale)
        for parameter in model.g[-1].parameters():
            parameter.mul_(last_layer)
    return model
