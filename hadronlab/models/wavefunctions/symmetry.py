"""Antisymmetrisation over identical particles, as index tables and one matrix."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from hadronlab.physics.quantum_numbers.channels import PermutationElement
    from hadronlab.systems.few_body import FewBodySystem


def pair_order(system: FewBodySystem) -> Tensor:
    """(C, n_pairs): pair p of the permuted point πr, (πr)_i = r_π(i), is pair order[π, p] of r."""
    index = {frozenset(pair): p for p, pair in enumerate(system.pairs)}
    rows = [
        [index[frozenset((perm[i], perm[j]))] for i, j in system.pairs]
        for perm in (element.perm for element in system.group)
    ]
    return torch.tensor(rows)


def particle_order(system: FewBodySystem) -> Tensor:
    """(C, N): particle i of the permuted point is particle order[π, i] of r."""
    return torch.tensor([list(element.perm) for element in system.group])


def antisymmetriser(system: FewBodySystem, vectors: Tensor | None = None) -> Tensor:
    """A (n, C, n): ψ_α(r) = Σ_π Σ_β A_απβ f_β(πr), A = sgn(π) D_αβ(π)   [DeepQuark, Eq. 6].

    With channel vectors V (n, G), A (n, C, G) = sgn(π) Σ_β D_αβ(π) V_βg of the functions f_g = Σ_β V_βg f_β alone.
    """
    blocks = map(signed, system.group)
    return torch.stack([block if vectors is None else block @ vectors for block in blocks], 1)


def signed(element: PermutationElement) -> Tensor:
    """sgn(π) D(π), (n, n)."""
    return element.sign * torch.as_tensor(element.matrix, dtype=torch.float64)


def generating_channels(group: Iterable[PermutationElement], space: Tensor, first: Tensor) -> Tensor:
    """Orthonormal V (n, G), the span of `first` (n, ·) in it, whose images sgn(π) D(π) V under `group` span `space` (n, m).

    With the whole group and all channels every antisymmetric ψ is one of G functions instead of n:
    ψ = Σ_π sgn(π) Σ_g D(π) V_g f_g(πr), for images of V are permutations of the particles in f_g. An irreducible
    representation of dimension d that the channels hold m times takes m/d functions: one for the 225 channels of six
    light quarks with S = 1, I = 0.
    """
    generator = torch.Generator().manual_seed(0)
    matrices = torch.stack([signed(element) for element in group])
    vectors = new = orthonormal(first)
    images = first[:, :0]
    while True:
        images = orthonormal(torch.cat([images, (matrices @ new).transpose(0, 1).flatten(1)], 1))
        if images.shape[1] >= space.shape[1]:
            return vectors
        draw = space @ torch.randn(space.shape[1], 1, dtype=torch.float64, generator=generator)
        new = orthonormal(draw - images @ (images.T @ draw))
        vectors = torch.cat([vectors, new], 1)


def orthonormal(columns: Tensor) -> Tensor:
    """An orthonormal basis of their span."""
    basis, size, _ = torch.linalg.svd(columns, full_matrices=False)
    return basis[:, size > 1e-10 * size[0]]
