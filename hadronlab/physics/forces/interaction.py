"""What a potential must offer. A user's own subclass of Interaction works by `_target_`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

if TYPE_CHECKING:
    from hadronlab.physics.forces.radial_terms import RadialTerm
    from hadronlab.physics.quantum_numbers.channels import ChannelBasis


class Interaction(ABC):
    """V = Σ_{i<j} Σ_o v_o(r_ij; m_i, m_j) O_ij + W(r_12, …) + M(r_12, …), O_ij a product of pair operators, W a number and M
    any symmetric matrix of the channels. A subclass gives the parts that it has.

    Energies are in GeV and distances in fm for quarks (Hartree and bohr for leptons). Parameters are held by
    the object, which must be hashable: a frozen dataclass is.
    """

    operators: ClassVar[tuple[str, ...]] = ()
    """Names of the O_ij in the order of `radial`: products of 'color' (λ_i·λ_j, −λ* for antiquarks), 'spin'
    (S_i·S_j), 'isospin' (I_i·I_j), 'charge' (e_i e_j), 'pion', 'kaon', 'eta', 'light' (flavour) and
    'one', joined by '*'. In place of 'spin' also 'spin_orbit' (ℓ_ij·(S_i + S_j)),
    'antisymmetric_spin_orbit' (ℓ_ij·(S_i − S_j), its factor odd in i ↔ j) or 'tensor' (12 [S_i·r̂ S_j·r̂ − S_i·S_j/3]), ℓ_ij the orbital
    momentum of the pair in its own rest frame: these act in P waves of Gaussians."""

    @property
    def first_order(self) -> bool:
        """Whether spin–orbit and tensor forces are taken to first order only, as 1/r³ must be, which has no lowest level."""
        return False

    @abstractmethod
    def mass(self, flavor: str) -> float:
        """Mass of 'q', 's', 'c' or 'b' in GeV; raises ConfigError for a flavour that it does not know."""

    def radial(self, r: Tensor, mass_i: Tensor, mass_j: Tensor) -> tuple[Tensor, ...]:
        """v_o(r), one tensor an operator, of the shape of r (fm); the masses broadcast against r."""
        if self.operators:
            raise NotImplementedError(f"{type(self).__name__} names operators but has no radial")
        return ()

    def radial_terms(self, mass_i: float, mass_j: float) -> tuple[tuple[RadialTerm, ...], ...] | None:
        """`radial` once more, each v_o as a sum of terms r^p e^{−μr} e^{−r²/ρ²}, where it is one; None where it is not.

        Gaussian bases integrate these in closed form, and any other v_o by quadrature.
        """
        return None

    def many_body(self, distances: Tensor, masses: Tensor) -> Tensor | None:
        """W of all distances (n_pairs, batch) and masses (N,): shape (batch,), or None if there is none."""
        return None

    def matrix(self, distances: Tensor, masses: Tensor, channels: ChannelBasis) -> Tensor | None:
        """M of all distances (n_pairs, batch) and masses (N,): symmetric, (batch, n, n) in the order and with the operators of
        `channels` (n of them), or None if there is none. Computed in the dtype of the distances.
        """
        return None

    def terms(self) -> dict[str, Interaction]:
        """Its terms, each an interaction of its own, by the names under which their expectation values are quoted."""
        names = [*self.operators]
        names += ["many_body"] * (type(self).many_body is not Interaction.many_body)
        names += ["matrix"] * (type(self).matrix is not Interaction.matrix)
        return {name: Term(self, name) for name in names}

    def for_content(self, anti: tuple[bool, ...]) -> Interaction:
        """Itself in a system of these quarks and antiquarks (True); raises ConfigError if it is not defined for them."""
        return self


def many_body_constant(interaction: Interaction, masses: Tensor) -> float | None:
    """A `many_body` term that is one number, 0 where there is none; None of one that depends on the distances."""
    n_pairs = len(masses) * (len(masses) - 1) // 2
    distances = torch.linspace(0.5, 1.5, 4 * n_pairs, dtype=masses.dtype).reshape(n_pairs, 4)
    extra = interaction.many_body(distances, masses)
    if extra is None:
        return 0.0
    return None if bool(extra.max() > extra.min()) else float(extra[0])


class Term(Interaction):
    """One term of another interaction: that of the operator `name`, its many-body part, or its matrix."""

    def __init__(self, whole: Interaction, name: str) -> None:
        self.whole, self.name = whole, name
        self.operators = (name,) if name in whole.operators else ()  # type: ignore[misc]

    def mass(self, flavor: str) -> float:
        return self.whole.mass(flavor)

    def radial(self, r: Tensor, mass_i: Tensor, mass_j: Tensor) -> tuple[Tensor, ...]:
        if not self.operators:
            return ()
        return (self.whole.radial(r, mass_i, mass_j)[self.whole.operators.index(self.name)],)

    def radial_terms(self, mass_i: float, mass_j: float) -> tuple[tuple[RadialTerm, ...], ...] | None:
        whole = self.whole.radial_terms(mass_i, mass_j) if self.operators else ()
        return whole and (whole[self.whole.operators.index(self.name)],)

    def many_body(self, distances: Tensor, masses: Tensor) -> Tensor | None:
        return self.whole.many_body(distances, masses) if self.name == "many_body" else None

    def matrix(self, distances: Tensor, masses: Tensor, channels: ChannelBasis) -> Tensor | None:
        return self.whole.matrix(distances, masses, channels) if self.name == "matrix" else None
