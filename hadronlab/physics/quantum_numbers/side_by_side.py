"""Channels in which two groups of particles stand side by side, each in channels of its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hadronlab.physics.quantum_numbers.channels import ChannelBasis
from hadronlab.physics.quantum_numbers.couplings import CoupledBasis
from hadronlab.physics.quantum_numbers.isospin import IsospinBasis
from hadronlab.physics.quantum_numbers.spin import lowered

Members = Sequence[Sequence[int]]


def side_by_side(
    whole: ChannelBasis, parts: Sequence[ChannelBasis], members: Members, spin: int, isospin: int
) -> np.ndarray:
    """⟨χ_α|[χ_a χ_b]⟩, (n, n_a, n_b), up to a sign: both parts in colour singlets, their spins and isospins coupled to those of the
    whole. It is an isometry.

    members: the particle of the whole that each particle of a part is. spin, isospin: how much the sum of those of the parts exceeds
    that of the whole.
    """
    light = whole.isospin.light
    own = [[light.index(m[i]) for i in part.isospin.light] for m, part in zip(members, parts, strict=True)]
    factors = (
        _coupled(whole.color, [part.color for part in parts], members, 0),
        _coupled(whole.spin, [part.spin for part in parts], members, spin),
        _coupled(whole.isospin, [part.isospin for part in parts], own, isospin),
    )
    product = np.einsum("abc,def,ghi->adgbehcfi", *factors)
    return product.reshape(whole.n, parts[0].n, parts[1].n)


def _coupled(
    whole: CoupledBasis | IsospinBasis,
    parts: Sequence[CoupledBasis | IsospinBasis],
    members: Members,
    excess: int,
) -> np.ndarray:
    """The same of one factor of the channels.

    Its states have the highest M. With the first part in its highest M too, the second in M_2 = S − S_1, a product holds the coupled
    state with a Clebsch–Gordan coefficient, never zero and the same for all states of the parts: it goes with the norm.
    """
    first, second = (part.vectors for part in parts)
    for _ in range(excess):
        second = lowered(second)
    states = whole.vectors.transpose(0, *(1 + i for row in members for i in row))
    a, b = first.reshape(len(first), -1), second.reshape(len(second), -1)
    product = np.einsum("nij,ai,bj->nab", states.reshape(-1, a.shape[1], b.shape[1]), a, b)
    return product / np.linalg.norm(product[:, 0, 0])
