"""The separable data on the paper's grid, against numbers worked out in closed form."""

from __future__ import annotations

import pytest
import torch

from hadronlab.data.separable import separable_wave_data
from hadronlab.data.sources import SeparableWaves
from hadronlab.errors import ConfigError, HadronlabError
from hadronlab.physics.forces.separable import Separable
from hadronlab.systems.hadrons import HadronPair


@pytest.mark.parametrize(("quadrature", "loss"), [("rectangle", 3.12e-8), ("trapezoid", 3.22e-8)])
def test_exact_potential_solves_the_equation(quadrature: str, loss: float) -> None:
    data = separable_wave_data(quadrature=quadrature)
    U = Separable().nonlocal_part(data.r[:, None], data.r)
    residual = data.lhs - torch.einsum("ij,j,bkj->bki", U, data.weight, data.amplitude)
    assert float(residual.square().sum()) == pytest.approx(loss, rel=0.01)
    assert float(data.lhs.square().sum()) == pytest.approx(3.78, abs=0.001)  # the loss of U = 0


def test_grid_and_values() -> None:
    data = separable_wave_data(n_radii=1250, r_max=12.5)
    assert data.amplitude.shape == (1, 10, 1250) and data.hbar_c == 1.0 and data.reduced_mass == 3.3
    assert data.momenta is not None and data.momenta[[0, -1]].tolist() == pytest.approx([0.01, 1.0])
    first, at_one, at_five = (int((data.r - x).abs().argmin()) for x in (0.01, 1.0, 5.0))
    assert float(data.amplitude[0, 0, first]) == pytest.approx(2.69524147, abs=1e-8)
    assert float(data.amplitude[0, 0, at_one]) == pytest.approx(2.31245331, abs=1e-8)
    assert float(data.amplitude[0, 0, at_five]) == pytest.approx(0.44363851, abs=1e-8)
    assert float(data.lhs[0, 0, first]) == pytest.approx(-0.55407979, abs=1e-8)


def test_bad_settings_are_refused() -> None:
    with pytest.raises(ConfigError, match="r_min < r_max"):
        separable_wave_data(r_min=2.0, r_max=1.0)
    with pytest.raises(ConfigError, match="momenta"):
        separable_wave_data(n_momenta=0)
    with pytest.raises(HadronlabError, match="choose one of"):
        separable_wave_data(quadrature="magic")


def test_the_pair_has_the_mass_of_its_potential() -> None:
    """`system.mass1` alone would change the name of the mass, not the wave functions."""
    waves = SeparableWaves(n_momenta=2, n_radii=9)
    assert waves.load(HadronPair("toy", 6.6, 6.6, 1.0, Separable())).reduced_mass == 3.3
    with pytest.raises(ConfigError, match=r"reduced_mass = 3\.3 is not that of system=toy, 4: give"):
        waves.load(HadronPair("toy", 8.0, 8.0, 1.0, Separable()))
    with pytest.raises(ConfigError, match="choose data=synthetic"):
        waves.load(HadronPair("other", 6.6, 6.6, 1.0))
