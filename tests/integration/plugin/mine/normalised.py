"""A loss: the Schrödinger equation with every wave function counted alike."""

import torch
from torch import Tensor, nn

from hadronlab.data.wave_data import WaveData
from hadronlab.losses.loss import LinearLoss


class Normalised(LinearLoss):
    """Σ_k Σ_r [(E_k − H0) φ_k − V0 φ_k − ∫ U φ_k]² / Σ_r [(E_k − H0) φ_k]²: the loss of U = 0 is the number of waves."""

    def __init__(self, data: WaveData, weight: float = 1.0) -> None:
        super().__init__(data.r, weight, bins=data.bins, rows=data.rows)
        norm = data.lhs[:, :, data.rows].square().sum(-1).sqrt()[..., None]  # (1+B, K, 1)
        self.lhs = nn.Buffer(data.lhs / norm, persistent=False)
        self.amplitude = nn.Buffer(data.amplitude / norm, persistent=False)
        self.source = nn.Buffer(data.amplitude * data.weight / norm, persistent=False)

    def residual(self, U: Tensor | None, V: Tensor | None, rows: Tensor, bin: int = 0) -> Tensor:
        left = self.lhs[bin][:, rows]
        if V is not None:
            left = left - V[..., None, :] * self.amplitude[bin][:, rows]
        if U is not None:
            left = left - self.source[bin][:, : U.shape[-1]] @ U.mT
        return left

    def jacobian(self, dU: Tensor | None, dV: Tensor | None, rows: Tensor, bin: int = 0) -> Tensor:
        total = torch.zeros((), dtype=self.lhs.dtype)
        if dV is not None:
            total = total - self.amplitude[bin][:, rows, None] * dV
        if dU is not None:
            total = total - (self.source[bin][:, : dU.shape[1]] @ dU).movedim(0, 1)
        return total
