"""The derivative expansion U(r,r') = [V0(r) + V2(r) ∇² + …] δ³(r − r') beyond its leading order V0 = K R / R.

V0 in MeV, V2 in MeV fm². V0 + V2∇², the form of the literature, is not Hermitian, though similar to a Hermitian operator
(with weight 1/(ħ²/2m − V2)), so that its phase shifts are real. ½{V2, ∇²} is Hermitian, and what a symmetric U(r,r')
expands in; `estimators.derivative_expansion` fits either. The V2 of one form does not belong into the other.
"""

from __future__ import annotations

import torch
from torch import Tensor

from hadronlab.errors import HadronlabError
from hadronlab.physics.scattering.lagrange_mesh import LagrangeMesh
from hadronlab.physics.scattering.rmatrix import Resolvent, RMatrix


def next_to_leading_order(lhs: Tensor, amplitude: Tensor, laplacian: Tensor) -> tuple[Tensor, Tensor]:
    """V0(r), MeV, and V2(r), MeV fm², (…, N), solving lhs_s = V0 R_s + V2 ∇²R_s at every r for the sources s.

    lhs, amplitude, laplacian: (…, S, N); with more than two sources, by least squares. Where the sources are
    proportional to each other the two are not determined, and the result is as large as the noise makes it.

    Raises:
        HadronlabError: fewer than two sources.
    """
    n_sources = amplitude.shape[-2] if amplitude.ndim > 1 else 1
    if n_sources < 2:
        raise HadronlabError(
            f"V0 and V2 need two sources or more, got {n_sources}, which determines V_LO = K R / R alone"
        )
    size = amplitude.square().sum(-2).sqrt(), laplacian.square().sum(-2).sqrt()
    columns = amplitude / size[0].unsqueeze(-2), laplacian / size[1].unsqueeze(-2)
    overlap = (columns[0] * columns[1]).sum(-2)
    b0, b2 = (columns[0] * lhs).sum(-2), (columns[1] * lhs).sum(-2)
    determinant = 1.0 - overlap.square()
    return (b0 - overlap * b2) / determinant / size[0], (b2 - overlap * b0) / determinant / size[1]


def hermitian_kernel(mesh: LagrangeMesh, V2: Tensor) -> Tensor:
    """½{V2, ∇²} as a kernel U(r_i, r_j) on the mesh, (…, N) MeV fm² → (…, N, N) MeV fm^-3, for `RMatrix`.

    On u = rφ, ∇² is d²/dr². V2 must be smooth and vanish at the end of the mesh. None of its derivatives is
    needed.
    """
    V2 = V2.to(mesh.r)
    matrix = (mesh.dr.sqrt() * V2).unsqueeze(-1) * mesh.second_derivative  # ∫ f_i V2 f_j'' dr
    root = mesh.weight.sqrt()
    return 0.5 * (matrix + matrix.mT) / (root.unsqueeze(-1) * root)


def non_hermitian_resolvent(rmatrix: RMatrix, V0: Tensor, V2: Tensor) -> Resolvent:
    """Scattering by V0 + V2∇² as fitted, (…, N) each: −u'' + V0/(c−V2) u = E/(c−V2) u, c = ħ²/2m.

    That is symmetric with the weight 1/(c−V2), so that it too takes one diagonalisation. V2 must vanish
    at the end of the mesh.

    Raises:
        HadronlabError: V2 ≥ ħ²/2m somewhere: the kinetic term changes sign there.
    """
    mesh, c = rmatrix.mesh, rmatrix.kinetic
    mass_term = c - V2.to(mesh.r)
    if bool((mass_term <= 0).any()):
        raise HadronlabError(
            f"V2 reaches {float(V2.max()):.4g} MeV fm², above ħ²/2m = {c:.4g}: no scattering solution"
        )
    root = mass_term.sqrt()
    H = mesh.stiffness * root.unsqueeze(-1) * root.unsqueeze(-2) + torch.diag_embed(
        V0.to(mesh.r) + rmatrix.coulomb
    )
    poles, vectors = torch.linalg.eigh(H)
    coefficients = root.unsqueeze(-1) * vectors  # of u_λ in the basis f_j
    edge = (mesh.edge.unsqueeze(-2) @ coefficients).squeeze(-2)
    modes = coefficients / (mesh.dr.sqrt().unsqueeze(-1) * c)
    return Resolvent(mesh, c, poles, edge, modes, rmatrix.bohr)


def localised(U: Tensor, weight: Tensor, amplitude: Tensor) -> Tensor:
    """V_θ(r) = Σ_j w_j U(r, r_j) R(r_j)/R(r), MeV [Wang, Sec. 4.2].

    U (…, N, N) MeV fm^-3, weight (N,) of ∫ 4πr² dr, amplitude R (…, N).
    """
    return (U @ (weight * amplitude).unsqueeze(-1)).squeeze(-1) / amplitude
