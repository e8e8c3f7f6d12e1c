"""Potentials of which values are known."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hadronlab.errors import HadronlabError
from hadronlab.physics.forces.local_potentials import Gaussians
from hadronlab.physics.forces.tabulated import TabulatedPotential
from hadronlab.physics.scattering.rmatrix import RMatrix

EXACT = Gaussians([-60.0], [0.8])


@pytest.mark.parametrize("first", [0.0, 0.1])
def test_values_between_the_points(first: float) -> None:
    r = np.arange(first, 5.0, 0.1)
    table = TabulatedPotential(r, EXACT(torch.from_numpy(r)).numpy())
    assert table.reach == pytest.approx(4.9)
    at = torch.linspace(0.0, 4.9, 333, dtype=torch.float64)
    # a cubic spline of spacing h is off by about h⁴ V⁗/384
    torch.testing.assert_close(table.local(at), EXACT(at), rtol=0, atol=1e-2)
    assert float(table.local(torch.tensor([4.91], dtype=torch.float64))) == 0.0
    mesh = RMatrix(4.9, 60, 600.0)
    found, expected = (float(mesh.scattering_length(V=V(mesh.r))) for V in (table, EXACT))
    assert found == pytest.approx(expected, rel=1e-4)


def test_a_square_well_ends_where_its_table_does() -> None:
    """a0 = R − tan(KR)/K, for the mesh can end at `reach`."""
    well = TabulatedPotential(np.linspace(0, 2, 9), np.full(9, -30.0))
    mesh = RMatrix(well.reach, 40, 500.0)
    K = np.sqrt(30.0 / mesh.kinetic)
    assert float(mesh.scattering_length(V=well(mesh.r))) == pytest.approx(2 - np.tan(2 * K) / K, rel=1e-9)


@pytest.mark.parametrize(
    ("r", "V", "message"),
    [
        ([0, 1, 2], [1, 1, 1], "3 radii and 3 values; give at least 5"),
        ([0, 1, 2, 3, 4], [1, 1, 1, 1], "5 radii and 4 values"),
        ([0, 1, 1, 3, 4], [1, 1, 1, 1, 1], "increasing"),
        ([-1, 1, 2, 3, 4], [1, 1, 1, 1, 1], "from r ≥ 0"),
        ([0, 1, 2, 3, 4], [1, 1, float("nan"), 1, 1], "NaN"),
        ([0.8, 0.9, 1, 3, 4], [1, 1, 1, 1, 1], "begins at r=0.8 fm, which leaves open what is inside"),
    ],
)
def test_bad_tables_are_refused(r: list[float], V: list[float], message: str) -> None:
    with pytest.raises(HadronlabError, match=message):
        TabulatedPotential(r, V)
