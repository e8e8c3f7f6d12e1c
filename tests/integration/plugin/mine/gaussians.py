"""A wave function: `forward` is enough, derivatives are then taken by torch.func."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from hadronlab.models.wavefunctions.wavefunction import WaveFunction
from hadronlab.systems.few_body import FewBodySystem


class SumOfGaussians(WaveFunction):
    """ψ_α = Σ_g c_αg exp(−a_g Σ r_ij²) with trainable c and a: symmetric in space, for one channel that is antisymmetric.

    widths: of the Gaussians at first, fm.
    """

    def __init__(self, system: FewBodySystem, widths: Sequence[float] = (1.0, 2.0, 4.0)) -> None:
        super().__init__(system)
        exponents = torch.tensor(widths, dtype=torch.float64) ** -2
        self.log_exponents = nn.Parameter(exponents.log())
        self.amplitudes = nn.Parameter(torch.ones(system.n_channels, len(widths), dtype=torch.float64))

    def forward(self, r: Tensor) -> Tensor:
        squares = sum((r[i] - r[j]).square().sum(0) for i, j in self.system.pairs)
        return self.amplitudes.to(r) @ torch.exp(-self.log_exponents.exp().to(r)[:, None] * squares)
