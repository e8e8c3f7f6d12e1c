"""H − E between the tangents ∂ψ/∂θ of the levels: the matrix of Gauss–Newton steps.

With θ → θ + δ and c → c + y, E_s moves by 2gᵀδ + (δ, y)ᵀ⟨H − E_s⟩(δ, y), (δ, y) a vector in the space of the tangents
Σ_α c_kα ∂φ_kα/∂θ_ki and of the basis φ_kα. What is left out, second derivatives of ψ, multiplies (H − E)ψ, which is
small where the basis is good.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hadronlab.physics.few_body.gaussians.elements import Elements, inverse, product
from hadronlab.physics.few_body.gaussians.exponents import directions, to_exponents
from hadronlab.physics.few_body.gaussians.hamiltonian import Hamiltonian, density_of
from hadronlab.physics.few_body.gaussians.many_body import POINTING

NUDGE = 1e-6  # of variances, for second derivatives of the means: the step need not be exact


@dataclass(frozen=True)
class Tangents:
    """Σ_s ⟨H − E_s⟩ between tangents `inner` (T, T); ⟨H − E_s⟩ with the basis `outer` (states, T, B); overlaps with the levels
    `shadow` (states, T, states). T = K·d(d+1)/2, B = K·n_channels.
    """

    inner: np.ndarray
    outer: np.ndarray
    shadow: np.ndarray


def tangents(
    hamiltonian: Hamiltonian, parameters: np.ndarray, vectors: np.ndarray, energies: np.ndarray
) -> Tangents:
    """Of the levels with vectors (B, states), cᵀSc = 1, and energies (states,)."""
    count, width = parameters.shape
    n, m, d = hamiltonian.n_channels, vectors.shape[1], hamiltonian.dimension
    exponents, states = to_exponents(parameters), vectors.reshape(count, n, m)
    pairs = np.triu_indices(d)
    twice = np.where(pairs[0] == pairs[1], 1.0, 2.0)  # off-diagonal elements occur twice
    along = directions(parameters)
    inner = np.zeros((count, width, count, width))
    outer = np.zeros((m, count, width, count, n))
    shadow = np.zeros((m, count, width, m))
    for rows, found, g, right in hamiltonian.blocks(exponents, exponents):
        left = np.ascontiguousarray(np.moveaxis(exponents[rows], 0, -1))[..., None]
        rotation = hamiltonian.rotations[g]
        on_left = twice * along[rows][:, :, *pairs]  # (rows, width, pairs)
        on_right = twice * (rotation.T @ along @ rotation)[:, :, *pairs]
        block = _Block(hamiltonian, found, left, right, g, pairs)
        elements = np.moveaxis(block.second(states[rows], states, energies), 2, 0)
        half = on_left @ elements.reshape(len(on_left), len(twice), -1)
        half = half.reshape(len(on_left), width, len(twice), count).transpose(3, 0, 1, 2)
        whole = half.reshape(count, -1, len(twice)) @ on_right.transpose(0, 2, 1)
        inner[rows] += whole.reshape(count, len(on_left), width, width).transpose(1, 2, 0, 3)
        for s in range(m):
            first, overlap = block.first(states[rows][..., s], states, energies[s])
            moved = on_left @ first.reshape(len(on_left), len(twice), -1)
            outer[s, rows] += moved.reshape(len(on_left), width, n, count).transpose(0, 1, 3, 2)
            shadow[s, rows] += on_left @ overlap
    total = count * width
    return Tangents(inner.reshape(total, total), outer.reshape(m, total, -1), shadow.reshape(m, total, m))


class _Block:
    """Derivatives of the elements of one permutation, by the independent A_ij, i ≤ j, on either side."""

    def __init__(
        self,
        hamiltonian: Hamiltonian,
        found: Elements,
        left: np.ndarray,
        right: np.ndarray,
        g: int,
        pairs: tuple[np.ndarray, np.ndarray],
    ) -> None:
        self.found, self.pairs = found, pairs
        self.own = found.kinetic + hamiltonian.constant
        self.signed = hamiltonian.signed[g]
        self.coupled = hamiltonian.operators @ self.signed
        c = found.covariance
        self.norm = [0.75 * inverse(side)[0] - 1.5 * c for side in (left, right)]  # ∂ ln⟨A|A'⟩
        squares = (product(right, right), product(left, left))
        self.kinetic = [1.5 * product(product(c, square), c) for square in squares]
        self.bend: np.ndarray | None = None  # of the rest of a force of many bodies, by both sides
        if hamiltonian.many_body is not None:
            rest, pull, self.bend = hamiltonian.many_body.bent(c, POINTING)
            self.own = self.own + rest
            self.kinetic = [kinetic + pull for kinetic in self.kinetic]
        self.mixed = 1.5 * product(product(c, product(left, right)), c)
        self.along = np.tensordot(hamiltonian.pair_rows, c, (1, 0))  # C w_p, (n_pairs, d, …)
        self.turns = self.along[:, pairs[0]] * self.along[:, pairs[1]]  # −∂v_p, (n_pairs, pairs, …)
        values, slopes = hamiltonian.means(found.variance)
        curvature = (hamiltonian.means(found.variance * (1 + NUDGE))[1] - slopes) / (NUDGE * found.variance)
        self.values, self.slopes, self.curvature = (found.overlap * x for x in (values, slopes, curvature))

    def second(self, left: np.ndarray, right: np.ndarray, energies: np.ndarray) -> np.ndarray:
        """∂²/∂A∂A' of Σ_s c_sᵀ(H − E_s)c_s, (pairs, pairs, rows, count)."""
        found, (i, j) = self.found, self.pairs
        density = found.overlap * density_of(left, self.signed @ right)
        moved = density_of(left, self.signed @ (right * energies))
        coupled = np.empty((len(self.coupled), *found.overlap.shape))
        for o, operator in enumerate(self.coupled):
            coupled[o] = density_of(left, operator @ right)
        coupled = coupled.reshape(self.values.shape)
        energy = density * self.own - found.overlap * moved + (coupled * self.values).sum((0, 1))
        slope, curvature = ((coupled * x).sum(0) for x in (self.slopes, self.curvature))
        force = np.einsum("pkl,pikl,pjkl->ijkl", slope, self.along, self.along, optimize=True)
        by_left, by_right = (density * kinetic - force for kinetic in self.kinetic)
        norm_left, norm_right = self.norm
        result = (energy * norm_left + by_left)[i, j][:, None] * norm_right[i, j][None]
        result += norm_left[i, j][:, None] * by_right[i, j][None]
        mixed = 0.75 * energy * found.covariance + density * self.mixed + force
        result += _both_sides(found.covariance, mixed, i, j)
        if self.bend is not None:
            result += density * self.bend[i, j][:, i, j]
        for turn, weight in zip(self.turns, curvature, strict=True):
            result += (weight * turn)[:, None] * turn[None]
        return result

    def first(self, left: np.ndarray, states: np.ndarray, energy: float) -> tuple[np.ndarray, np.ndarray]:
        """∂/∂A of c_sᵀ(H − E_s) to every function on the right, (rows, pairs, n_channels, count), and of c_sᵀS c_t,
        (rows, pairs, states).
        """
        found, (i, j) = self.found, self.pairs
        norm, kinetic = (np.moveaxis(x[i, j], 1, 0) for x in (self.norm[0], self.kinetic[0]))
        bare = left @ self.signed  # (rows, n)
        coupled = np.einsum("ka,oab->kob", left, self.coupled)
        values = np.moveaxis(self.values.reshape(len(self.coupled), *found.overlap.shape), 1, 0)
        shift = found.overlap * (self.own - energy)
        elements = coupled.transpose(0, 2, 1) @ values + bare[:, :, None] * shift[:, None]
        result = norm[:, :, None] * elements[:, None]
        result += kinetic[:, :, None] * (bare[:, :, None] * found.overlap[:, None])[:, None]
        by_pair = coupled.reshape(len(left), *self.slopes.shape[:2], bare.shape[1])
        forces = np.einsum("kopb,opkl->kpbl", by_pair, self.slopes, optimize=True)
        result -= np.einsum("pakl,kpbl->kabl", self.turns, forces, optimize=True)
        overlap = np.einsum("kb,lbt,kl->klt", bare, states, found.overlap, optimize=True)
        return result, norm @ overlap


def _both_sides(c: np.ndarray, z: np.ndarray, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """2 C_jk Z_li, symmetric in i, j and in k, l: the second derivative 2 Tr(X C X' Z)."""
    p, q, r, s = i[:, None], j[:, None], i[None], j[None]
    return 0.5 * (c[q, r] * z[s, p] + c[p, r] * z[s, q] + c[q, s] * z[r, p] + c[p, s] * z[r, q])
