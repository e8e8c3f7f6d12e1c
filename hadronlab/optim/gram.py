"""Products of a matrix with its own transpose, in nearly half the work of a general product."""

from __future__ import annotations

import torch
from torch import Tensor

BLOCKS = 8


def add_gram_(gram: Tensor, rows: Tensor) -> Tensor:
    """gram += rows rowsᵀ in the lower triangle, by blocks: gram (n, n) float64, rows (n, m) in any precision."""
    size = -(-len(rows) // BLOCKS)
    for start in range(0, len(rows), size):
        stop = min(start + size, len(rows))
        block = gram[start:stop, :stop]
        if rows.dtype == gram.dtype:
            block.addmm_(rows[start:stop], rows[:stop].T)
        else:
            block += rows[start:stop] @ rows[:stop].T
    return gram


def mirror_(gram: Tensor) -> Tensor:
    """Copy the lower triangle over the upper one, by blocks."""
    n = len(gram)
    size = -(-n // BLOCKS)
    for start in range(0, n, size):
        stop = min(start + size, n)
        diagonal = gram[start:stop, start:stop]
        diagonal.copy_(diagonal.tril() + diagonal.tril(-1).T)
        gram[:start, start:stop] = gram[start:stop, :start].T
    return gram


def symmetric_product(rows: Tensor) -> Tensor:
    """rows rowsᵀ, (n, n) float64, multiplied in the precision of rows (n, m)."""
    return mirror_(
        add_gram_(torch.zeros(len(rows), len(rows), dtype=torch.float64, device=rows.device), rows)
    )
