"""Independent points of |ψ|²: their distribution is that of the matrix elements."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from hadronlab.physics.few_body.gaussians import draws as draws_module
from hadronlab.physics.few_body.gaussians.draws import Draws
from hadronlab.physics.few_body.gaussians.expectations import pair_densities, rms_distances
from hadronlab.physics.few_body.gaussians.solve import solve
from hadronlab.systems.leptons import lepton_system
from hadronlab.systems.quarks import quark_system

SYSTEMS = {
    "nucleon": lambda: quark_system("N", "u u d", 0.5, 0.5),
    "tetraquark": lambda: quark_system("tcc", "c c u~ d~", 1, 0),
    "leptons": lambda: lepton_system("ps-", "e- e- e+"),
}


@pytest.mark.parametrize("name", SYSTEMS)
def test_points_have_the_radii_and_densities_of_the_matrix_elements(name):
    system = SYSTEMS[name]()
    found = solve(system, size=10)
    points = Draws(system, found).points(20_000, np.random.default_rng(0))
    distances = system.distances(torch.from_numpy(points)).numpy()
    squares = distances**2
    error = squares.std(1) / len(squares[0]) ** 0.5
    assert np.all(np.abs(squares.mean(1) - rms_distances(system, found)[0] ** 2) < 4.5 * error)
    edges = np.quantile(distances[0], [0.1, 0.5, 0.9])
    r = np.linspace(1e-4, edges[-1], 2000)
    density = pair_densities(system, found, r)[0, 0]
    for edge, share in zip(edges, (0.1, 0.5, 0.9), strict=True):
        inside = np.trapezoid(np.where(r <= edge, density, 0), r)
        assert inside == pytest.approx(share, abs=4.5 * (share * (1 - share) / 20_000) ** 0.5 + 1e-3)
    np.testing.assert_allclose((system.masses.numpy()[:, None, None] * points).sum(0), 0, atol=1e-10)


def test_what_is_kept():
    """One Gaussian is its own bound; where some cancel, the share that is kept is ∫|ψ|² over that of the bound."""
    system = quark_system("D", "c u~", 0, 0.5)
    draws = Draws(system, solve(system, size=1))
    draws.points(100, np.random.default_rng(0))
    assert draws.tried == draws.taken and draws.share == pytest.approx(1)
    system = SYSTEMS["nucleon"]()
    draws = Draws(system, solve(system, size=10))
    draws.points(5_000, np.random.default_rng(0))
    error = (draws.share * (1 - draws.share) / draws.tried) ** 0.5
    assert draws.taken / draws.tried == pytest.approx(draws.share, abs=4.5 * error)
    ratio = draws._ratio(draws._proposed(2_000, np.random.default_rng(1)))
    assert np.all((ratio >= 0) & (ratio <= 1 + 1e-12))


def test_where_walkers_are_better(monkeypatch):
    p_wave = quark_system("D", "c u~", 0, 0.5, L=1)
    assert Draws.of(p_wave, solve(p_wave, size=3)) is None
    system = SYSTEMS["nucleon"]()
    found = solve(system, size=10)
    assert Draws.of(system, found) is not None
    large = np.concatenate(
        [30 * found.coefficients, -29 * found.coefficients]
    )  # of the same Gaussians, twice
    twice = replace(found, exponents=np.concatenate([found.exponents] * 2), coefficients=large)
    assert Draws.of(system, twice) is None
    monkeypatch.setattr(draws_module, "MOST", 10)
    assert Draws.of(system, found) is None
