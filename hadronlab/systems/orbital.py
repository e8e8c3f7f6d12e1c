"""Parity and angular momentum of a system's space part."""

from __future__ import annotations

from fractions import Fraction
from typing import TypedDict

from hadronlab.errors import ConfigError
from hadronlab.physics.quantum_numbers.spin import as_list, coupled_to, half_integer


class Orbital(TypedDict):
    """Fields of FewBodySystem."""

    parity: int | None
    L: int
    J: Fraction | None


def orbital(parity: int | str | None, L: int, J: float | str | Fraction | None) -> Orbital:
    """What a user says of a system's space part; parity "natural": (−1)^L."""
    if isinstance(parity, str) and parity != "natural":
        raise ConfigError(f"parity={parity!r}: use natural, 1, -1, or null for no projection")
    return Orbital(
        parity=(-1) ** L if isinstance(parity, str) else parity,
        L=L,
        J=None if J is None else half_integer("J", J),
    )


def check_orbital(name: str, parity: int | None, L: int, J: Fraction | None, spin: Fraction) -> None:
    """Raises ConfigError for a parity that is none, or a state that is not known or impossible."""
    if parity not in (1, -1, None):
        raise ConfigError(f"parity={parity} of system {name!r}: use 1, -1, or null for no projection")
    if L not in (0, 1):
        raise ConfigError(f"L={L} of system {name!r}: L = 0 and 1 are known")
    if L == 1 and parity != -1:
        raise ConfigError(
            f"L=1 of system {name!r} with parity={parity}: states of L = 1 and unnatural parity + are not known; "
            "leave out parity, or choose L=0"
        )
    if J is not None and J not in coupled_to(L, spin):
        raise ConfigError(
            f"J={J} is impossible for L={L} and S={spin} of system {name!r}: choose {as_list(coupled_to(L, spin))}"
        )
