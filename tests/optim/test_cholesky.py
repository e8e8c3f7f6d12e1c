"""Positive definite systems, on one thread and on several."""

import pytest
import torch

from hadronlab.optim.cholesky import solve_definite_


@pytest.fixture(params=[1, 2])
def _threads(request):
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("_threads")
def test_the_lower_triangle_decides():
    rows = torch.randn(40, 60, dtype=torch.float64)
    matrix, right = rows @ rows.T, torch.randn(40, dtype=torch.float64)
    spoilt = matrix.clone()
    spoilt[torch.triu_indices(40, 40, 1).unbind()] = torch.nan
    solution, definite = solve_definite_(spoilt, right)
    assert definite
    torch.testing.assert_close(
        matrix @ solution, right, rtol=1e-9, atol=1e-9
    )  # a condition number of a few hundred


@pytest.mark.usefixtures("_threads")
@pytest.mark.parametrize("spoil", [-1.0, 0.0, torch.nan])
def test_what_is_not_definite_is_said_to_be_so(spoil):
    matrix = torch.eye(5, dtype=torch.float64)
    matrix[3, 3] = spoil
    solution, definite = solve_definite_(matrix, torch.ones(5, dtype=torch.float64))
    assert not (definite and torch.isfinite(solution).all())
