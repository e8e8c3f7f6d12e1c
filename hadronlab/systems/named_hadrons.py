"""Hadrons by their names: all mesons and baryons, and the multiquarks that are known to be bound."""

from __future__ import annotations

from difflib import get_close_matches
from fractions import Fraction
from functools import cache
from itertools import combinations_with_replacement
from typing import TypeAlias

from hadronlab.errors import ConfigError
from hadronlab.physics.forces.interaction import Interaction
from hadronlab.physics.forces.quark_models import AL1
from hadronlab.physics.quantum_numbers.channels import quark_channels
from hadronlab.physics.quantum_numbers.spin import possible_spins
from hadronlab.systems.hadron_names import hadron_name
from hadronlab.systems.quarks import QuarkSystem, quark_system

Content: TypeAlias = tuple[str, Fraction, Fraction]
"""Quarks, spin and isospin."""

MULTIQUARKS = {  # below all thresholds in AL1
    "T_cs0": ("c s q~ q~", "0", "0"),
    "T_cc": ("c c q~ q~", "1", "0"),
    "T_bc0": ("b c q~ q~", "0", "0"),
    "T_bc1": ("b c q~ q~", "1", "0"),
    "T_bc2": ("b c q~ q~", "2", "0"),
    "T_bb": ("b b q~ q~", "1", "0"),
    "T_bbs": ("b b q~ s~", "1", "1/2"),
    "P_cc": ("c c q q c~", "5/2", "0"),
    "P_bb": ("b b q q b~", "5/2", "0"),
}


def named_hadron(
    name: str,
    hadron: str,
    parity: int | str | None = "natural",
    L: int = 0,
    J: float | str | Fraction | None = None,
    interaction: Interaction = AL1,
) -> QuarkSystem:
    """The hadron called "D_s*", "J/psi", "Xi_cc", "T_bb" …; `name` is that of the run.

    Of several states of one content, spin and isospin, as Xi_c and Xi_c', the lowest has the name. Raises ConfigError for a
    name that is none.
    """
    known = named_hadrons()
    if hadron not in known:
        close = get_close_matches(hadron, known, 3, 0.5)
        raise ConfigError(
            f"system.hadron={hadron} is not known: "
            + (f"did you mean {' or '.join(close)}?" if close else f"use one of {', '.join(known)}")
        )
    return quark_system(name, *known[hadron], parity, L, J, interaction)


@cache
def named_hadrons() -> dict[str, Content]:
    """By name: mesons, baryons, multiquarks. N*, Delta*, Lambda* and Omega(1/2) are lowest in a P wave: their quarks cannot all be in one
    orbital.
    """
    found: dict[str, Content] = {}
    for light, heavy in combinations_with_replacement("qscb", 2):
        for spin in (Fraction(0), Fraction(1)):
            for isospin in possible_spins((light + heavy).count("q")):
                name = hadron_name((heavy, f"{light}~"), spin, isospin)
                found[name] = (f"{heavy} {light}~", spin, isospin)
    for content in combinations_with_replacement("bcsq", 3):
        flavors = sorted(content, key=lambda flavor: content.count(flavor), reverse=True)  # equal ones first
        for spin in (Fraction(1, 2), Fraction(3, 2)):
            for isospin in possible_spins(content.count("q")):
                if quark_channels(flavors, (False,) * 3, spin, isospin).n:
                    found[hadron_name(flavors, spin, isospin)] = (" ".join(flavors), spin, isospin)
    found |= {name: (quarks, Fraction(s), Fraction(i)) for name, (quarks, s, i) in MULTIQUARKS.items()}
    return found
