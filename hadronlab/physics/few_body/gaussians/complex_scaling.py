"""Resonances by complex scaling r → r e^{iθ}   [Aguilar–Combes, Balslev–Combes]: continua turn by −2θ about their thresholds,
bound states stay, and a resonance E_r − iΓ/2 stands free once 2θ > −arg(E − E_thr).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh

from hadronlab.physics.few_body.gaussians.hamiltonian import Hamiltonian, Particles

CUT = 1e-10  # of the largest eigenvalue of S: functions that depend on each other more than that are dropped
EMPTY = 1e-5  # norm² of a Gaussian that the symmetriser leaves of a channel, else rounding
SLOW = 0.1  # of the speed at which a continuum turns


def rotated_levels(
    particles: Particles, exponents: np.ndarray, angles: Sequence[float], cut: float = CUT
) -> list[np.ndarray]:
    """Eigenvalues of H(θ) for every angle (radian) in the space of the Gaussians A (K, d, d), unit of the masses; by real part.

    The basis stays real and independent functions of it are chosen once, so that S is exact in all; the c-product makes
    every eigenvalue stationary.
    """
    basis: np.ndarray | None = None
    found = []
    for angle in angles:
        energy, overlap = Hamiltonian(particles, angle=angle).matrices(exponents, exponents)
        if basis is None:
            basis = independent(overlap, cut)
        values = np.linalg.eigvals(basis.T @ energy @ basis)
        found.append(values[np.argsort(values.real)])
    return found


def independent(overlap: np.ndarray, cut: float = CUT) -> np.ndarray:
    """Columns that are orthonormal in S, of functions that are not killed by the symmetriser, (n, rank)."""
    norms = overlap.diagonal()
    alive = np.flatnonzero(norms > EMPTY * norms.max())
    scale = norms[alive] ** -0.5
    values, vectors = eigh(scale[:, None] * overlap[np.ix_(alive, alive)] * scale)
    keep = values > cut * values[-1]
    basis = np.zeros((len(overlap), keep.sum()))
    basis[alive] = scale[:, None] * vectors[:, keep] / np.sqrt(values[keep])
    return basis


@dataclass(frozen=True)
class Pole:
    """A resonance E_r − iΓ/2, `energy`; `spread`: how far it moves while it stands still, `along` the first and the last of the
    angles (radian), or of real scales.
    """

    energy: complex
    spread: float
    along: tuple[float, float]


def poles(
    levels: Sequence[np.ndarray],
    angles: Sequence[float],
    thresholds: Sequence[float],
    slow: float = SLOW,
    least: float = 0.0,
) -> list[Pole]:
    """What stands still at three angles in a row or more, and over `least` of them, above the lowest of the thresholds; by real part.

    A level of a continuum moves by 2|E − E_thr| dθ. What moves by less than the part `slow` of that, with the nearest threshold,
    is a pole; all thresholds below the energies of interest have to be given.
    """
    starts = np.array(sorted(thresholds))
    found: list[Pole] = []
    for first in range(len(angles) - 2):
        for energy in levels[first][levels[first].real > starts[0]]:
            track = [energy]
            for before, here, values in zip(
                angles[first:], angles[first + 1 :], levels[first + 1 :], strict=False
            ):
                nearest = values[np.abs(values - track[-1]).argmin()]
                turned = 2 * (here - before) * np.abs(track[-1] - starts).min()
                if abs(nearest - track[-1]) > slow * turned:
                    break
                track.append(nearest)
            last = first + len(track) - 1
            if len(track) < 3 or angles[last] - angles[first] < least:
                continue
            steps = np.abs(np.diff(track)) / np.diff(angles[first : last + 1])
            still = int(steps.argmin())
            middle = complex(track[still] + track[still + 1]) / 2
            spread = float(np.abs(np.array(track) - middle).max())
            pole = Pole(middle, spread, (float(angles[first]), float(angles[last])))
            if all(abs(pole.energy - other.energy) > pole.spread + other.spread for other in found):
                found.append(pole)
    return sorted(found, key=lambda pole: pole.energy.real)
