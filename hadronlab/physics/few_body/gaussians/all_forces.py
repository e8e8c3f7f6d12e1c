"""Levels in a given basis of Gaussians by all forces, those of many bodies too."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hadronlab.physics.few_body.gaussians.eigen import lowest, mean_of
from hadronlab.physics.few_body.gaussians.exponents import to_exponents
from hadronlab.physics.few_body.gaussians.hamiltonian import Hamiltonian


class Levels(NamedTuple):
    """Of exponents: H and S of their functions, the vectors of the levels, and the error of what is sampled."""

    parameters: np.ndarray
    energy: np.ndarray
    overlap: np.ndarray
    vectors: np.ndarray
    sampling: float


def levels_of(hamiltonian: Hamiltonian, parameters: np.ndarray, states: int, above: float) -> Levels:
    """The lowest `states` of `parameters` (K, d(d+1)/2); above: an energy above them."""
    exponents = to_exponents(parameters)
    pairs, overlap = hamiltonian.matrices(exponents, exponents)
    energy, differences = hamiltonian.corrected(exponents, pairs)
    vectors = lowest(energy, overlap, states, above, least=hamiltonian.ridge)[1]
    by_rule = np.array([mean_of(vectors, one) for one in differences]).reshape(-1, states)
    error = by_rule.std(0, ddof=1) / np.sqrt(len(by_rule)) if len(by_rule) else np.zeros(1)
    return Levels(parameters, energy, overlap, vectors, float(error.max()))
