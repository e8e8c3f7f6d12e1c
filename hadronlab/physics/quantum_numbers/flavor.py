"""Flavour operators Σ_a λ^a_i λ^a_j of SU(3) on pairs of u, d, s, in which the exchange of pions, kaons and η couples quarks.

An antiquark has λ^aT in the place of λ^a, as charge conjugation has it for mesons of even C.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from hadronlab.errors import ConfigError
from hadronlab.physics.quantum_numbers.couplings import pairs_of

EIGHT = {"q": 1 / math.sqrt(3), "s": -2 / math.sqrt(3)}  # λ^8, of quark and antiquark
NAMES = ("pion", "kaon", "eta", "light")


def flavor_factors(name: str, kinds: Sequence[str]) -> np.ndarray:
    """What stands before the matrix of every pair of particles `kinds`, (n_pairs,): before that of I_i·I_j for 'pion', a = 1…3,
    before 1 for 'eta', a = 8, and for 'light', 1 between two of u, d, s.

    'kaon', a = 4…7, is 0 on what the channels here hold. It would also make an s of a u or d and the other way round: ConfigError
    where two quarks, or two antiquarks, are of either kind.
    """
    return np.array([_FACTOR[name](kinds[i], kinds[j]) for i, j in pairs_of(len(kinds))])


def _pion(a: str, b: str) -> float:
    """Σ τ_i τ_j = 4 I_i·I_j; of a quark and an antiquark −4, for the isospin of that is −τᵀ/2."""
    if {a[0], b[0]} != {"q"}:
        return 0.0
    return 4.0 if a == b else -4.0


def _kaon(a: str, b: str) -> float:
    if {a, b} in ({"q", "s"}, {"q~", "s~"}):
        raise ConfigError(
            f"the exchange of a kaon between {a} and {b} swaps their flavours, and particles keep theirs here: "
            "choose an interaction without it, such as interaction=al1"
        )
    return 0.0


def _eta(a: str, b: str) -> float:
    return EIGHT.get(a[0], 0.0) * EIGHT.get(b[0], 0.0)


def _light(a: str, b: str) -> float:
    return float(a[0] in EIGHT and b[0] in EIGHT)


_FACTOR = {"pion": _pion, "kaon": _kaon, "eta": _eta, "light": _light}
