"""Local forces between two spin-½ hadrons of total spin 1 that couple l = J − 1 and l = J + 1, V_C + V_T S12 + V_LS L·S."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from hadronlab.errors import HadronlabError
from hadronlab.physics.forces.local_potentials import LocalPotential, SumOfPotentials, Yukawas


class TensorForce:
    """The 2 × 2 matrix of V_C(r) + V_T(r) S12 + V_LS(r) L·S in the waves l = J − 1, J + 1; J = 1: ³S₁–³D₁.

    S12 = 3 (σ1·r̂)(σ2·r̂) − σ1·σ2. Potentials in MeV with r in fm; `spin_orbit` may be None.
    """

    def __init__(
        self,
        central: LocalPotential,
        tensor: LocalPotential,
        spin_orbit: LocalPotential | None = None,
        J: int = 1,
    ):
        if J < 1:
            raise HadronlabError(f"TensorForce: J={J}; two waves are coupled for J = 1 and above")
        self.central, self.tensor, self.spin_orbit, self.J = central, tensor, spin_orbit, J

    @property
    def orbital(self) -> tuple[int, int]:
        """l of the two waves."""
        return self.J - 1, self.J + 1

    def local(self, r: Tensor) -> Tensor:
        """V_ab(r), MeV, (2, 2, *r.shape)."""
        J = self.J
        mixed = 6.0 * math.sqrt(J * (J + 1))
        s12 = r.new_tensor([[-2.0 * (J - 1), mixed], [mixed, -2.0 * (J + 2)]]) / (2 * J + 1)
        V = torch.einsum("ab,...->ab...", torch.eye(2).to(r), self.central(r))
        V = V + torch.einsum("ab,...->ab...", s12, self.tensor(r))
        if self.spin_orbit is not None:
            ls = torch.diag(r.new_tensor([J - 1.0, -(J + 2.0)]))
            V = V + torch.einsum("ab,...->ab...", ls, self.spin_orbit(r))
        return V


class OnePionTensor(LocalPotential):
    """c [(1 + 3/x + 3/x²) e^{−x} − (3n/x + 3/x²) e^{−nx}]/x, x = m r: the tensor force of one pion, regular as 1/x at r = 0.

    strength c in MeV, mass m in fm⁻¹, cutoff n.
    """

    def __init__(self, strength: float, mass: float, cutoff: float):
        self.strength, self.mass, self.cutoff = strength, mass, cutoff

    def __call__(self, r: Tensor) -> Tensor:
        x, n = self.mass * r, self.cutoff
        pion = (1.0 + 3.0 / x + 3.0 / x**2) * torch.exp(-x)
        return self.strength * (pion - (3.0 * n / x + 3.0 / x**2) * torch.exp(-n * x)) / x


REID_KINETIC = 41.47  # ħ²/M, MeV fm², of the fit


def reid_3s1_3d1() -> TensorForce:
    """Nucleon–nucleon ³S₁–³D₁ with a soft core, R. V. Reid, Ann. Phys. 50 (1968) 411; its ħ²/M is `REID_KINETIC`."""
    mu = 0.7
    return TensorForce(
        central=Yukawas(mu, strengths=(-10.463, 105.468, -3187.8, 9924.3), multiples=(1.0, 2.0, 4.0, 6.0)),
        tensor=SumOfPotentials(
            (
                OnePionTensor(strength=-10.463, mass=mu, cutoff=4.0),
                Yukawas(mu, strengths=(351.77, -1673.5), multiples=(4.0, 6.0)),
            )
        ),
        spin_orbit=Yukawas(mu, strengths=(708.91, -2713.1), multiples=(4.0, 6.0)),
    )
