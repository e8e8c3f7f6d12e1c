"""What a potential must offer. A user's own subclass of Interaction works by `_target_`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor


class Interaction(ABC):
    """V = Σ_{i<j} Σ_o v_o(r_ij; m_i, m_j) O_ij + W(r_12, …), O_ij a product of pair operators, W a number.

    Energies are in GeV and distances in fm for quarks (Hartree and bohr for leptons). Parameters are held by
    the object, which must be hashable: a frozen dataclass is.
    """

    operators: ClassVar[tuple[str, ...]]
    """Names of the O_ij in the order of `radial`: products of 'color' (λ_i·λ_j, −λ* for antiquarks), 'spin'
    (S_i·S_j), 'isospin' (I_i·I_j), 'charge' (e_i e_j) and 'one', joined by '*'."""

    @abstractmethod
    def mass(self, flavor: str) -> float:
        """Mass of 'q', 's', 'c' or 'b' in GeV; raises ConfigError for a flavour that it does not know."""

    @abstractmethod
    def radial(self, r: Tensor, mass_i: Tensor, mass_j: Tensor) -> tuple[Tensor, ...]:
        """v_o(r), one tensor an operator, of the shape of r (fm); the masses broadcast against r."""

    def many_body(self, distances: Tensor, masses: Tensor) -> Tensor | None:
        """W of all distances (n_pairs, batch) and masses (N,): shape (batch,), or None if there is none."""
        return None

    def check(self, anti: tuple[bool, ...]) -> None:
        """Raise ConfigError if it is not defined for this content (a flux tube needs three quarks)."""
        return None
