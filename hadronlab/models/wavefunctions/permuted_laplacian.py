"""The forward Laplacian of the permuted copies of a network of coordinates and distances.

The first layer's gradients are mostly constants, and of the last one only one combination is needed.
"""

from __future__ import annotations

import torch
from torch import Tensor

from hadronlab.models.wavefunctions.cartesian import CartesianInputs, CartesianJets
from hadronlab.models.wavefunctions.compiled import hidden_layers
from hadronlab.models.wavefunctions.dense import DenseNetwork


class PermutedLaplacian:
    """f and Δf + 2 ∇u·∇f of every copy f of a network, for the Laplacian of e^u f.

    Args:
        network, inputs: the network of `inputs` and labels.
        dtype: of the pass.
    """

    def __init__(self, network: DenseNetwork, inputs: CartesianInputs, dtype: torch.dtype):
        weight = network.first_layer(dtype).transpose(0, 1).contiguous()  # (C, width, n_in)
        (first, bias), *_ = network.layers(dtype)
        labels = first[:, network.n_in :].expand(len(weight), -1, -1)
        self.of_value = torch.cat([weight, labels], 2).flatten(0, 1)
        self.of_gradient = inputs.gradient_weights(weight).flatten(0, 2)
        self.of_laplacian = weight[:, :, inputs.n_coordinates :].flatten(0, 1)
        self.bias = bias.repeat(len(weight), 1)
        self.nodes = weight.shape[:2]
        self.layers = hidden_layers(network, dtype)

    def __call__(self, x: Tensor, jets: CartesianJets, log_slope: Tensor) -> Tensor:
        """(C, 2, samples): f and Δf + 2 ∇u·∇f.

        Args:
            x: features and labels, (n_in + n_labels, samples).
            jets: of the features.
            log_slope: ∇u, (D, samples).
        """
        value = torch.addmm(self.bias, self.of_value, x).view(*self.nodes, -1)
        gradient = (self.of_gradient @ jets.units).view(*self.nodes, *log_slope.shape)
        laplacian = (self.of_laplacian @ jets.curvature).view(*self.nodes, -1)
        f = self.layers.jets(value, gradient, laplacian)[:, 0]
        return torch.stack([f[:, 0], f[:, -1] + 2.0 * (f[:, 1:-1] * log_slope).sum(1)], 1)
