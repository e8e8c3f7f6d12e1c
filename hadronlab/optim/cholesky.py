"""Solution of a positive definite system."""

from __future__ import annotations

import torch
from scipy.linalg.lapack import dpotrf, dpotrs
from torch import Tensor


def solve_definite_(matrix: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
    """x of A x = b, and whether A could be factorised: A (n, n) float64, contiguous, overwritten, its lower triangle alone
    counts; b (n,).

    On one thread by LAPACK in place: torch copies the matrix before it factorises it, and its factor before it solves.
    """
    if matrix.device.type == "cpu" and torch.get_num_threads() == 1:
        # LAPACK counts columns first: its upper triangle is the lower one of A
        factor, info = dpotrf(matrix.numpy().T, lower=0, clean=0, overwrite_a=1)
        return torch.from_numpy(dpotrs(factor, right.numpy(), lower=0)[0]), torch.tensor(info == 0)
    factor, info = torch.linalg.cholesky_ex(matrix)
    return torch.cholesky_solve(right[:, None], factor).squeeze(-1), info == 0
