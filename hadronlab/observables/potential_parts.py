"""The potential energy by its terms, and the virial: expectation values of parts of V."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from hadronlab.systems.few_body import FewBodySystem


def potential_parts(system: FewBodySystem) -> dict[str, FewBodySystem]:
    """The system with one term of its potential at a time, by the term's name."""
    return {name: replace(system, interaction=term) for name, term in system.interaction.terms().items()}


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
