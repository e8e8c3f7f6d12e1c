"""Blocked symmetric products against the plain ones."""

import pytest
import torch

from hadronlab.optim.gram import symmetric_product


@pytest.mark.parametrize("shape", [(1, 3), (5, 2), (37, 20), (64, 64)])
@pytest.mark.parametrize("transposed", [False, True])
def test_equals_the_product(shape, transposed):
    rows = torch.randn(shape, dtype=torch.float64)
    if transposed:  # as the optimiser hands them over: a view
        rows = rows.T.contiguous().T
    product = symmetric_product(rows)
    torch.testing.assert_close(product, rows @ rows.T, rtol=1e-13, atol=1e-13)
    assert torch.equal(product, product.T)  # one triangle is a copy of the other


def test_single_precision_rows_give_double_sums():
    rows = torch.randn(30, 50)
    product = symmetric_product(rows)
    assert product.dtype == torch.float64
    torch.testing.assert_close(product, rows.double() @ rows.double().T, rtol=1e-5, atol=1e-4)
