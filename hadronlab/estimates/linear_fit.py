"""Normal equations of fits with Gaussians, which are nearly dependent where their exponents are near."""

from __future__ import annotations

import torch
from torch import Tensor

ROUNDING = 1e-13  # added to the diagonal of a matrix of unit diagonal


def solve_normal(gram: Tensor, force: Tensor) -> Tensor:
    """θ (…, P) of G θ = F, G = AᵀA (…, P, P) and F = Aᵀb (…, P), in columns of unit length and with a shift at rounding.

    A column of zeros has θ = 0.
    """
    scale = gram.diagonal(dim1=-2, dim2=-1).sqrt()
    scale = torch.where(scale > 0, scale, 1.0)
    unit = gram / scale[..., :, None] / scale[..., None, :]
    unit = unit + ROUNDING * torch.eye(gram.shape[-1], dtype=gram.dtype)
    return torch.linalg.solve(unit, force / scale) / scale
