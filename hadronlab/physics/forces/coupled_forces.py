"""Forces between coupled channels known in closed form: a symmetric matrix of local potentials, and a nonlocal one beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from hadronlab.errors import HadronlabError
from hadronlab.physics.forces.known import LocalPart
from hadronlab.physics.forces.local_potentials import LocalPotential


class PotentialMatrix:
    """V_ab(r) = V_ba(r) of its upper triangle, the rows one after the other: [[V_11, V_12], [V_22]]."""

    def __init__(self, rows: Sequence[Sequence[LocalPotential]]):
        if not rows or [len(row) for row in rows] != list(range(len(rows), 0, -1)):
            raise HadronlabError(
                f"PotentialMatrix: rows of {[len(row) for row in rows]} potentials; give V_11, V_12, … in the first, V_22, … in "
                "the second, down to one"
            )
        self.rows = tuple(tuple(row) for row in rows)

    def local(self, r: Tensor) -> Tensor:
        """V_ab(r), MeV, (C, C, *r.shape)."""
        n = len(self.rows)
        upper = {(a, a + i): V(r) for a, row in enumerate(self.rows) for i, V in enumerate(row)}
        return torch.stack([torch.stack([upper[min(a, b), max(a, b)] for b in range(n)]) for a in range(n)])


@dataclass(frozen=True)
class NearDiagonal:
    """U_ab(r, r') = c_ab k(r, r') e^{−γ(r² + r'²)} g_ab, k = e^{−(r²+r'²)/β²} sinh(z)/z, z = 2rr'/β²: the S wave of e^{−|r−r'|²/β²}.

    g_ab = x/(1 + x), x = r^{l_a} r'^{l_b}, which a wave of l_a, l_b asks for at the origin, 1 for S waves; above the diagonal
    times 1 + skew (r − r') e^{−(r²+r'²)/2}. U_ba(r, r') = U_ab(r', r).

    strengths: c_ab, MeV fm⁻³, symmetric. width: β, fm. exponent: γ, fm⁻². skew in fm⁻¹. orbital: l of each channel.
    """

    strengths: Sequence[Sequence[float]]
    width: float = 0.6
    exponent: float = 0.45
    skew: float = 0.0
    orbital: Sequence[int] | None = None

    def __post_init__(self) -> None:
        n = len(self.strengths)
        if any(len(row) != n for row in self.strengths) or any(
            self.strengths[a][b] != self.strengths[b][a] for a in range(n) for b in range(a)
        ):
            raise HadronlabError(
                f"NearDiagonal: strengths must be a symmetric matrix, got {list(self.strengths)}"
            )

    def nonlocal_part(self, r: Tensor, rp: Tensor) -> Tensor:
        """U_ab(r, r'), MeV fm⁻³, (C, C, *broadcast shape)."""
        r, rp = torch.broadcast_tensors(r, rp)
        n = len(self.strengths)
        blocks = {}
        for a in range(n):
            for b in range(a, n):
                blocks[a, b] = self._block(a, b, r, rp)
                blocks[b, a] = self._block(a, b, rp, r)
        return torch.stack([torch.stack([blocks[a, b] for b in range(n)]) for a in range(n)])

    def _block(self, a: int, b: int, r: Tensor, rp: Tensor) -> Tensor:
        """U_ab of a ≤ b."""
        twice_z = (4.0 * r * rp / self.width**2).clamp(min=1e-12)
        square = r**2 + rp**2
        # written so that a large z cannot overflow
        k = torch.exp(-(((r - rp) / self.width) ** 2)) * -torch.expm1(-twice_z) / twice_z
        U = self.strengths[a][b] * k * torch.exp(-self.exponent * square)
        waves = (0, 0) if self.orbital is None else (self.orbital[a], self.orbital[b])
        if any(waves):
            x = r ** waves[0] * rp ** waves[1]
            U = U * x / (1.0 + x)
        return U if a == b else U * (1.0 + self.skew * (r - rp) * torch.exp(-0.5 * square))


class LocalAndNonlocal:
    """V_ab(r) δ(r−r') + U_ab(r,r') of two parts."""

    def __init__(self, local_part: LocalPart, kernel: Any):
        self.local_part, self.kernel = local_part, kernel

    def local(self, r: Tensor) -> Tensor:
        """V_ab(r), MeV, (C, C, *r.shape)."""
        return self.local_part.local(r)

    def nonlocal_part(self, r: Tensor, rp: Tensor) -> Tensor:
        """U_ab(r, r'), MeV fm⁻³, (C, C, *broadcast shape)."""
        U: Tensor = self.kernel.nonlocal_part(r, rp)
        return U


class PowerGaussian(LocalPotential):
    """c r^p e^{−β r²}: strength c in MeV fm^−p, exponent β in fm⁻²; a tensor force has p = 2."""

    def __init__(self, strength: float, exponent: float, power: int = 2):
        self.strength, self.exponent, self.power = strength, exponent, power

    def __call__(self, r: Tensor) -> Tensor:
        return self.strength * r**self.power * torch.exp(-self.exponent * r**2)
