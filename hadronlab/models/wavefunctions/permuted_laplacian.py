"""The forward Laplacian of the permuted copies of a network of coordinates and distances, copy by copy.

Between the first layer, whose gradients are mostly constants, and the last, of which only one combination is needed,
value, gradient and Laplacian go through the hidden layers in buffers that stay in the cache.
"""

from __future__ import annotations

from math import prod

import torch
from torch import Tensor

from hadronlab.models.wavefunctions.cartesian import CartesianInputs, CartesianJets
from hadronlab.models.wavefunctions.dense import DenseNetwork


class PermutedLaplacian:
    """f and Δf + 2 ∇u·∇f of every copy f of a network, for the Laplacian of e^u f.

    Args:
        network, inputs: the network of `inputs` and labels.
        batch: the most samples of a call.
        dtype: of the pass.
    """

    def __init__(self, network: DenseNetwork, inputs: CartesianInputs, batch: int, dtype: torch.dtype):
        weight = network.first_layer(dtype).transpose(0, 1).contiguous()  # (C, width, n_in)
        (first, self.bias), *self.layers = network.layers(dtype)
        labels = first[:, network.n_in :].expand(len(weight), -1, -1)
        of_value = torch.cat([weight, labels], 2)
        of_gradient = inputs.gradient_weights(weight).flatten(1, 2)
        of_laplacian = weight[:, :, inputs.n_coordinates :].contiguous()
        self.copies = list(zip(of_value, of_gradient, of_laplacian, strict=True))
        self.differentiate = network.differentiate

        size = max(w.shape[1] for w, _ in self.layers) * inputs.n_directions * batch
        self.buffers = weight.new_empty(2, size)

    def __call__(self, x: Tensor, jets: CartesianJets, log_slope: Tensor) -> Tensor:
        """(C, 2, samples): f and Δf + 2 ∇u·∇f.

        Args:
            x: features and labels, (n_in + n_labels, samples).
            jets: of the features.
            log_slope: ∇u, (D, samples).
        """
        shapes = [(w.shape[1], *log_slope.shape) for w, _ in self.layers]
        gradients, works = ([b[: prod(s)].view(s) for s in shapes] for b in self.buffers)
        first = gradients[0].view(-1, jets.units.shape[1])
        *hidden, (last, last_bias) = self.layers
        twice, found = 2.0 * log_slope, []
        for of_value, of_gradient, of_laplacian in self.copies:
            value, laplacian = torch.addmm(self.bias, of_value, x), of_laplacian @ jets.curvature
            torch.mm(of_gradient, jets.units, out=first)
            for k, (weight, bias) in enumerate(hidden):
                gradient, work = gradients[k], works[k]
                a, slope, curvature = self.differentiate(value)
                squares = torch.mul(gradient, gradient, out=work).sum(1)
                laplacian.mul_(slope).addcmul_(curvature, squares)  # Δσ(x) = σ' Δx + σ'' |∇x|²
                torch.mul(gradient, slope[:, None], out=work)
                torch.mm(weight, work.flatten(1), out=gradients[k + 1].flatten(1))
                value, laplacian = torch.addmm(bias, weight, a), weight @ laplacian
            gradient, work = gradients[-1], works[-1]
            a, slope, curvature = self.differentiate(value)
            squares = torch.mul(gradient, gradient, out=work).sum(1)
            laplacian += torch.mul(gradient, twice, out=work).sum(1)
            found += [
                torch.addmm(last_bias, last, a),
                last @ laplacian.mul_(slope).addcmul_(curvature, squares),
            ]
        return torch.cat(found).view(len(self.copies), 2, -1)
