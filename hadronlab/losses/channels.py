"""V0 and U on the waves of one pair (…, n), or of C coupled channels (…, C, n)."""

from __future__ import annotations

import torch
from torch import Tensor


def local_on(V: Tensor, phi: Tensor, several: bool) -> Tensor:
    """Σ_b V_ab φ_b, (…, K, [C,] n), of V (…, [C, C,] n) on φ (K, [C,] n)."""
    return torch.einsum("...abn,kbn->...kan", V, phi) if several else V[..., None, :] * phi


def nonlocal_on(U: Tensor, source: Tensor, several: bool) -> Tensor:
    """Σ_b ∫ U_ab φ_b, (…, K, [C,] n), of U (…, [C, C,] n, M) on w φ (K, [C,] N ≥ M), N the radii beyond which U is zero."""
    source = source[..., : U.shape[-1]]
    if not several:
        return source @ U.mT
    rows = U.transpose(-3, -2).flatten(-2).flatten(-3, -2)  # (…, C n, C M)
    return (source.flatten(1) @ rows.mT).unflatten(-1, (U.shape[-4], U.shape[-2]))


def local_slopes(dV: Tensor, phi: Tensor, several: bool) -> Tensor:
    """∂/∂θ of `local_on`, (K, [C,] n, P), from dV ([C, C,] n, P)."""
    return torch.einsum("abnp,kbn->kanp", dV, phi) if several else phi[..., None] * dV


def nonlocal_slopes(dU: Tensor, source: Tensor, several: bool) -> Tensor:
    """∂/∂θ of `nonlocal_on`, (K, [C,] n, P), from dU ([C, C,] n, M, P)."""
    source = source[..., : dU.shape[-2]]
    if not several:
        return (source @ dU).movedim(0, 1)
    return torch.einsum("abnmp,kbm->kanp", dU, source)
