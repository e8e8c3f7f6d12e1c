"""From C(k) to what an experiment publishes: residual pairs, normalisation, baseline; bins and momentum resolution.

    C_exp(k) = N b(k) [1 + λ(C − 1) + Σ_j λ_j (C_j − 1)],     b = 1 + b1 k + b2 k² + …

λ's are products of purities and primary fractions; pairs that are flat count in none, Σ λ ≤ 1. The C_j of pairs whose
daughters are measured reach it through the kinematics of their decay, C_j = T C_mother. Bins and resolution act on counts,

    C = ∫ M(k, k′) k′² C(k′) dk′ / ∫ M(k, k′) k′² dk′,

for pairs without correlation are ∝ k′² at small k: of width σ they add about σ²(½C″ + 2C′/k). All are matrices on the k′
that they name, and everything is differentiable.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from hadronlab.errors import HadronlabError
from hadronlab.physics.scattering.quadrature import gauss_legendre

Number = float | Tensor
TOUCHING = 1e-9  # relative: what rounding leaves between the edges of neighbours


def measured(
    k: Tensor,
    C: Tensor,
    purity: Number = 1.0,
    residuals: Sequence[tuple[Number, Tensor]] = (),
    normalisation: Number = 1.0,
    baseline: Sequence[Number] = (),
) -> Tensor:
    """C_exp (…, M) at k (M,), fm⁻¹.

    C: (…, M) of the primary pairs, binned and smeared. purity: λ. residuals: (λ_j, C_j (…, M)). baseline: b1, b2, … in
    fm, fm², … A tensor (…,) of numbers has one for every bin of a resampling.
    """
    seen, flat = _column(purity) * C, 1.0 - _column(purity)  # summed so, a tiny C of λ = 1 keeps its digits
    for share, residual in residuals:
        seen, flat = seen + _column(share) * residual, flat - _column(share)
    slope = sum((_column(b) * k**n for n, b in enumerate(baseline, start=1)), torch.zeros_like(k))
    return _column(normalisation) * (1.0 + slope) * (seen + flat)


def _column(x: Number) -> Number:
    return x.unsqueeze(-1) if isinstance(x, Tensor) and x.ndim else x


@dataclass(frozen=True)
class Response:
    """Where C is needed and what becomes of it: C_measured = matrix @ C(k), rows add up to 1.

    k: (M,) fm⁻¹. matrix: (B, M) of B measured bins.
    """

    k: Tensor
    matrix: Tensor

    def __call__(self, C: Tensor) -> Tensor:
        """(…, M) → (…, B)."""
        return C @ self.matrix.T


def binned(edges: Tensor, resolution: float = 0.0, points: int = 4) -> Response:
    """Averages over bins [low, high] (B, 2), fm⁻¹, of pairs ∝ k′² seen with a Gaussian error of k.

    resolution: σ, fm⁻¹. points: momenta a bin (with a resolution: a panel of at most 2σ).

    Raises:
        HadronlabError: edges that do not increase from k ≥ 0, a negative resolution.
    """
    low, high = _edges(edges)
    if not resolution >= 0:
        raise HadronlabError(f"resolution={resolution} must be 0 or positive")
    borders = sorted({*low.tolist(), *high.tolist()})
    if resolution:
        ends = [max(0.0, borders[0] - 6 * resolution), borders[-1] + 6 * resolution]
        borders = [a + (b - a) * i / n for a, b in pairwise(sorted({*borders, *ends}))
                   for n in [max(1, math.ceil((b - a) / (2 * resolution)))] for i in range(n)] + ends[1:]  # fmt: skip
    nodes = [gauss_legendre(a, b, points) for a, b in pairwise(borders)]
    k, dk = (torch.cat(x) for x in zip(*nodes, strict=True))
    if resolution:
        seen = torch.special.ndtr((high[:, None] - k) / resolution) - torch.special.ndtr(
            (low[:, None] - k) / resolution
        )
    else:
        seen = ((k > low[:, None]) & (k < high[:, None])).double()
    counts = seen * k**2 * dk
    return Response(k, counts / counts.sum(-1, keepdim=True))


def response(k: Tensor, edges: Tensor | None, resolution: float = 0.0, least: float = 0.0) -> Response:
    """Of points at k (n,), fm⁻¹, in bins `edges` (n, 2) where they have some: what they are averages of.

    Without edges C is that at k itself; with a resolution the bins then end half way between the points. Momenta up to
    `least`, where C is zero, are left out.
    """
    if edges is None and not resolution:
        found = Response(k, torch.eye(len(k), dtype=torch.float64))
    else:
        found = binned(_between(k) if edges is None else edges, resolution)
    seen = found.k > least
    return Response(found.k[seen], found.matrix[:, seen])


def _between(k: Tensor) -> Tensor:
    """Edges (n, 2) half way between points (n,)."""
    middle = 0.5 * (k[1:] + k[:-1])
    first, last = 2 * k[:1] - middle[:1], 2 * k[-1:] - middle[-1:]
    borders = torch.cat([first.clamp(min=0.0), middle, last])
    return torch.stack([borders[:-1], borders[1:]], 1)


def feed_down(
    edges: Tensor,
    parent: float,
    daughter: float,
    recoil: float,
    spectator: float,
    largest: float,
    points: int = 500,
) -> Response:
    """What pairs parent–spectator leave in bins of daughter–spectator, the parent decaying isotropically to daughter + recoil.

    In the frame of the parent the spectator's energy is fixed by k′, and s of the new pair is linear in the cosine of the
    decay: uniform between its ends. Mother pairs are ∝ k′² up to `largest`.

    Args:
        edges: (B, 2) of the bins in k, fm⁻¹.
        parent, daughter, recoil, spectator: masses in fm⁻¹ (MeV over ħc); Λ, p, π⁻, p for p–Λ among p–p.
        largest: of k′, fm⁻¹.
        points: of k′, the midpoints of equal steps.

    Raises:
        HadronlabError: a parent too light to decay, bins that no pair reaches.
    """
    if not parent > daughter + recoil:
        raise HadronlabError(
            f"feed-down: a parent of {parent:g} cannot decay to {daughter:g} + {recoil:g} fm⁻¹"
        )
    k = largest * (torch.arange(points, dtype=torch.float64) + 0.5) / points
    q = _momentum(torch.tensor(parent**2, dtype=torch.float64), daughter, recoil)
    s_mother = ((k**2 + parent**2).sqrt() + (k**2 + spectator**2).sqrt()) ** 2
    energy = (s_mother - parent**2 - spectator**2) / (2 * parent)  # of the spectator, where the parent rests
    size = (energy**2 - spectator**2).clamp(min=0.0).sqrt()
    middle = spectator**2 + daughter**2 + 2 * energy * (q**2 + daughter**2).sqrt()
    half = 2 * size * q
    s = ((edges**2 + daughter**2).sqrt() + (edges**2 + spectator**2).sqrt()) ** 2
    below = ((s.unsqueeze(-1) - middle + half) / (2 * half)).clamp(0.0, 1.0)  # (B, 2, M)
    counts = (below[:, 1] - below[:, 0]) * k**2
    total = counts.sum(-1, keepdim=True)
    if not bool((total > 0).all()):
        raise HadronlabError("feed-down: no mother pair reaches some of the bins; give a larger `largest`")
    return Response(k, counts / total)


def _edges(edges: Tensor) -> tuple[Tensor, Tensor]:
    low, high = edges.double().reshape(-1, 2).T
    touch = (low[1:] - high[:-1]).abs() < TOUCHING * high[:-1]
    low = torch.cat([low[:1], torch.where(touch, high[:-1], low[1:])])
    if not (
        len(low) and float(low[0]) >= 0 and bool((high > low).all()) and bool((low[1:] >= high[:-1]).all())
    ):
        raise HadronlabError("bins: give edges [low, high] that increase from k ≥ 0")
    return low, high


def _momentum(s: Tensor, m1: float, m2: float) -> Tensor:
    """Of two particles of invariant mass √s, in their rest frame."""
    return ((s - (m1 + m2) ** 2) * (s - (m1 - m2) ** 2) / (4 * s)).sqrt()
