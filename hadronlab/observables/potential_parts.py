"""The potential energy by its terms, and the virial: expectation values of parts of V."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from hadronlab.physics.forces.coulomb import Coulomb
from hadronlab.physics.forces.quark_models import QuarkModel
from hadronlab.systems.few_body import FewBodySystem

STRENGTHS = {
    "coulomb": "kappa",
    "linear": "string",
    "constant": "constant",
    "hyperfine": "kappa_spin",
    "three_body": "C",
}
"""V of a quark model is linear in each of these [DeepQuark, Eq. 2]: a term is V with the other strengths at zero."""


def potential_parts(system: FewBodySystem) -> dict[str, FewBodySystem]:
    """The system with one term of its potential at a time, by the term's name; empty for an unknown interaction."""
    interaction = system.interaction
    if isinstance(interaction, Coulomb):
        return {"coulomb": system}
    if not isinstance(interaction, QuarkModel):
        return {}
    terms = [name for name in STRENGTHS if name != "three_body" or interaction.three_body]
    off = {STRENGTHS[name]: 0.0 for name in terms}
    return {
        name: replace(
            system,
            interaction=replace(
                interaction, **off | {STRENGTHS[name]: getattr(interaction, STRENGTHS[name])}
            ),
        )
        for name in terms
    }


def expectation(system: FewBodySystem, distances: Tensor, psi: Tensor) -> Tensor:
    """Σ_αβ ψ_α V_αβ ψ_β / Σ ψ², (batch,), internal unit; distances (n_pairs, batch), psi (n, batch)."""
    return (psi * system.potential_apply(distances, psi)).sum(0) / psi.square().sum(0)


def virial(system: FewBodySystem, distances: Tensor, psi: Tensor, h: float = 1e-4) -> Tensor:
    """r·∇V = d V(λr)/dλ at λ = 1 in the state ψ, (batch,), internal unit: central difference, error O(h²).

    ⟨r·∇V⟩ = 2⟨T⟩ in an eigenstate, whatever the potential.
    """
    up = expectation(system, distances * (1 + h), psi)
    down = expectation(system, distances * (1 - h), psi)
    return torch.sub(up, down) / (2 * h)
