"""Where a fit that is not convex starts: wells on either side of binding, the lattice alone; other minima are told."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from hadronlab.data.correlations.measurement import SyntheticMeasurement
from hadronlab.data.sources import Radii
from hadronlab.errors import ConfigError
from hadronlab.losses.correlation import Correlation
from hadronlab.losses.target import well
from hadronlab.models.potentials.local import LocalGaussians
from hadronlab.models.potentials.low_rank import LowRank
from hadronlab.models.potentials.potential import Potential
from hadronlab.observables.fit import Fit
from hadronlab.observables.learned_potential import LearnedPotential, OtherMinimum
from hadronlab.optim.gauss_newton import GaussNewton
from hadronlab.optim.least_squares import LeastSquares
from hadronlab.physics.femtoscopy.sources import Gaussian
from hadronlab.physics.forces.local_potentials import Gaussians
from hadronlab.physics.scattering.hadronic_mesh import scattering_mesh
from hadronlab.systems.hadrons import HadronPair
from hadronlab.tasks.starts import StartingPoints

PAIR = HadronPair("pair", 1000.0, 1000.0, potential=Gaussians(strengths=[-60.0], exponents=[1.0]))
WAVES = Radii(5.0, 20).load(PAIR)
MESH = scattering_mesh(5.0, 500.0, PAIR.hbar_c, 1.5)


def local() -> LocalGaussians:
    return LocalGaussians([0.5, 1.0, 2.0, 4.0], scale=100.0)


@pytest.mark.parametrize("strength", [0.95, 1.05])
@pytest.mark.parametrize("nonlocal_part", [False, True])
def test_a_well_binds_from_strength_one_on(strength: float, nonlocal_part: bool) -> None:
    goal = well(MESH, 1.0, strength, nonlocal_part)
    solved = MESH.solve(goal.U, goal.V)
    assert int(solved.bound_states().count) == (strength > 1)
    assert float(solved.scattering_length()) * (strength - 1) > 0


@pytest.mark.parametrize("model", [local(), LowRank([0.5, 1.0, 2.0], scale=100.0)], ids=["local", "nonlocal"])
def test_a_potential_becomes_its_target(model: Potential) -> None:
    goal = well(MESH, 1.0, 0.8, nonlocal_part=not model.has_local)
    problem = LeastSquares(model, {"target": goal})
    J, e = problem.jacobian(problem.theta())
    slope, _ = problem.gradient(problem.theta())
    torch.testing.assert_close(J.T @ e, slope, rtol=1e-9, atol=1e-9 * float(slope.abs().max()))
    before = float(problem.loss(problem.theta()))
    GaussNewton(problem).run(10)
    assert float(problem.loss(problem.theta())) < 1e-6 * before  # the well is one of its Gaussians


@pytest.mark.slow
def test_both_branches_of_a_correlation_are_found() -> None:
    loss = Correlation(WAVES, PAIR, SyntheticMeasurement(Gaussian(1.2), points=8), Gaussian(1.2))
    problem = LeastSquares(local(), {"correlation": loss})
    before = problem.theta()
    minima = StartingPoints().lead_to(problem, MESH, steps=60)
    torch.testing.assert_close(problem.theta(), before, rtol=0, atol=0)  # the choice is the caller's
    assert [m.loss for m in minima] == sorted(m.loss for m in minima)
    assert {m.kind for m in minima} >= {0, 1}
    assert minima[0].loss < 40  # 8 points


def test_a_fit_that_will_take_long_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    loss = Correlation(WAVES, PAIR, SyntheticMeasurement(Gaussian(1.2), points=3), Gaussian(1.2))
    problem = LeastSquares(local(), {"correlation": loss})
    StartingPoints().lead_to(problem, MESH, steps=1)
    assert not caplog.records
    monkeypatch.setattr("hadronlab.tasks.starts.SLOW", 0.0)
    StartingPoints().lead_to(problem, MESH, steps=1)
    assert "up to 3 of them are taken" in caplog.text and "than these 4 parameters" in caplog.text


def test_which_starts_are_meant() -> None:
    from hadronlab.data.separable import separable_wave_data
    from hadronlab.losses.equations import Schrodinger

    linear = Schrodinger(separable_wave_data(n_momenta=2, n_radii=10))
    other = Correlation(WAVES, PAIR, SyntheticMeasurement(Gaussian(1.2), points=3), Gaussian(1.2))
    auto = StartingPoints()
    assert auto.chosen([linear]) == [] and auto.chosen([linear, other]) == ["lattice"]
    assert auto.chosen([other]) == ["unbound", "bound"]
    assert StartingPoints(["bound"]).chosen([linear]) == ["bound"]
    wrong: Any = ["lattices"]
    with pytest.raises(ConfigError, match="no 'lattices'; choose auto or a list of lattice, unbound, bound"):
        StartingPoints(wrong)


def test_other_minima_are_told() -> None:
    model, other = local(), local()
    with torch.no_grad():
        other.a[1] = -1.5  # −150 MeV: one bound state
    learned = LearnedPotential(
        [model], WAVES, PAIR, 1.5, minima=[OtherMinimum(2.5, other), OtherMinimum(400.0, other)]
    )
    found = Fit().observe(learned)
    (said,) = found.warnings
    assert "by +2.5 in χ²" in said and "1 bound state;" in said
    assert found.estimates["other_minima_excess"].value.tolist() == [2.5]
    assert found.estimates["other_minima_bound_states"].value.tolist() == [1.0]
