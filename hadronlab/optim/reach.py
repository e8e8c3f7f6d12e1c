"""How far the members of a span may go in one step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from hadronlab.optim.processes import ALONE, Processes

if TYPE_CHECKING:
    from hadronlab.models.wavefunctions.wavefunction import WaveFunction

REACH = 0.3  # largest |Δψ_k|/|ψ_k| of a member
HALVINGS = 6


@torch.no_grad()
def within_reach(
    wavefunction: WaveFunction,
    r: Tensor,
    channel: Tensor | None,
    psi: Tensor,
    move: Tensor,
    processes: Processes = ALONE,
) -> float:
    """The share 2⁻ⁿ of `move` (P,), θ ← θ − move, that changes no member by more than its REACH; 1 of one state.

    The metric knows first derivatives alone, and hardly forbids motions within the span: a member that is small for its
    parameters, such as one that has just lost what it shared with another, answers by much more. psi (K·n, batch): the
    states at r.
    """
    if wavefunction.n_states == 1:
        return 1.0
    parameters = list(wavefunction.parameters())
    start, root = parameters_to_vector(parameters), psi.square().sum(0).sqrt()
    shares = wavefunction.shares().to(psi)

    def norms(states: Tensor) -> Tensor:
        of_each = (states / root).unflatten(0, (wavefunction.n_states, -1))
        return processes.total(torch.tensordot(shares, of_each, 1).square().sum((1, 2)))

    allowed, share = REACH**2 * norms(psi), 1.0
    for _ in range(HALVINGS):
        vector_to_parameters(start - share * move.to(start), parameters)
        moved = norms(wavefunction.sampled_amplitudes(r, channel) - psi)
        if bool((moved <= allowed).all()):
            break
        share *= 0.5
    vector_to_parameters(start, parameters)
    return share
