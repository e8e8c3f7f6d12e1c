"""The shortest string that joins three quarks."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def shortest_tube(a: Tensor, b: Tensor, c: Tensor) -> Tensor:
    """L_min, the least length of tubes that join the corners of a triangle with sides a, b, c.   [DeepQuark, Eq. 11]"""
    a2, b2, c2 = a * a, b * b, c * c
    heron = ((a + b + c) * (-a + b + c) * (a - b + c) * (a + b - c)).clamp(min=0)
    star = torch.sqrt(((a2 + b2 + c2) + math.sqrt(3) * heron.sqrt()) / 2)
    # an angle ≥ 120° opposite a: cos ≤ −1/2, i.e. a² ≥ b² + c² + bc
    obtuse = (a2 >= b2 + c2 + b * c) | (b2 >= c2 + a2 + c * a) | (c2 >= a2 + b2 + a * b)
    longest = torch.maximum(torch.maximum(a, b), c)
    return torch.where(obtuse, a + b + c - longest, star)  # Eq. (11)
