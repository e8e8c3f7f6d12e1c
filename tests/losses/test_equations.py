"""Eq. 4 and Eq. 5 against exact answers: the true U has the quadrature's loss, U = 0 the loss of a collapse."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from hadronlab.data.separable import separable_wave_data
from hadronlab.errors import ConfigError
from hadronlab.losses.equations import RCorrelator, Schrodinger
from hadronlab.losses.loss import collapsed
from hadronlab.physics.forces.separable import Separable

DATA = separable_wave_data(quadrature="rectangle")
TRUE_U = Separable().nonlocal_part(DATA.r[:, None], DATA.r[None, :])


def test_exact_potential_and_no_potential() -> None:
    loss = Schrodinger(DATA)
    assert float(loss(TRUE_U, None, DATA.rows)) == pytest.approx(
        3.1e-8, rel=0.02
    )  # physics of the paper's grid
    assert float(loss.zero()) == pytest.approx(3.78, abs=0.005)


def test_the_residual_is_affine_in_both_potentials() -> None:
    loss = Schrodinger(DATA)
    generator = torch.Generator().manual_seed(1)
    U, W = torch.randn(2, 100, 100, generator=generator, dtype=torch.float64)
    V = torch.randn(100, generator=generator, dtype=torch.float64)
    rows = DATA.rows
    zero = loss.residual(None, None, rows)
    both = loss.residual(U + 2 * W, V, rows) - zero
    parts = (loss.residual(U, None, rows) - zero) + 2 * (loss.residual(W, None, rows) - zero)
    torch.testing.assert_close(both, parts + loss.residual(None, V, rows) - zero, atol=1e-9, rtol=1e-9)


def test_a_local_potential_enters_as_a_product() -> None:
    V = torch.linspace(-1, 1, 100, dtype=torch.float64)
    left = Schrodinger(DATA).residual(None, V, DATA.rows)
    torch.testing.assert_close(left, DATA.lhs[0] - V * DATA.amplitude[0])


def test_errors_weigh_the_r_correlator() -> None:
    error = torch.rand(10, 100, dtype=torch.float64) + 0.5
    loss = RCorrelator(replace(DATA, error=error))
    torch.testing.assert_close(loss.residual(None, None, DATA.rows), DATA.lhs[0] / error)


def test_uniform_weights_count_the_residuals_of_no_potential() -> None:
    assert float(RCorrelator(DATA, weighting="uniform").zero()) == pytest.approx(1000.0)
    with pytest.raises(ConfigError, match="choose one of error"):
        RCorrelator(DATA, weighting="loud")


def test_jackknife_bins_use_their_own_data() -> None:
    bins = torch.stack([DATA.lhs[0], DATA.lhs[0] * 1.1, DATA.lhs[0] * 0.9])
    data = replace(DATA, lhs=bins, amplitude=DATA.amplitude.expand(3, -1, -1))
    loss = Schrodinger(data)
    for b in range(3):
        torch.testing.assert_close(loss.residual(None, None, data.rows, b), bins[b])


def test_collapse_is_told_from_learning() -> None:
    assert collapsed(3.78, 3.78)
    assert not collapsed(0.2, 3.78)
    assert not collapsed(50.0, 3.78)  # a network that has not begun to learn
