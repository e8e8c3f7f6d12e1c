"""Profiles and minima of fits with nuisance parameters."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hadronlab.data.sources import Radii
from hadronlab.errors import ConfigError
from hadronlab.losses.loss import Loss
from hadronlab.losses.nuisances import Nuisance, Nuisances
from hadronlab.models.potentials.free import Free
from hadronlab.observables.learned_potential import LearnedPotential
from hadronlab.observables.minima import Minima
from hadronlab.observables.profile import Profile
from hadronlab.optim.gauss_newton import GaussNewton
from hadronlab.optim.least_squares import LeastSquares
from hadronlab.systems.hadrons import HadronPair

PAIR = HadronPair("pair", 1000.0, 1000.0)


class Wells(Loss):
    """χ² of e = ((a² − 1)/σ, shift (a − 1), 10 (R − 2a)): two minima; σ grows with the systematic errors."""

    def __init__(self, sigma: float = 0.1, shift: float = 0.8, systematic: float = 0.0) -> None:
        super().__init__(torch.ones(1, dtype=torch.float64))
        self.sigma, self.shift, self.systematic = sigma, shift, systematic
        self.nuisances = Nuisances(
            [
                Nuisance("inverse_scattering_length", 0.0, math.inf),
                Nuisance("source_radius", 0.0, math.inf, unit="fm"),
            ]
        )
        self.nuisance = nn.Parameter(torch.tensor([5.0, 5.0], dtype=torch.float64))

    def residual(self, U: Tensor | None, V: Tensor | None, rows: Tensor, bin: int = 0) -> Tensor:
        assert self.nuisance is not None
        a, radius = self.nuisances.values(self.nuisance).values()
        return torch.stack([(a**2 - 1.0) / self.sigma, self.shift * (a - 1.0), 10.0 * (radius - 2.0 * a)])

    def with_systematic(self) -> Loss:
        return Wells(self.sigma + self.systematic, self.shift / 4, 0.0) if self.systematic else self


def learned(loss: Loss) -> LearnedPotential:
    model = Free()
    GaussNewton(LeastSquares(model, {"wells": loss})).run(60, 1e-12)
    return LearnedPotential([model], Radii().load(PAIR), PAIR, 1.0, losses={"wells": loss})


@pytest.mark.slow
def test_a_profile_has_the_interval_where_chi_square_rises_by_one() -> None:
    result = Profile("source_radius", points=41).observe(learned(Wells()))
    rows = result.estimates["profile.source_radius"]
    assert rows.rows == ("source_radius", "chi2", "inverse_scattering_length")
    radius, chi2, a = rows.value
    slope = 4.0 * a * (a**2 - 1.0) / 0.1**2 + 2.0 * 0.8**2 * (a - 1.0) - 400.0 * (radius - 2.0 * a)
    curvature = (12.0 * a**2 - 4.0) / 0.1**2 + 2.0 * 0.8**2 + 800.0
    assert np.abs(slope / curvature).max() < 1e-4  # a is where χ² is least at each radius
    of = result.estimates["source_radius.profile"]
    assert of.value == pytest.approx(2.0, abs=1e-6) and of.unit == "fm" and of.interval is not None
    for end in of.interval:  # on the curve itself, which is not a parabola here
        assert np.interp(end, radius, chi2) == pytest.approx(1.0, abs=0.02)
    assert result.warnings == []


def test_a_profile_that_ends_early_has_no_interval_and_a_lower_point_is_told() -> None:
    of = learned(Wells())
    result = Profile("source_radius", values=[1.99, 2.01], points=5).observe(of)
    assert result.estimates["source_radius.profile"].interval is None
    with torch.no_grad():
        of.losses["wells"].nuisance.copy_(torch.tensor([8.0, 16.0]))
    result = Profile("source_radius", values=[1.0, 3.0], points=9).observe(of)
    assert "has a χ² lower by" in result.warnings[0] and "train longer" in result.warnings[0]


def test_every_minimum_is_told_with_what_it_costs() -> None:
    starts = {"inverse_scattering_length": [-2.0, 2.0], "source_radius": [1.0]}
    result = Minima(starts).observe(learned(Wells()))
    table = result.estimates["minima"]
    assert table.rows == ("chi2", "inverse_scattering_length", "source_radius") and table.value.shape == (
        3,
        2,
    )
    chi2, a, radius = table.value
    assert a[0] == pytest.approx(1.0, abs=1e-4) and a[1] == pytest.approx(-1.0, abs=0.01)
    np.testing.assert_allclose(radius, 2 * a, atol=1e-3)
    assert chi2[1] == pytest.approx(4 * 0.8**2, rel=0.01)
    (told,) = result.warnings
    assert told.startswith("other minima") and "(+2.5" in told


def test_systematic_errors_may_leave_the_sign_open() -> None:
    starts = {"inverse_scattering_length": [-2.0, 2.0]}
    result = Minima(starts).observe(learned(Wells(systematic=0.1)))
    assert result.estimates["minima_systematic"].value.shape == (3, 2)
    signs = [line for line in result.warnings if "do not determine the sign" in line]
    assert len(signs) == 2 and all(line.startswith("with systematic errors") for line in signs)
    near = Minima(starts, within=1.0).observe(learned(Wells()))
    assert near.estimates["minima"].value.shape == (3, 1) and near.warnings == []


def test_a_fit_that_ended_in_the_higher_minimum_is_told() -> None:
    loss = Wells()
    with torch.no_grad():
        loss.nuisance.copy_(torch.tensor([-9.0, -18.0]))
    result = Minima({"inverse_scattering_length": [2.0]}).observe(learned(loss))
    assert result.warnings[0].startswith("the fit is not in its lowest minimum")


def test_mistakes() -> None:
    for name in ("Profile", "Minima"):
        observable = Profile("radius") if name == "Profile" else Minima({"radius": [1.0]})
        with pytest.raises(ConfigError, match=r"radius is not fitted: source_radius, lambda is"):
            observable.check(["source_radius", "lambda"])
    with pytest.raises(ConfigError, match="increasing"):
        Profile(values=[3.0, 1.0])
    with pytest.raises(ConfigError, match="above zero"):
        Minima({}, within=0.0)
    with pytest.raises(ConfigError, match="it is above zero"):
        Nuisance("source_radius", 1.0, math.inf, True).nu(-1.0)
