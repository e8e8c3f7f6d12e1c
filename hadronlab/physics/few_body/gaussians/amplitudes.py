"""ψ of a level and Tψ, at given positions."""

from __future__ import annotations

import numpy as np
import torch

from hadronlab.physics.few_body.gaussians.hamiltonian import Particles
from hadronlab.physics.few_body.gaussians.spectrum import Spectrum
from hadronlab.physics.few_body.gaussians.waves import frames
from hadronlab.physics.few_body.jacobi import jacobi_matrix, permutation_map


class Amplitudes:
    """ψ_α(r) = Σ_π sgn(π) Σ_β D_αβ(π) f_β(πr)/|G|   [DeepQuark, Eq. 6] of one level, f_β = Σ_k c_kβ e^{−½xᵀA_kx}; for L = 1 with
    (u_kβ·x)_z in place of c_kβ, the member of the multiplet along z.

    ∫Σ_α ψ_α² over mass-scaled Jacobi vectors is 1.
    """

    def __init__(self, particles: Particles, found: Spectrum, state: int = 0) -> None:
        masses, group = particles.masses, particles.channels.group
        self._scaled = jacobi_matrix(masses, particles.hbar_c)  # (d, N)
        self._rotations = [permutation_map(g.perm, masses) for g in group]
        self._exponents = torch.from_numpy(found.exponents)
        self._vectors = torch.from_numpy(frames(found.exponents)).permute(2, 0, 1) if particles.L else None
        norm = (torch.linalg.det(self._exponents) / np.pi ** len(self._scaled)) ** 0.75
        channels = particles.channels.n
        coefficients = torch.from_numpy(found.coefficients[..., state]).reshape(len(norm), -1, channels)
        coefficients = (norm[:, None, None] * coefficients).reshape(-1, channels)
        self._signed = [
            g.sign / len(group) * torch.from_numpy(g.matrix) @ coefficients.T for g in group
        ]  # (n, K·q)

    def __call__(self, r: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """ψ and Tψ, (n_channels, batch) each, at r (N, 3, batch): T f e^{−½xᵀAx} = [½ (3 Tr A − |Ax|²) f + (u·Ax)_z] e^{−½xᵀAx}, f = 1
        without the second term or f = (u·x)_z.
        """
        scaled = torch.einsum("di,ixb->dxb", self._scaled, r.double())
        trace = 3 * self._exponents.diagonal(dim1=1, dim2=2).sum(1)
        psi: torch.Tensor | float = 0.0
        kinetic: torch.Tensor | float = 0.0
        for rotation, signed in zip(self._rotations, self._signed, strict=True):
            x = torch.tensordot(rotation, scaled, 1)
            along = torch.tensordot(self._exponents, x, 1)  # A_k x, (K, d, 3, batch)
            values = torch.exp(-(along * x).sum((1, 2)) / 2)
            moved = values * (trace[:, None] - along.square().sum((1, 2))) / 2
            if self._vectors is not None:
                before = self._vectors @ x[:, 2]  # (K, d, batch)
                moved = before * moved[:, None] + self._vectors @ along[:, :, 2] * values[:, None]
                values = before * values[:, None]
            psi = psi + signed @ values.reshape(-1, values.shape[-1])
            kinetic = kinetic + signed @ moved.reshape(-1, values.shape[-1])
        return torch.as_tensor(psi), torch.as_tensor(kinetic)
