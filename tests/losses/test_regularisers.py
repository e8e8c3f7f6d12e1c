"""Eq. 6 and the ridge: where U is asked to vanish, and how its size is counted."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from hadronlab.data.separable import separable_wave_data
from hadronlab.errors import ConfigError
from hadronlab.losses.loss import reference_scale
from hadronlab.losses.regularisers import Asymptotic, LocalRidge, Ridge
from hadronlab.physics.forces.separable import Separable

DATA = separable_wave_data(quadrature="rectangle")
TRUE_U = Separable().nonlocal_part(DATA.r[:, None], DATA.r[None, :])


def test_asymptotic_region_and_or() -> None:
    far = DATA.r > 5.0
    U = torch.ones(100, 100, dtype=torch.float64)
    both = Asymptotic(DATA, cutoff=5.0, mode="and", scale=2.0)(U, None, DATA.rows)
    either = Asymptotic(DATA, cutoff=5.0, mode="or", scale=2.0)(U, None, DATA.rows)
    n, m = int(far.sum()), int((~far).sum())
    assert float(both) == pytest.approx(n * n / 4)
    assert float(either) == pytest.approx((100 * 100 - m * m) / 4)  # Eq. (6)


@pytest.mark.parametrize("cutoff", [0.001, 12.5, 50.0])
def test_a_cutoff_outside_the_grid_is_refused(cutoff: float) -> None:
    with pytest.raises(ConfigError, match="outside the grid"):
        Asymptotic(DATA, cutoff=cutoff)


def test_ridge_is_the_frobenius_norm() -> None:
    expected = float((DATA.weight[:, None] * DATA.weight[None, :] * TRUE_U.square()).sum()) / 9.0
    assert float(Ridge(DATA, scale=3.0)(TRUE_U, None, DATA.rows)) == pytest.approx(expected, rel=1e-12)


def test_the_ridge_of_the_local_part() -> None:
    loss, V = LocalRidge(DATA, scale=3.0), torch.exp(-DATA.r)
    expected = float((DATA.weight * V.square()).sum()) / 9.0
    assert float(loss(None, V, DATA.rows)) == pytest.approx(expected, rel=1e-12)
    assert float(loss(TRUE_U, None, DATA.rows)) == 0.0 and not loss.data_term
    dV = torch.randn(len(DATA.r), 3, dtype=torch.float64)
    torch.testing.assert_close(
        loss.jacobian(None, dV, DATA.rows), torch.stack([loss.residual(None, v, DATA.rows) for v in dV.T], -1)
    )
    with pytest.raises(ConfigError, match=r"scale = 0 MeV fm\^1.5 of local_ridge: must be positive"):
        LocalRidge(DATA, scale=0)


def test_a_strided_ridge_keeps_the_integral() -> None:
    """Every third radius of rows and columns, weighted nine times: the same norm of a smooth U."""
    whole, some = Ridge(DATA), Ridge(DATA, stride=3)
    U = TRUE_U[some.rows]
    assert len(U) == 34
    assert float(some(U, None, some.rows)) == pytest.approx(
        float(whole.forward(TRUE_U, None, DATA.rows)), rel=0.02
    )


def test_the_reference_scale_is_that_of_a_constant_kernel() -> None:
    """lhs = U0 ∫ φ d³r of a positive φ gives |U0|, which is what Eq. 6 counts U in."""
    phi = DATA.amplitude.abs()
    lhs = -7.0 * (DATA.weight * phi).sum(-1, keepdim=True).expand_as(phi)
    data = replace(DATA, amplitude=phi, lhs=lhs)
    assert reference_scale(data) == pytest.approx(7.0, rel=1e-12)
    assert Asymptotic(data, cutoff=5.0).scale == pytest.approx(7.0, rel=1e-12)
