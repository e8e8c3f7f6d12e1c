"""Strings in place of the pairwise linear confinement: those of baryons, and the shortest of all that a multiquark may have."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, reduce
from itertools import combinations
from typing import ClassVar

import torch
from torch import Tensor

from hadronlab.errors import ConfigError
from hadronlab.physics.constants import HBAR_C_GEV
from hadronlab.physics.forces.interaction import Interaction
from hadronlab.physics.forces.quark_models import QuarkModel, quark_model
from hadronlab.physics.forces.radial_terms import RadialTerm
from hadronlab.physics.forces.trees import shortest_double_tube
from hadronlab.physics.forces.tubes import shortest_tube
from hadronlab.physics.quantum_numbers.couplings import pairs_of


@dataclass(frozen=True)
class StringModel(Interaction):
    """A quark model with strings for its linear pair term: of tension λ from a quark to an antiquark, σ_Y where three meet; −Λ stays
    pairwise.   [DeepQuark, Eq. 3]

    In a multiquark they are the shortest ones that join all quarks to mesons and baryons, the flip-flop [Lenz et al. 1986]; with
    `trees` also those of two quarks and two antiquarks to one, with two junctions [Carlson and Pandharipande 1991; Vijande,
    Valcarce and Richard 2007]. V is that length times a tension for all colours alike: strings are taken to be in their ground
    state for any places of the quarks (adiabatic). The other forces act on colours as ever.
    """

    model: QuarkModel
    sigma_ratio: float = 0.9204  # σ_Y/λ
    trees: bool = False
    anti: tuple[bool, ...] = (False, False, False)
    """which particles are antiquarks"""

    operators: ClassVar[tuple[str, ...]] = QuarkModel.operators

    def for_content(self, anti: tuple[bool, ...]) -> Interaction:
        if len(anti) == 2:
            return self.model
        if self.trees and len(anti) > 4:
            raise ConfigError(
                f"strings of {len(anti)} quarks with more than two junctions are not known: use interaction=flip_flop"
            )
        return replace(self, anti=anti, trees=self.trees and len(anti) == 4)

    def mass(self, flavor: str) -> float:
        return self.model.mass(flavor)

    def radial(self, r: Tensor, mass_i: Tensor, mass_j: Tensor) -> tuple[Tensor, ...]:
        return replace(self.model, string=0.0).radial(r, mass_i, mass_j)

    def radial_terms(self, mass_i: float, mass_j: float) -> tuple[tuple[RadialTerm, ...], ...] | None:
        return replace(self.model, string=0.0).radial_terms(mass_i, mass_j)

    def many_body(self, distances: Tensor, masses: Tensor) -> Tensor:
        """Strings (+ V_C) in GeV, shape (batch,)."""
        strings = self.model.string / HBAR_C_GEV * self.length(distances)  # Eq. (3)
        extra = self.model.many_body(distances, masses)
        return strings if extra is None else strings + extra

    def terms(self) -> dict[str, Interaction]:
        return {name: replace(self, model=term) for name, term in self.model.terms().items()}  # type: ignore[arg-type]

    def length(self, distances: Tensor) -> Tensor:
        """Of the shortest strings, (batch,) in fm; those that meet at a junction count σ_Y/λ times."""
        r = dict(zip(pairs_of(len(self.anti)), distances, strict=True))
        splittings = (
            reduce(torch.add, (self._within(hadron, r) for hadron in hadrons))
            for hadrons in splits(self.anti)
        )
        shortest = reduce(torch.minimum, splittings)
        if self.trees:
            worth = shortest.double() / self.sigma_ratio
            tree = self.sigma_ratio * shortest_double_tube(distances.double(), worth).to(shortest)
            shortest = torch.minimum(shortest, tree)
        return shortest

    def _within(self, hadron: tuple[int, ...], r: dict[tuple[int, int], Tensor]) -> Tensor:
        sides = [r[pair] for pair in combinations(hadron, 2)]
        return sides[0] if len(sides) == 1 else self.sigma_ratio * shortest_tube(*sides)


@cache
def splits(anti: tuple[bool, ...]) -> tuple[tuple[tuple[int, ...], ...], ...]:
    """All ways to join quarks and antiquarks to mesons, baryons and antibaryons: the particles of each."""
    return tuple(_splits(anti, tuple(range(len(anti)))))


def _splits(anti: tuple[bool, ...], left: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], ...]]:
    if not left:
        yield ()
        return
    for size in (1, 2):
        for partners in combinations(left[1:], size):
            hadron = (left[0], *partners)
            antiquarks = sum(anti[i] for i in hadron)
            if antiquarks == 1 if size == 1 else antiquarks in (0, 3):
                for others in _splits(anti, tuple(i for i in left if i not in hadron)):
                    yield (hadron, *others)


def string_model(
    name: str = "AL1",
    three_body: bool = False,
    sigma_ratio: float = 0.9204,
    trees: bool = False,
    **changes: float,
) -> StringModel:
    """AL1, AL2, BD or a model of one's own, see `quark_model`, with strings. Raises ConfigError for one without linear confinement,
    and for a σ_Y/λ that is not a positive number.
    """
    base = quark_model(name, three_body, **changes)
    if not isinstance(sigma_ratio, int | float) or not 0 < sigma_ratio < math.inf:
        raise ConfigError(f"interaction.sigma_ratio={sigma_ratio} of strings must be a number above 0")
    if base.p != 1:
        raise ConfigError(
            f"strings replace linear confinement, and {base.name} has p = {base.p:.3g}: use AL1, AL2 or BD"
        )
    return StringModel(base, sigma_ratio, trees)
