"""Antisymmetrisation over identical particles, as index tables and one matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
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


def antisymmetriser(system: FewBodySystem) -> Tensor:
    """A (n, C, n): ψ_α(r) = Σ_π Σ_β A_απβ f_β(πr), A = sgn(π) D_αβ(π)   [DeepQuark, Eq. 6]."""
    blocks = [g.sign * torch.as_tensor(g.matrix, dtype=torch.float64) for g in system.group]
    return torch.stack(blocks, 1)
