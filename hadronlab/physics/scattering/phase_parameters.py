"""Angles of a symmetric unitary S: of each channel with its elasticity, of Stapp, and of Blatt and Biedenharn.

S_aa = η_a e^{2iδ_a}. Of two open channels S11 = cos 2ε e^{2iδ1}, S12 = i sin 2ε e^{i(δ1+δ2)} (Stapp: bar phases; η = cos 2ε),
or S = Uᵀ diag(e^{2iδα}, e^{2iδβ}) U, U = [[cos ε, sin ε], [−sin ε, cos ε]] with |ε| ≤ 45° (Blatt and Biedenharn: eigenphases).
δ1 + δ2 = δα + δβ is ½ arg det S, whose turns the R-matrix counts. How they are shared is known at a threshold only, where
the second phase vanishes; from there it is followed along the energies, in the order given.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class PhaseParameters:
    """Phases δ (…, M, 2) and the mixing angle ε (…, M), rad; NaN where a channel is closed."""

    delta: Tensor
    epsilon: Tensor


def channel_phases(S: Tensor, total: Tensor, first: int) -> Tensor:
    """δ_a = ½ arg S_aa, rad, (…, M, C); channel `first`, open before the others, takes what is missing in ½ arg det S."""
    delta = followed(0.5 * torch.angle(torch.diagonal(S, dim1=-2, dim2=-1)))
    turns = ((total - delta.nansum(-1)) / torch.pi).round()
    takes = torch.arange(S.shape[-1], device=S.device) == first
    return delta + torch.pi * torch.where(takes, turns.unsqueeze(-1), 0.0)


def stapp(S: Tensor, total: Tensor, first: int = 0) -> PhaseParameters:
    """Bar phases of two channels, S (…, M, 2, 2); total: ½ arg det S (…, M)."""
    delta = channel_phases(S, total, first)
    sine = (S[..., 0, 1] * torch.exp(-1j * delta.sum(-1))).imag
    return PhaseParameters(delta, 0.5 * torch.atan2(sine, S[..., 0, 0].abs()))


def blatt_biedenharn(S: Tensor, total: Tensor, first: int = 0) -> PhaseParameters:
    """Eigenphases of two channels; α, which `delta` has at `first`, is the one that is mostly in that channel."""
    twice, difference = 2.0 * S[..., 0, 1], S[..., 0, 0] - S[..., 1, 1]
    epsilon = 0.5 * torch.atan((twice * difference.conj()).real / difference.abs().square())
    cosine, sine = torch.cos(epsilon), torch.sin(epsilon)
    cross = cosine * sine * twice
    alpha = cosine**2 * S[..., 0, 0] + cross + sine**2 * S[..., 1, 1]
    beta = sine**2 * S[..., 0, 0] - cross + cosine**2 * S[..., 1, 1]
    eigen = torch.diag_embed(torch.stack([alpha, beta], -1))
    return PhaseParameters(channel_phases(eigen, total, first), epsilon)


def followed(delta: Tensor) -> Tensor:
    """δ (…, M, C) with the multiple of π that is nearest to the energy before, within ±π/2 at the first one."""
    jumps = torch.diff(delta, dim=-2).div(torch.pi).round().nan_to_num()
    return delta - torch.pi * torch.cat([torch.zeros_like(delta[..., :1, :]), jumps.cumsum(-2)], -2)
