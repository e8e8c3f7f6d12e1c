"""Lüscher's relation: boxes whose infinite-volume phase is known, published levels in moving frames, and its inverse."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from hadronlab.errors import HadronlabError
from hadronlab.physics.finite_volume.kinematics import energy, energy_shift, momentum_squared
from hadronlab.physics.finite_volume.luescher import Frame
from hadronlab.physics.finite_volume.periodic_box import BoxForce, PeriodicBox
from hadronlab.physics.scattering.partial_waves import tangent
from hadronlab.physics.scattering.rmatrix import RMatrix

# the separable potential in its box, μ = 1: L, k², k cot δ by an independent code
SEPARABLE = [
    (8.0, -0.1769105842, -0.3822480771), (8.0, 0.5115842626, 1.20566582), (8.0, 1.182053554, 5.415209905),
    (12.0, -0.08019333269, -0.2586014772), (12.0, 0.1706057083, 0.1901396677), (20.0, 0.03330561335, -0.07878677566),
]  # fmt: skip
# H dibaryon, N202: side, and mass of a baryon, in m_π (from two of the published points), frame, k²/m_π², k cot δ/m_π
SIDE, MASS = 6.433311644686866, 2.83980584569588
POINTS = [
    ("000", -0.2333338514, -0.4180920759), ("000", 0.6399624611, 0.5139874102), ("000", 1.692983996, 2.101238289),
    ("001", 0.872909017, 0.7478158165), ("011", 0.02631716532, -0.1844093299), ("011", 0.417980222, 3.987586294),
    ("111", 0.1154359938, -0.104900477), ("111", 0.6135003706, 4.31508199), ("002", -0.2053240363, -0.3776024265),
]  # fmt: skip


def frame(name: str, masses: tuple[float, float] = (MASS, MASS)) -> Frame:
    x, y, z = map(int, name)
    return Frame(SIDE, masses, (x, y, z))


@pytest.mark.parametrize(("length", "k2", "exact"), SEPARABLE)
def test_at_rest(length: float, k2: float, exact: float) -> None:
    assert Frame(length).k_cot_delta(k2) == pytest.approx(exact, rel=5e-8)  # ten digits of k²


@pytest.mark.parametrize(("name", "k2", "exact"), POINTS)
def test_moving_frames(name: str, k2: float, exact: float) -> None:
    assert frame(name).k_cot_delta(k2) == pytest.approx(exact, rel=3e-8)


def bump(r: np.ndarray) -> np.ndarray:
    """A force that ends at 2 fm, in a box of 4 fm: what Lüscher misses is higher waves alone."""
    return np.where(r < 2.0, -110.0 * (1.0 - np.minimum(r, 2.0) ** 2 / 4.0) ** 6, 0.0)


def test_a_strictly_finite_range_needs_the_next_wave() -> None:
    rmatrix = RMatrix(2.0, 60, 469.46)
    V = torch.from_numpy(bump(rmatrix.r.numpy()))
    solved = rmatrix.solve(None, V)
    box = PeriodicBox.continuum(4.0, 22.0, rmatrix.kinetic)
    energies = box.levels([BoxForce(box.on_orbits(bump(box.radii)))], 3).energies[0]
    assert energies == pytest.approx([-5.111532105, 85.89826113, 187.7889898], abs=1e-6)

    def cot_delta4(k: float) -> float:
        return 1.0 / float(tangent(rmatrix, V, 4, torch.tensor([k], dtype=torch.float64))[0])

    missed = []
    for E in energies[1:]:
        k = math.sqrt(E / rmatrix.kinetic)
        exact = float(solved.phase_shifts(torch.tensor([k], dtype=torch.float64))[0])
        alone, both = (
            math.atan2(k, Frame(4.0).k_cot_delta(k * k, wave)) - exact for wave in (None, cot_delta4)
        )
        missed.append([math.remainder(alone, math.pi), math.remainder(both, math.pi)])
    assert missed[0][0] == pytest.approx(9.244e-5, rel=1e-3)
    assert abs(missed[0][1]) < 1e-7
    assert missed[1] == pytest.approx([2.671e-4, 6.3e-6], rel=0.01)


@pytest.mark.parametrize("masses", [(MASS, MASS), (2.2, 3.1)])
@pytest.mark.parametrize("name", ["000", "001", "111"])
def test_free_levels_are_the_poles(name: str, masses: tuple[float, float]) -> None:
    moving = frame(name, masses)
    for k2 in moving.free_levels(4):
        below, above = (moving.k_cot_delta(k2 + side * 1e-6) for side in (-1, 1))
        assert below > 1e3 and above < -1e3


@pytest.mark.parametrize("name", ["000", "001", "011"])
def test_levels_of_a_phase_shift(name: str) -> None:
    """What `level` finds solves the relation, one between each two free levels, and a bound state below."""
    moving, a0 = frame(name), 3.0

    def curve(k2: float) -> float:
        return -1.0 / a0 + 0.4 * k2

    free = moving.free_levels(3)
    for near in (free[0] - 0.1, 0.5 * (free[0] + free[1]), 0.5 * (free[1] + free[2])):
        k2 = moving.level(curve, near)
        low, high = moving.interval(near)
        assert low < k2 < high
        assert moving.k_cot_delta(k2) == pytest.approx(curve(k2), abs=1e-7)  # near a pole it is steep


def test_kinematics() -> None:
    masses = (938.9, 1318.3)
    k2 = np.array([-1e4, 0.0, 5e4])
    assert momentum_squared(energy(k2, masses), masses) == pytest.approx(k2, abs=1e-6)
    assert energy_shift(3.0, (1000.0, 1000.0)) == pytest.approx(2.0 * math.sqrt(1000.0**2 + 3000.0) - 2000.0)
    assert math.isnan(energy(-1e6, masses))


def test_refusals() -> None:
    with pytest.raises(HadronlabError, match="positive length"):
        Frame(0.0)
    with pytest.raises(HadronlabError, match="needs the masses"):
        Frame(4.0, None, (0, 0, 1))
    with pytest.raises(HadronlabError, match="at rest only"):
        frame("001").k_cot_delta(0.3, lambda k: 1.0)
    with pytest.raises(HadronlabError, match="below −m²"):
        frame("001").k_cot_delta(-9.0)
