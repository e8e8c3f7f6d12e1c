"""Normal equations of nearly dependent columns, and of columns that are zero."""

from __future__ import annotations

import torch

from hadronlab.estimates.linear_fit import solve_normal


def test_a_column_of_zeros_has_no_share_in_the_fit() -> None:
    generator = torch.Generator().manual_seed(0)
    A = torch.randn(3, 9, 4, generator=generator, dtype=torch.float64)
    A[1, :, 2] = 0.0
    b = torch.randn(3, 9, generator=generator, dtype=torch.float64)
    found = solve_normal(A.mT @ A, torch.einsum("nip,ni->np", A, b))
    least = torch.linalg.lstsq(A, b[..., None], driver="gelsd").solution[
        ..., 0
    ]  # of smallest norm: zero there
    torch.testing.assert_close(found, least, rtol=1e-9, atol=1e-9)
    assert float(found[1, 2]) == 0.0


def test_columns_of_any_size() -> None:
    A = torch.randn(9, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    size = torch.tensor([1e-100, 1.0, 1e100], dtype=torch.float64)
    b = A @ torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
    found = solve_normal((A * size).mT @ (A * size), (A * size).mT @ b)
    torch.testing.assert_close(
        found * size, torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64), rtol=1e-10, atol=0
    )
