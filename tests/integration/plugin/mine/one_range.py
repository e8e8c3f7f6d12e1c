"""A potential: `kernel` is enough."""

import torch
from torch import Tensor, nn

from hadronlab.models.potentials.potential import Potential


class OneRange(Potential):
    """U(r,r') = depth · exp(−(r² + r'²)/2b²) with trainable depth (in units of `scale`) and range b."""

    def __init__(self, scale: float, length: float = 1.0) -> None:
        super().__init__()
        self.scale = scale
        self.depth = nn.Parameter(torch.ones((), dtype=torch.float64))
        self.log_range = nn.Parameter(torch.tensor(length, dtype=torch.float64).log())

    def kernel(self, r: Tensor, rp: Tensor) -> Tensor:
        return self.scale * self.depth * torch.exp(-(r**2 + rp**2) / (2 * (2 * self.log_range).exp()))
