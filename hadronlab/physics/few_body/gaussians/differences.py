"""The tangents of `tangents.py` as differences of two functions, for functions whose derivatives are not at hand."""

from __future__ import annotations

import numpy as np

from hadronlab.physics.few_body.gaussians.exponents import to_exponents
from hadronlab.physics.few_body.gaussians.hamiltonian import Hamiltonian
from hadronlab.physics.few_body.gaussians.many_body import POINTING
from hadronlab.physics.few_body.gaussians.tangents import Tangents

STEP = 1e-4  # of a parameter: the direction is off by as much, and rounding of H by 1e-8


def tangents_by_differences(
    hamiltonian: Hamiltonian, parameters: np.ndarray, vectors: np.ndarray, energies: np.ndarray
) -> Tangents:
    """Of the levels with vectors (B, states), cᵀSc = 1, and energies (states,)."""
    count, width = parameters.shape
    shape, m = (count, hamiltonian.n_functions), vectors.shape[1]
    states = vectors.reshape(*shape, m)
    moved = [to_exponents(parameters + STEP * shift) for shift in [np.zeros(width), *np.eye(width)]]
    inner = np.zeros((width + 1, count, width + 1, count))
    outer, shadow = np.zeros((m, width + 1, count, vectors.shape[0])), np.zeros((m, width + 1, count, m))
    for i, left in enumerate(moved):
        for j, right in enumerate(moved[: i + 1]):
            energy, overlap = hamiltonian.judged(left, right, POINTING)
            for s in range(m):
                shifted = (energy - energies[s] * overlap).reshape(*shape, -1)
                rows = np.einsum("ka,kab->kb", states[..., s], shifted)
                inner[i, :, j] += np.einsum("kla,la->kl", rows.reshape(count, *shape), states[..., s])
                if j == 0:
                    outer[s, i] = rows
                    shadow[s, i] = np.einsum(
                        "ka,kat->kt", states[..., s], (overlap @ vectors).reshape(states.shape)
                    )
            inner[j, :, i] = inner[i, :, j].T
    for axis in (0, 2):
        inner = _slope(inner, axis)
    outer, shadow = _slope(outer, 1), _slope(shadow, 1)
    total = count * width
    return Tangents(
        inner.transpose(1, 0, 3, 2).reshape(total, total),
        outer.transpose(0, 2, 1, 3).reshape(m, total, -1),
        shadow.transpose(0, 2, 1, 3).reshape(m, total, m),
    )


def _slope(values: np.ndarray, axis: int) -> np.ndarray:
    """Differences to the first along the axis, over STEP."""
    first, others = np.split(values, [1], axis)
    return (others - first) / STEP
