"""Colour singlets of quarks and antiquarks, and the matrices of λ_i·λ_j between them.

Everything follows from λ^a_ij λ^a_kl = 2(δ_il δ_jk − δ_ij δ_kl/3): λ_i·λ_j = 2 P_ij − 2/3 for two quarks, and
−λ_i·λ_j* = 2/3 − 2 K_ij for a quark and an antiquark, where P exchanges the colours and K = Σ_ab |aa⟩⟨bb|.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from hadronlab.physics.quantum_numbers.couplings import CoupledBasis, Tree, coupled_basis


def lambda_lambda(anti_i: bool, anti_j: bool) -> np.ndarray:
    """λ_i·λ_j of two particles as a (9, 9) matrix; an antiquark carries −λ*."""
    delta = np.eye(3)
    if anti_i == anti_j:
        return 2 * np.einsum("ad,bc->abcd", delta, delta).reshape(9, 9) - 2 / 3 * np.eye(9)
    return 2 / 3 * np.eye(9) - 2 * np.outer(delta.ravel(), delta.ravel())


def irrep_name(n_quarks: int, n_antiquarks: int, sum_lambda_lambda: float) -> str:
    """Name of the SU(3) irrep of n quarks and antiquarks in which Σ_{i<j} λ_i·λ_j has the given value.

    C2 = Σ_{i<j} λ_i·λ_j/2 + 4n/3 = (p² + q² + pq + 3p + 3q)/3 on the irrep (p, q).
    """
    n = n_quarks + n_antiquarks
    casimir = sum_lambda_lambda / 2 + 4 * n / 3
    for p in range(n + 1):
        for q in range(p + 1):
            if abs((p * p + q * q + p * q + 3 * p + 3 * q) / 3 - casimir) > 1e-4:
                continue
            dimension = (p + 1) * (q + 1) * (p + q + 2) // 2
            prime = "'" if (p, q) == (4, 0) else ""
            triality = (p - q - n_quarks + n_antiquarks) % 3  # 0 if (p, q) fits, else (q, p) does
            self_triality = (p - q) % 3 == 0 and p > q  # 10 and 10bar: the majority decides
            barred = n_antiquarks > n_quarks if self_triality else triality != 0
            return f"{dimension}{prime}{'bar' if barred else ''}"
    raise ValueError(f"no SU(3) irrep of {n_quarks} quarks and {n_antiquarks} antiquarks has C2 = {casimir}")


@cache
def color_basis(anti: tuple[bool, ...], tree: Tree) -> CoupledBasis:
    """All colour singlets of the particles, anti[i] marking antiquarks; labels such as '3bar-3', '6-6bar'."""

    def irrep(members: tuple[int, ...], value: float) -> str:
        n_antiquarks = sum(anti[i] for i in members)
        return irrep_name(len(members) - n_antiquarks, n_antiquarks, value)

    if (len(anti) - 2 * sum(anti)) % 3:  # non-zero triality: there is no singlet
        return CoupledBasis(np.zeros((0, *[3] * len(anti))), (), (), (), np.zeros((0, 0, 0)))
    return coupled_basis(tree, 3, lambda i, j: lambda_lambda(anti[i], anti[j]), irrep, total="1")
