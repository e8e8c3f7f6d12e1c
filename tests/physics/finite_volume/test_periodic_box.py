"""Levels in the periodic box: an independent code on the lattice and in the continuum, exact free levels, the real ΞΞ bins."""

from __future__ import annotations

import math
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from hadronlab.data.lattice import kinetic
from hadronlab.data.r_correlator import read
from hadronlab.errors import HadronlabError
from hadronlab.physics.constants import HBAR_C
from hadronlab.physics.finite_volume.cubic_symmetry import ReducedCube, elements
from hadronlab.physics.finite_volume.kinematics import energy_shift
from hadronlab.physics.finite_volume.lowest_levels import low_rank, lowest_levels
from hadronlab.physics.finite_volume.luescher import Frame
from hadronlab.physics.finite_volume.periodic_box import BoxForce, PeriodicBox
from hadronlab.physics.forces.local_potentials import Gaussians, LocalPotential, omega_ccc
from hadronlab.physics.forces.tensor_force import TensorForce
from hadronlab.physics.scattering.channels import Channel
from hadronlab.physics.scattering.coupled_channels import CoupledRMatrix

DATA = Path(os.environ.get("HADRONLAB_DATA", Path(__file__).parents[4] / "shared" / "data"))
SPACING, OMEGA = 0.0846, HBAR_C**2 / 4796.0
# Ω_ccc, L = 32: lattice, then plane waves; MeV
LATTICE = [-11.02726125, 22.02757015, 70.86050422, 123.2611296, 166.0670124, 201.4326719]
CONTINUUM = [-10.9797417, 22.20024903, 71.15526529, 123.7190043, 168.2459427, 203.8049189]
# a nonlocal potential, L = 24, a = 0.15 fm, m = 1400 MeV
NONLOCAL = [-53.37601549, 44.58820912, 151.1090074, 248.6093617, 328.7176291]
LOCAL_ONLY = [-2.996886739, 84.40242651, 173.63617, 255.0300883, 331.0330255]
# ³S₁–³D₁: 2nd-order Laplacian in a box of 8 fm, 16 and 20 sites; plane waves in 6 fm
TENSOR = {
    16: [-6.094878939, 13.87852687, 25.02539044, 42.58731217],
    20: [-5.903491891, 14.22654731, 25.15257016, 42.96347174],
}
TENSOR_CONTINUUM = [-9.455803062, 32.0781724, 44.76878431, 82.98624291]
XIXI = {  # V of every site at t = 13, wall: ΔE_n, MeV, mean over 20 bins and jackknife error
    48: ([-2.776336872, 52.1571749, 110.3353953, 165.3756304], [0.3736796114, 0.4312494491, 0.4877761685, 0.5662326126]),
    64: ([-1.453746286, 28.31960114, 60.35340782, 93.07254899], [0.3175296629, 0.3325275241, 0.3560990203, 0.3876288686]),
}  # fmt: skip
# the eigenvalues published with the data, L, m and how near they are: each volume has a mass of its own there
PUBLISHED = {
    48: (0.666907227, [-2.777892231, 51.99902548, 110.0258798], 0.03),
    64: (0.6640688294, [-1.453247543, 28.36345038, 60.43892275], 0.01),
}  # fmt: skip


def well(r: np.ndarray) -> np.ndarray:
    return omega_ccc()(torch.from_numpy(r)).numpy()


def local(r: np.ndarray) -> np.ndarray:
    return 200.0 * np.exp(-4.0 * r**2) - 50.0 * np.exp(-(r**2))


def kernel(r: np.ndarray) -> np.ndarray:
    return -120.0 * np.exp(-1.5 * np.add.outer(r**2, r**2))


class RSquared(LocalPotential):
    """V_T of the same."""

    def __call__(self, r: torch.Tensor) -> torch.Tensor:
        return -100.0 * r**2 * torch.exp(-(r**2))


def tensor_force(box: PeriodicBox) -> BoxForce:
    r = box.radii
    V = 900.0 * np.exp(-4.0 * r**2) - 75.0 * np.exp(-0.45 * r**2)
    return BoxForce(box.on_orbits(V), None, -100.0 * r**2 * np.exp(-(r**2)))


@pytest.mark.parametrize("irrep", ["A1+", "T1+"])
@pytest.mark.parametrize("n", [7, 8])
def test_the_basis_is_that_of_the_irrep(n: int, irrep: str) -> None:
    """Orthonormal, and as large as the trace of the projector says, the mean of χ × (fixed sites) × (trace of the components)."""
    cube = ReducedCube(n, irrep)
    assert abs((cube.basis.T @ cube.basis).toarray() - np.eye(cube.size)).max() < 1e-14
    sites = np.stack(np.meshgrid(*3 * [np.arange(n)], indexing="ij"), -1).reshape(-1, 3)
    group = list(elements(irrep))
    traces = [
        sign * np.trace(turned) * ((sites @ R.T - sites) % n == 0).all(1).sum() for R, turned, sign in group
    ]
    assert cube.size == np.mean(traces)


@pytest.mark.parametrize("kind", ["lattice", "continuum"])
@pytest.mark.parametrize("irrep", ["A1+", "T1+"])
def test_free_levels(irrep: str, kind: str) -> None:
    """k² of the lattice or of the continuum, with every multiplicity that the irrep has."""
    box = PeriodicBox(3.0, 9, 20.0, irrep, kind)
    p = 2.0 * math.pi / 9 * np.arange(3)
    k2 = p**2 if kind == "continuum" else 4.0 * np.sin(p / 2.0) ** 2
    k2 = k2 / box.spacing**2
    once = [0.0, k2[1], 2 * k2[1], 3 * k2[1]]
    # orbits of (0,0,1), (0,1,1), (1,1,1) hold T1+ of spin 1 twice, three times and twice
    expected = once if irrep == "A1+" else [once[i] for i in (0, 1, 1, 2, 2, 2, 3, 3)]
    assert box.levels([BoxForce()], len(expected)).energies[0] == pytest.approx(
        20.0 * np.array(expected), abs=1e-9
    )


def test_local_on_the_lattice() -> None:
    box = PeriodicBox(32 * SPACING, 32, OMEGA)
    found = box.levels([BoxForce(box.on_orbits(well(box.radii)))], 6)
    assert found.energies[0] == pytest.approx(LATTICE, abs=1e-7)
    overlap = found.states[0] @ found.states[0].T
    assert overlap == pytest.approx(np.eye(6), abs=1e-10)
    assert (box.total(found.states[0]) > 0).all()


def test_local_in_the_continuum() -> None:
    box = PeriodicBox.continuum(32 * SPACING, 31.0, OMEGA)
    found = box.levels([BoxForce(box.on_orbits(well(box.radii)))], 6).energies[0]
    assert found == pytest.approx(CONTINUUM, abs=1e-3)


def test_nonlocal() -> None:
    """A kernel of low rank on the lattice, the same as a dense one, and without it."""
    box = PeriodicBox(3.6, 24, HBAR_C**2 / 1400.0)
    V, U = box.on_orbits(local(box.radii)), kernel(box.shell_radii)
    with_noise = U + 1e-7 * np.random.default_rng(1).standard_normal(U.shape)  # of full rank
    forces = [BoxForce(V, U), BoxForce(V), BoxForce(V, 0.5 * (with_noise + with_noise.T))]
    energies = box.levels(forces, 5).energies
    assert energies[0] == pytest.approx(NONLOCAL, abs=1e-7)
    assert energies[1] == pytest.approx(LOCAL_ONLY, abs=1e-7)
    assert energies[2] == pytest.approx(NONLOCAL, abs=1e-4)


def test_the_nonlocal_continuum_is_the_limit_of_the_lattice() -> None:
    """The lattice tends to it as a², in a box that the kernel does not fill."""
    kinetic_constant = HBAR_C**2 / 1400.0
    fine = PeriodicBox.continuum(6.0, 16.0, kinetic_constant)
    exact = fine.levels([BoxForce(fine.on_orbits(local(fine.radii)), kernel(fine.shell_radii))], 2).energies[
        0
    ]
    off = []
    for n in (36, 54):
        box = PeriodicBox(6.0, n, kinetic_constant)
        force = BoxForce(box.on_orbits(local(box.radii)), kernel(box.shell_radii))
        off.append(box.levels([force], 2).energies[0] - exact)
    assert abs(off[0]).max() > 0.1
    assert off[0] / off[1] == pytest.approx(np.full(2, 2.25), rel=0.05)


@pytest.mark.parametrize("n", TENSOR)
def test_tensor_force_on_the_lattice(n: int) -> None:
    box = PeriodicBox(8.0, n, HBAR_C**2 / 938.9, "T1+")
    assert box.levels([tensor_force(box)], 4).energies[0] == pytest.approx(TENSOR[n], abs=1e-6)


def test_tensor_force_in_the_continuum() -> None:
    box = PeriodicBox.continuum(6.0, 9.5, HBAR_C**2 / 938.9, "T1+")
    assert box.levels([tensor_force(box)], 4).energies[0] == pytest.approx(TENSOR_CONTINUUM, abs=1e-3)


def test_levels_of_a_tensor_force_are_those_of_the_eigenphase() -> None:
    """Lüscher's relation of a T1+ level misses Blatt and Biedenharn's δα at 6 fm by 11 mrad, as an independent code does."""
    c = HBAR_C**2 / 938.9
    box = PeriodicBox.continuum(6.0, 9.5, c, "T1+")
    k2 = box.levels([tensor_force(box)], 2).energies[0, 1] / c
    off = np.arctan2(math.sqrt(k2), Frame(6.0).k_cot_delta(k2))
    assert off == pytest.approx(math.radians(51.58588442), abs=1e-4)
    rmatrix = CoupledRMatrix(8.0, 60, [Channel(c), Channel(c, 0.0, 2)])
    solved = rmatrix.solve(V=TensorForce(Gaussians((900.0, -75.0), (4.0, 0.45)), RSquared()).local(rmatrix.r))
    eigen = solved.blatt_biedenharn(torch.tensor([c * k2])).delta[0, 0] % math.pi
    assert off - float(eigen) == pytest.approx(0.01105406, abs=2e-4)


def test_deeper_and_shallower_bins() -> None:
    """The later ones are sought near the first, wherever they are."""
    box = PeriodicBox.continuum(3.0, 15.0, OMEGA)
    V = box.on_orbits(well(box.radii))
    forces = [BoxForce(0.2 * V), BoxForce(3.0 * V), BoxForce(-V)]
    together = box.levels(forces, 3).energies
    alone = [box.levels([force], 3).energies[0] for force in forces]
    assert together == pytest.approx(np.array(alone), abs=1e-9)


def test_low_rank_keeps_everything_that_counts() -> None:
    r = np.linspace(0.05, 3.0, 200)
    for matrix in (
        kernel(r),
        np.exp(-200.0 * np.subtract.outer(r, r) ** 2),
    ):  # of rank one, and of some hundred
        found = low_rank(matrix)
        rebuilt = found @ np.eye(len(r))
        assert np.linalg.norm(rebuilt - matrix) < 1e-10 * np.linalg.norm(matrix)
    assert len(low_rank(kernel(r)).strengths) == 1


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("length", XIXI)
def test_real_bins(length: int) -> None:
    """V(r) of every site and bin. With the mass of that volume, the published levels too."""
    path = DATA / f"xixi_1s0_L{length}.h5"
    if not path.exists():
        pytest.skip("the public lattice files are not here")
    for mass, (mean, error), near in (
        (0.665, XIXI[length], 1e-6),
        (PUBLISHED[length][0], (PUBLISHED[length][1], None), PUBLISHED[length][2]),
    ):
        correlator = replace(read(path), mass=mass, mass2=mass)
        R, KR = kinetic(correlator, "wall", 13)
        m = mass * correlator.inverse_spacing
        box = PeriodicBox(length * correlator.spacing_fm, length, HBAR_C**2 / m)
        V = np.empty_like(R)
        V[:, box.cube.orbit(correlator.site)] = KR / R
        shifts = energy_shift(box.levels([BoxForce(v) for v in V[1:]], 4).energies, (m, m))
        assert shifts.mean(0)[: len(mean)] == pytest.approx(mean, abs=near)
        if error is not None:
            assert math.sqrt(19) * shifts.std(0) == pytest.approx(error, abs=1e-6)


def test_refusals() -> None:
    with pytest.raises(HadronlabError, match="choose one of A1\\+, T1\\+"):
        PeriodicBox(3.0, 8, 20.0, "E+")
    with pytest.raises(HadronlabError, match="four or more"):
        PeriodicBox(3.0, 2, 20.0)
    with pytest.raises(HadronlabError, match="lattice and continuum"):
        PeriodicBox(3.0, 8, 20.0, kind="sphere")
    with pytest.raises(HadronlabError, match="positive length"):
        PeriodicBox(math.nan, 8, 20.0)
    with pytest.raises(HadronlabError, match="ask for fewer"):
        PeriodicBox(3.0, 4, 20.0).levels([BoxForce()], 30)
    box = PeriodicBox(3.0, 4, 20.0)
    with pytest.raises(HadronlabError, match="choose T1"):
        box.levels([BoxForce(None, None, np.ones(len(box.radii)))], 2)
    with pytest.raises(HadronlabError, match="not lie below"):
        lowest_levels(np.diag(np.arange(9.0)), None, 2, 1.5)
