"""Known forces between coupled channels: symmetric, and with the phases of independent solvers."""

from __future__ import annotations

import math

import pytest
import torch

from hadronlab.errors import HadronlabError
from hadronlab.physics.forces.coupled_forces import (
    LocalAndNonlocal,
    NearDiagonal,
    PotentialMatrix,
    PowerGaussian,
)
from hadronlab.physics.forces.local_potentials import Gaussians
from hadronlab.physics.forces.tensor_force import TensorForce
from hadronlab.physics.scattering.channels import hadron_channels
from hadronlab.physics.scattering.coupled_channels import CoupledRMatrix

FORCE = LocalAndNonlocal(
    TensorForce(Gaussians((900.0, -75.0), (4.0, 0.45)), PowerGaussian(-60.0, 1.0)),
    NearDiagonal([[-60.0, 25.0], [25.0, -30.0]], orbital=[0, 2]),
)
# E in MeV; Stapp's δ1, δ2, ε in deg of the momentum-space and the R-matrix solver of the notes
PHASES = {8.0: (86.58300439, 0.0567159642, 1.801247736), 40.0: (41.44404905, 1.190934695, 6.987487634)}


def test_phases_of_a_nonlocal_tensor_force() -> None:
    mesh = CoupledRMatrix(10.0, 90, hadron_channels([[938.9, 938.9]] * 2, [0, 2]))
    solved = mesh.solve(FORCE.nonlocal_part(mesh.r[:, None], mesh.r), FORCE.local(mesh.r))
    found = solved.stapp(torch.tensor(list(PHASES), dtype=torch.float64))
    angles = torch.rad2deg(torch.stack([*found.delta.T, found.epsilon], -1))
    # 1e-5 deg: the digits of the table, and what the end of the mesh at 10 fm leaves of V
    assert torch.allclose(angles, torch.tensor(list(PHASES.values())).double(), rtol=0, atol=1e-5)


def test_the_blocks_are_each_other_turned_around() -> None:
    r = torch.linspace(0.1, 3.0, 7, dtype=torch.float64)
    U = NearDiagonal([[-18.0, 11.0], [11.0, -28.0]], skew=0.35).nonlocal_part(r[:, None], r)
    assert torch.allclose(U[0, 1], U[1, 0].T, rtol=1e-14) and not torch.allclose(
        U[0, 1], U[0, 1].T, rtol=1e-3
    )
    z = 2 * 0.7 * 1.1 / 0.36  # as the formula is written
    k = math.exp(-(0.7**2 + 1.1**2) / 0.36) * math.sinh(z) / z
    want = -18.0 * k * math.exp(-0.45 * (0.7**2 + 1.1**2))
    points = torch.tensor([0.7, 1.1], dtype=torch.float64)
    assert NearDiagonal([[-18.0]]).nonlocal_part(*points)[0, 0].item() == pytest.approx(want, rel=1e-13)


def test_a_matrix_of_local_potentials() -> None:
    r = torch.linspace(0.1, 3.0, 7, dtype=torch.float64)
    parts = [Gaussians((c,), (1.0,)) for c in (1.0, 2.0, 3.0)]
    V = PotentialMatrix([parts[:2], parts[2:]]).local(r)
    assert torch.equal(V[0, 1], V[1, 0]) and torch.equal(V[1, 1], parts[2](r))
    with pytest.raises(HadronlabError, match="V_11, V_12"):
        PotentialMatrix([parts])
    with pytest.raises(HadronlabError, match="symmetric matrix"):
        NearDiagonal([[1.0, 2.0], [3.0, 1.0]])
