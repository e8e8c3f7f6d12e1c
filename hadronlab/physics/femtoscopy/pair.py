"""What spins and statistics make of the waves of a pair: C = direct + exchange · coefficient + Σ_S weight_S Δ_S.

Unpolarised hadrons meet with total spin S in the share g_S = (2S + 1)/((2s₁ + 1)(2s₂ + 1)) of the cases. Of two identical
ones the state is ψ(r) ± ψ(−r) over √2: their S wave, and every even one, is doubled and odd ones are absent where S is
2s − 1, 2s − 3, … (fermions) or 2s, 2s − 2, … (bosons), the other way round elsewhere. Summed over S, exchange comes with
∓1/(2s + 1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from hadronlab.errors import HadronlabError


@dataclass(frozen=True)
class PairWeights:
    """Coefficients of the exchange term and of Δ_S, by total spin S, where there is an S wave."""

    exchange: float
    change: Mapping[float, float]

    def __call__(self, direct: Tensor, exchange: Tensor, change: Mapping[float, Tensor]) -> Tensor:
        """C(k) from `Background` and from Δ_S (…, M) of the channels with a force.

        Raises:
            HadronlabError: a Δ of a spin without an S wave.
        """
        for spin in change:
            if spin not in self.change:
                raise HadronlabError(
                    f"this pair has no S wave of total spin {spin:g}: "
                    f"choose from {', '.join(f'{S:g}' for S in self.change)}"
                )
        C = direct + self.exchange * exchange
        for spin, delta in change.items():
            C = C + self.change[spin] * delta
        return C


def pair_weights(spin1: float, spin2: float, identical: bool = False) -> PairWeights:
    """Of an unpolarised pair; half-integer spins are fermions.

    Raises:
        HadronlabError: a spin that is no multiple of ½, identical hadrons of different spins.
    """
    for spin in (spin1, spin2):
        if spin < 0 or (2 * spin) % 1:
            raise HadronlabError(f"spin {spin:g}: give 0, 0.5, 1, …")
    total = [abs(spin1 - spin2) + i for i in range(int(2 * min(spin1, spin2)) + 1)]
    share = {S: (2 * S + 1) / ((2 * spin1 + 1) * (2 * spin2 + 1)) for S in total}
    if not identical:
        return PairWeights(0.0, share)
    if spin1 != spin2:
        raise HadronlabError(f"identical hadrons have one spin, not {spin1:g} and {spin2:g}")
    fermions = bool((2 * spin1) % 2)
    even = [S for S in total if (2 * spin1 - S) % 2 == fermions]
    return PairWeights((-1 if fermions else 1) / (2 * spin1 + 1), {S: 2 * share[S] for S in even})


def channel_weights(spin: float, identical: bool = False) -> PairWeights:
    """Of one channel with an S wave, by itself: what a published C of a single potential often shows."""
    return PairWeights(1.0, {spin: 2.0}) if identical else PairWeights(0.0, {spin: 1.0})
