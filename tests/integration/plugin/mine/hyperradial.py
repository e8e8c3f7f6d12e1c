"""An interaction that is no sum over pairs: all nucleons feel how close they all are."""

from dataclasses import dataclass

import torch
from torch import Tensor

from hadronlab.physics.forces.interaction import Interaction
from hadronlab.physics.quantum_numbers.channels import ChannelBasis


@dataclass(frozen=True)
class Hyperradial(Interaction):
    """V = −depth exp(−Σ r_ij²/radius²) (1 + spin Σ S_i·S_j), MeV and fm."""

    depth: float = 60.0
    radius: float = 1.8
    spin: float = 0.2

    def mass(self, flavor: str) -> float:
        return 938.919

    def matrix(self, distances: Tensor, masses: Tensor, channels: ChannelBasis) -> Tensor:
        strength = -self.depth * torch.exp(-distances.square().sum(0) / self.radius**2)
        spins = torch.from_numpy(channels.operator("spin").sum(0)).to(distances)
        return strength[:, None, None] * (torch.eye(channels.n).to(distances) + self.spin * spins)
