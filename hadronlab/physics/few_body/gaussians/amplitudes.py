"""ψ of a level and Tψ, at given positions."""

from __future__ import annotations

import numpy as np
import torch

from hadronlab.physics.few_body.gaussians.hamiltonian import Particles
from hadronlab.physics.few_body.gaussians.solve import Spectrum
from hadronlab.physics.few_body.jacobi import jacobi_matrix, permutation_map


class Amplitudes:
    """ψ_α(r) = Σ_π sgn(π) Σ_β D_αβ(π) f_β(πr)   [DeepQuark, Eq. 6] of one level, f_β = Σ_k c_kβ e^{−½xᵀA_kx}.

    ∫Σ_α ψ_α² over mass-scaled Jacobi vectors is the number of permutations.
    """

    def __init__(self, particles: Particles, found: Spectrum, state: int = 0) -> None:
        masses, group = particles.masses, particles.channels.group
        self._scaled = jacobi_matrix(masses, particles.hbar_c)  # (d, N)
        self._rotations = [permutation_map(g.perm, masses) for g in group]
        self._exponents = torch.from_numpy(found.exponents)
        norm = (torch.linalg.det(self._exponents) / np.pi ** len(self._scaled)) ** 0.75
        coefficients = norm[:, None] * torch.from_numpy(found.coefficients[..., state])
        self._signed = [g.sign * torch.from_numpy(g.matrix) @ coefficients.T for g in group]  # (n, K)

    def __call__(self, r: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """ψ and Tψ, (n_channels, batch) each, at r (N, 3, batch): T e^{−½xᵀAx} = ½ (3 Tr A − |Ax|²) e^{−½xᵀAx}."""
        scaled = torch.einsum("di,ixb->dxb", self._scaled, r.double())
        trace = 3 * self._exponents.diagonal(dim1=1, dim2=2).sum(1)
        psi: torch.Tensor | float = 0.0
        kinetic: torch.Tensor | float = 0.0
        for rotation, signed in zip(self._rotations, self._signed, strict=True):
            x = torch.tensordot(rotation, scaled, 1)
            along = torch.tensordot(self._exponents, x, 1)  # A_k x, (K, d, 3, batch)
            values = torch.exp(-(along * x).sum((1, 2)) / 2)
            psi = psi + signed @ values
            kinetic = kinetic + signed @ (values * (trace[:, None] - along.square().sum((1, 2))) / 2)
        return torch.as_tensor(psi), torch.as_tensor(kinetic)
