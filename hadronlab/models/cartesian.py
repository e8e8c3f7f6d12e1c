"""Centre-of-mass coordinates and pair distances as inputs of a network, with their jets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from hadronlab.models.symmetry import pair_order, particle_order
from hadronlab.physics.jacobi import from_jacobi_matrix

if TYPE_CHECKING:
    from hadronlab.systems.few_body import FewBodySystem


class CartesianInputs(nn.Module):
    """The 3N centre-of-mass coordinates and n_pairs distances of positions r (N, 3, batch), in their unit, and
    Σ_p r_p² over the pairs.

    Jets are taken in mass-scaled Jacobi coordinates, where the kinetic energy is −½ħ²c² Δ: direction (k, x) of
    D = 3(N − 1) moves Jacobi coordinate k along axis x, and particle i by `directions[i, k]`.
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
        self.size = 3 * len(masses) + len(first)
        self.n_slots = 3 * (len(masses) - 1) + 2
        self.register_buffer("mass_fraction", masses / masses.sum(), persistent=False)
        self.register_buffer("first", first, persistent=False)
        self.register_buffer("second", second, persistent=False)
        self.register_buffer("directions", directions, persistent=False)
        self.register_buffer("pair_directions", directions[first] - directions[second], persistent=False)

    def forward(self, r: Tensor) -> tuple[Tensor, Tensor]:
        """Features (3N + n_pairs, batch) and Σ_p r_p², (batch,)."""
        centred = r - torch.einsum("i,ixb->xb", self.mass_fraction.to(r), r)
        squares = (r[self.first] - r[self.second]).square_().sum(1)
        return torch.cat([centred.flatten(0, 1), squares.sqrt()]), squares.sum(0)

    def jets(self, r: Tensor) -> tuple[Tensor, Tensor]:
        """Jets of the features, (3N + n_pairs, D + 2, batch), and of Σ_p r_p², (D + 2, batch)."""
        n, _, batch = r.shape
        features, squares = self(r)
        jet = r.new_zeros(self.size, self.n_slots, batch)
        jet[:, 0] = features
        gradient = jet[:, 1:-1].unflatten(1, (n - 1, 3))
        for x in range(3):
            gradient[: 3 * n, :, x].unflatten(0, (n, 3))[:, x] = self.directions[:, :, None]
        separation, distance = r[self.first] - r[self.second], features[3 * n :]
        unit = separation / distance[:, None]
        torch.mul(self.pair_directions[:, :, None, None], unit[:, None], out=gradient[3 * n :])
        inverse_mass = self.pair_directions.square().sum(1)  # 1/m_i + 1/m_j
        jet[3 * n :, -1] = 2.0 * inverse_mass[:, None] / distance  # Δ|x| = 2/|x| in three dimensions
        square_jet = r.new_empty(self.n_slots, batch)
        square_jet[0] = squares
        square_jet[1:-1] = (2.0 * self.pair_directions.T @ separation.flatten(1)).view(-1, batch)
        square_jet[-1] = 6.0 * inverse_mass.sum()  # Δ|x|² = 6
        return jet, square_jet


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
