"""Explicitly correlated Gaussians: the exponents are the parameters, the coefficients follow from these."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from hadronlab.errors import ConfigError
from hadronlab.models.wavefunctions.wavefunction import WaveFunction
from hadronlab.physics.few_body.gaussians.amplitudes import Amplitudes

if TYPE_CHECKING:
    from hadronlab.physics.few_body.gaussians.spectrum import Spectrum
    from hadronlab.systems.few_body import FewBodySystem


class GaussianBasis(WaveFunction):
    """ψ = 𝒜 Σ_kα c_kα e^{−½xᵀA_kx} χ_α of the lowest level, in all channels at once.

    exponents: the parameters of the A_k (see physics/few_body/gaussians/exponents.py), (K, d(d+1)/2); K grows in the training.
    size: Gaussians at most; None: what a quarter of the memory holds.
    """

    task = "spectrum"

    def __init__(self, system: FewBodySystem, size: int | None = None) -> None:
        super().__init__(system)
        if size is not None and size < 1:
            raise ConfigError(f"model.size={size}: give 1 or more Gaussians")
        d = system.n_particles - 1
        self.size = size
        self.exponents = nn.Parameter(torch.zeros(0, d * (d + 1) // 2, dtype=torch.float64))
        self._amplitudes: Amplitudes | None = None

    def put(self, parameters: np.ndarray) -> None:
        """Take these exponents, of any number; the optimizer keeps its parameter."""
        self.exponents.grad = None
        self.exponents.data = torch.tensor(parameters, device=self.exponents.device)

    def take_coefficients(self, found: Spectrum) -> None:
        """ψ is from now on that of the lowest level of `found`."""
        self._amplitudes = Amplitudes(self.system, found)

    def forward(self, r: Tensor) -> Tensor:
        return self._values(r)[0]

    def kinetic(self, r: Tensor, channel: Tensor | None = None) -> tuple[Tensor, Tensor]:
        return self._values(r)

    def _values(self, r: Tensor) -> tuple[Tensor, Tensor]:
        if self._amplitudes is None:
            raise ConfigError("the levels of these Gaussians have not been solved for yet")
        psi, kinetic = self._amplitudes(r)
        return psi.to(r), kinetic.to(r)

    def _load_from_state_dict(
        self, state_dict: dict[str, Tensor], prefix: str, *others: object, **more: object
    ) -> None:
        """A checkpoint has its own number of Gaussians."""
        stored = state_dict.get(f"{prefix}exponents")
        if stored is not None and stored.shape[1:] == self.exponents.shape[1:]:
            self.put(stored.cpu().numpy())
        super()._load_from_state_dict(state_dict, prefix, *others, **more)  # type: ignore[arg-type]
