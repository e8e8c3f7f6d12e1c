"""Centre-of-mass coordinates and pair distances as inputs of a network, with their jets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from hadronlab.models.wavefunctions.symmetry import pair_order, particle_order
from hadronlab.physics.few_body.jacobi import from_jacobi_matrix, pair_vectors_matrix

if TYPE_CHECKING:
    from hadronlab.systems.few_body import FewBodySystem


class CartesianInputs(nn.Module):
    """The 3N centre-of-mass coordinates and n_pairs distances of positions r (N, 3, batch), in their unit, and
    Σ_p r_p² over the pairs.

    Derivatives are taken in mass-scaled Jacobi coordinates, where the kinetic energy is −½ħ²c² Δ: direction (k, x) of
    D = 3(N − 1) moves Jacobi coordinate k along axis x, and particle i by `directions[i, k]`. Every input's gradient
    is a constant over k times a vector over x: the unit vector of the pair for a distance, the axis for a coordinate.
    """

    mass_fraction: Tensor
    first: Tensor
    second: Tensor
    directions: Tensor
    pair_directions: Tensor

    def __init__(self, system: FewBodySystem):
        super().__init__()
        masses = torch.as_tensor(system.masses, dtype=torch.float64)
        first, second = torch.as_tensor(system.pairs).T
        directions = from_jacobi_matrix(masses)  # (N, N − 1)
        self.n_coordinates, self.n_directions = 3 * len(masses), 3 * (len(masses) - 1)
        self.size = self.n_coordinates + len(first)
        inverse_mass = pair_vectors_matrix(masses, system.pairs).square().sum(1)  # 1/m_i + 1/m_j
        self.squares_laplacian = 6.0 * float(inverse_mass.sum())  # Δ Σ_p r_p², for Δ|x|² = 6
        self.register_buffer("mass_fraction", masses / masses.sum(), persistent=False)
        self.register_buffer("first", first, persistent=False)
        self.register_buffer("second", second, persistent=False)
        self.register_buffer("directions", directions, persistent=False)
        self.register_buffer("pair_directions", pair_vectors_matrix(masses, system.pairs), persistent=False)

    def forward(self, r: Tensor) -> tuple[Tensor, Tensor]:
        """Features (3N + n_pairs, batch) and Σ_p r_p², (batch,)."""
        centred = r - torch.einsum("i,ixb->xb", self.mass_fraction.to(r), r)
        squares = (r[self.first] - r[self.second]).square_().sum(1)
        return torch.cat([centred.flatten(0, 1), squares.sqrt()]), squares.sum(0)

    def gradient_weights(self, weight: Tensor) -> Tensor:
        """What takes `CartesianJets.units` to the gradients of linear functions of the inputs: weights (..., inputs)
        to (..., N − 1, n_pairs + 3)."""
        n, directions = len(self.mass_fraction), self.directions.to(weight)
        of_pairs = weight[..., None, 3 * n :] * self.pair_directions.to(weight).T
        of_axes = torch.einsum("...ix,ik->...kx", weight[..., : 3 * n].unflatten(-1, (n, 3)), directions)
        return torch.cat([of_pairs, of_axes], -1)

    def jets(self, r: Tensor) -> CartesianJets:
        features, squares = self(r)
        separation, distance = r[self.first] - r[self.second], features[3 * len(r) :]
        axes = torch.eye(3, dtype=r.dtype, device=r.device)[..., None].expand(-1, -1, r.shape[-1])
        inverse_mass = self.pair_directions.square().sum(1)  # 1/m_i + 1/m_j
        return CartesianJets(
            features,
            torch.cat([separation / distance[:, None], axes]).flatten(1),
            2.0 * inverse_mass[:, None] / distance,  # Δ|x| = 2/|x| in three dimensions
            squares,
            (2.0 * self.pair_directions.T @ separation.flatten(1)).view(self.n_directions, -1),
            self.squares_laplacian,
        )


@dataclass(frozen=True)
class CartesianJets:
    """features (inputs, batch); units (n_pairs + 3, 3 · batch), the vectors over x of their gradients; curvature
    (n_pairs, batch), the Laplacians of the distances, those of the coordinates being zero; squares, squares_gradient and squares_laplacian: Σ_p
    r_p² (batch,), its gradient (D, batch) and its Laplacian."""

    features: Tensor
    units: Tensor
    curvature: Tensor
    squares: Tensor
    squares_gradient: Tensor
    squares_laplacian: float


def signed_copies(system: FewBodySystem) -> tuple[Tensor, Tensor]:
    """order and sign (C, 3N + n_pairs) of the inputs of every permuted, and then every reflected, copy."""
    n = len(system.masses)
    cartesian = (3 * particle_order(system)[:, :, None] + torch.arange(3)).flatten(1)
    order = torch.cat([cartesian, 3 * n + pair_order(system)], 1)
    sign = torch.ones(order.shape, dtype=torch.float64)
    if system.parity is None:
        return order, sign
    reflected = sign.clone()
    reflected[:, : 3 * n] = -1.0
    return torch.cat([order, order]), torch.cat([sign, reflected])
