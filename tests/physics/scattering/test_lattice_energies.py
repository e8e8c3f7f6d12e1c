"""Energies of a lattice: the momenta of its equation in every channel."""

from __future__ import annotations

import pytest
import torch

from hadronlab.physics.forces.coupled_forces import LocalAndNonlocal, NearDiagonal, PotentialMatrix
from hadronlab.physics.forces.local_potentials import Gaussians
from hadronlab.physics.scattering.coupled_channels import CoupledRMatrix
from hadronlab.physics.scattering.lattice_energies import lattice_scattering
from hadronlab.physics.scattering.phase_parameters import channel_phases
from hadronlab.systems.coupled_pair import HadronChannel, scattering_channels

CHANNELS = (HadronChannel("LL", (1115.7, 1115.7)), HadronChannel("NX", (938.9, 1318.3)))
FORCE = LocalAndNonlocal(
    PotentialMatrix(
        [
            [Gaussians((250.0, -30.0), (4.0, 0.8)), Gaussians((-100.0,), (1.4,))],
            [Gaussians((300.0, -40.0), (4.0, 0.9))],
        ]
    ),
    NearDiagonal([[-18.0, 11.0], [11.0, -28.0]], skew=0.35),
)
MESH = CoupledRMatrix(8.0, 70, scattering_channels(CHANNELS))
SOLVED = MESH.solve(FORCE.nonlocal_part(MESH.r[:, None], MESH.r), FORCE.local(MESH.r))
ENERGY = torch.tensor([9.0, 37.0, 100.0], dtype=torch.float64)


def test_without_curvature_it_is_the_resolvent() -> None:
    S, total = lattice_scattering(SOLVED, ENERGY, torch.zeros(2, dtype=torch.float64))
    # solving the linear equation costs condition number × eps
    assert torch.allclose(S[1:], SOLVED.s_matrix(ENERGY)[1:], rtol=0, atol=1e-10)
    assert bool(S[0].isnan().any()) and torch.allclose(total, SOLVED.total_phase(ENERGY), rtol=0, atol=1e-10)


def test_phases_of_a_direct_solution() -> None:
    """The same mesh equations with one matrix an energy, by independent code: δ1, δ2 in deg and η at 37 and 100 MeV."""
    curvature = torch.tensor([channel.curvature for channel in CHANNELS], dtype=torch.float64)
    S, total = lattice_scattering(SOLVED, ENERGY, curvature)
    delta = torch.rad2deg(channel_phases(S, total, 0))
    eta = S[:, 0, 0].abs()
    direct = (
        (18.79157913, None, 1.0),
        (16.46148237, 19.99387981, 0.6966477013),
        (-1.05617188, 4.26730164, 0.7701469062),
    )
    for row, (first, second, elastic) in enumerate(direct):
        assert float(delta[row, 0]) == pytest.approx(first, abs=1e-6)  # the digits of the table
        assert float(eta[row]) == pytest.approx(elastic, abs=1e-8)
        if second is not None:
            assert float(delta[row, 1]) == pytest.approx(second, abs=1e-6)
