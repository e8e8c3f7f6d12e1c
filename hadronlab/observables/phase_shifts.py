"""δ(k) of the full nonlocal U, of its localised V_θ, of V_LO and of the derivative expansion, side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.learned_potential import LearnedPotential
from hadronlab.observables.protocols import PotentialObservable
from hadronlab.observables.results import Results


class PhaseShifts(PotentialObservable):
    """`phase_shift_<kind>` in deg on `k`, for the kinds of `LearnedPotential.kinds`.

    at: momenta (fm⁻¹, the toy: μ) at which δ of the full U is quoted as a number too, `phase_shift.<k>`.
    """

    def __init__(self, at: Sequence[float] = ()) -> None:
        self.at = tuple(at)

    def observe(self, learned: LearnedPotential) -> Results:
        result = Results({"k": Estimate(learned.k.numpy(), learned.momentum)})
        for kind, solved in learned.solvable().items():
            delta = continuous(solved.phase_shifts(learned.k))
            result.estimates[f"phase_shift_{kind}"] = learned.estimate(torch.rad2deg(delta), "deg")
        for k in self.at:
            delta = continuous(
                learned.solved("nonlocal").phase_shifts(torch.tensor([k], dtype=torch.float64))
            )
            result.estimates[f"phase_shift.{k:g}"] = learned.estimate(torch.rad2deg(delta[:, 0]), "deg")
        return result


def fold(angle: Tensor) -> Tensor:
    """An angle into (−π/2, π/2]: a difference of phase shifts, which have a meaning modulo π."""
    return angle - math.pi * torch.round(angle / math.pi)


def continuous(delta: Tensor) -> Tensor:
    """Phase shifts (1+B, M), rad, of bins on the branch of the central one: bins may differ in their bound states."""
    return delta[:1] + fold(delta - delta[:1])
