"""Blocked symmetric products against the plain ones."""

import pytest
import torch

from hadronlab.optim.gram import add_gram_, mirror_, symmetric_product


@pytest.fixture(params=[1, 2], ids=["BLAS", "blocks"], autouse=True)
def threads(request):
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield
    torch.set_num_threads(before)


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


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("layout", ["rows", "columns", "strided"])
def test_adds_to_the_lower_triangle_in_place(dtype, layout):
    wide = torch.randn(2 * 40, 70, dtype=dtype)
    rows = {"rows": wide[:40].contiguous(), "columns": wide.T.contiguous()[:, :40].T, "strided": wide[::2]}[
        layout
    ]
    before = torch.randn(40, 40, dtype=torch.float64)
    gram = before.clone()
    assert add_gram_(gram, rows) is gram
    exact = rows.double() @ rows.double().T
    rounding = 40 * torch.finfo(dtype).eps  # of sums of 70 products
    torch.testing.assert_close((gram - before).tril(), exact.tril(), rtol=rounding, atol=8 * rounding)
    torch.testing.assert_close(
        mirror_(gram), (before + exact).tril() + (before + exact).tril(-1).T, rtol=rounding, atol=8 * rounding
    )
