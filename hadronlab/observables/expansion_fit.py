"""V0(r) + ½{V2(r), ∇²}, the next order of the velocity expansion, fitted to the data of two sources or more.

Radius by radius, two sources determine V0 and V2 of K R = V0 R + V2 ∇²R: the form of the literature, which is not
Hermitian [Wang, Sec. 2]. Its Hermitian ordering, in which a symmetric U(r,r') expands, acts as

    ½{V2, ∇²} R = V2 ∇²R + V2' R' + ½ (∇²V2) R

and holds derivatives of V2, so that no radius stands alone. Here both orderings are fitted with Gaussians for V0 and V2,
one linear least-squares problem a bin. Their phase shifts differ by what the truncation leaves open.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from hadronlab.data.wave_data import WaveData
from hadronlab.errors import DataError, HadronlabError
from hadronlab.estimates.linear_fit import solve_normal
from hadronlab.physics.scattering.derivative_expansion import hermitian_kernel, non_hermitian_resolvent
from hadronlab.physics.scattering.rmatrix import Resolvent, RMatrix

SHORTEST_FM2 = (150.0, 30.0)  # largest exponents of V0 and of V2: 0.08 and 0.18 fm
TERMS = {True: (7, 5), False: (20, 14)}  # Gaussians of V0 and V2, for data with bins and for exact ones
V2_WIDTH = 10.0  # MeV fm²: how large a Gaussian of V2 is before data with noise ask for it


@dataclass(frozen=True, eq=False)
class Expansion:
    """V0(r) = Σ a_i e^{−α_i r²} in MeV and V2(r) = Σ c_i e^{−β_i r²} in MeV fm², of the mean and of every bin."""

    alpha: Tensor  # (G0,) fm⁻²
    beta: Tensor  # (G2,) fm⁻²
    a: Tensor  # (1+B, G0)
    c: Tensor  # (1+B, G2)
    hermitian: bool  # ½{V2, ∇²}; otherwise V2∇²
    chi2: Tensor  # (1+B,) weighted sum of squares

    def V0(self, r: Tensor) -> Tensor:
        """(1+B, N), MeV."""
        return self.a @ _gaussians(self.alpha, r).T

    def V2(self, r: Tensor) -> Tensor:
        """(1+B, N), MeV fm²."""
        return self.c @ _gaussians(self.beta, r).T

    def solve(self, rmatrix: RMatrix) -> Resolvent:
        """Scattering by the expansion. HadronlabError where V2 ≥ ħ²/2m, which turns the kinetic term's sign."""
        V0, V2 = self.V0(rmatrix.r), self.V2(rmatrix.r)
        if not self.hermitian:
            return non_hermitian_resolvent(rmatrix, V0, V2)
        if bool((rmatrix.kinetic <= V2).any()):
            raise HadronlabError(
                f"V2 reaches {float(V2.max()):.4g} MeV fm², above ħ²/2m = {rmatrix.kinetic:.4g}: no scattering solution"
            )
        return rmatrix.solve(hermitian_kernel(rmatrix.mesh, V2), V0)


def fit_expansion(data: WaveData, hermitian: bool = True) -> Expansion:
    """The V0 and V2 that minimise Σ (lhs − V0 φ − V2-term φ)²/σ² over all waves, for the mean and for every bin.

    σ is `data.error`, or one number a wave where the data have none. With noise every coefficient of V2 carries a
    prior of `V2_WIDTH`: where the sources are proportional V2 is not determined, and stays small. Raises DataError
    for data without two sources or without ∇²φ.
    """
    if data.laplacian is None or data.slope is None or len(set(data.sources)) < 2:
        raise DataError("V0 and V2 of the derivative expansion need the Laplacian of two sources or more")
    rows, noisy = data.rows, data.n_bins > 0
    r, longest = data.r[rows], (3.0 / float(data.r[-1])) ** 2
    alpha, beta = (
        torch.logspace(math.log10(longest), math.log10(shortest), terms, dtype=torch.float64)
        for shortest, terms in zip(SHORTEST_FM2, TERMS[noisy], strict=True)
    )
    phi, d_phi, lap_phi = (x[..., rows, None] for x in (data.amplitude, data.slope, data.laplacian))
    g, x = _gaussians(beta, r), r[:, None]
    second = g * lap_phi
    if hermitian:
        dg, lap_g = -2.0 * beta * x * g, (4.0 * (beta * x).square() - 6.0 * beta) * g
        second = second + dg * d_phi + 0.5 * lap_g * phi
    sigma = data.uniform_error if data.error is None else data.error
    design = torch.cat([_gaussians(alpha, r) * phi, second], -1) / sigma[:, rows, None]
    design, target = design.flatten(1, 2), (data.lhs[..., rows] / sigma[:, rows]).flatten(1)
    gram = design.mT @ design
    if noisy:
        prior = torch.cat([alpha.new_zeros(len(alpha)), alpha.new_full((len(beta),), V2_WIDTH**-2)])
        gram = gram + torch.diag(prior)
    theta = solve_normal(gram, (design.mT @ target[..., None]).squeeze(-1))
    chi2 = ((design @ theta[..., None]).squeeze(-1) - target).square().sum(-1)
    a, c = theta.split([len(alpha), len(beta)], -1)
    return Expansion(alpha, beta, a, c, hermitian, chi2)


def _gaussians(exponents: Tensor, r: Tensor) -> Tensor:
    """(N, G)."""
    return torch.exp(-exponents * r[:, None].square())
