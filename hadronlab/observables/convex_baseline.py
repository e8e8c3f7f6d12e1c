"""The fit without seeds: V0 in Gaussians and U = Σ c_ij v_i v_j, one linear least-squares problem a bin."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from hadronlab.data.wave_data import WaveData
from hadronlab.errors import ConfigError
from hadronlab.estimates.linear_fit import solve_normal
from hadronlab.models.potentials.hybrid import Hybrid
from hadronlab.models.potentials.local import LocalGaussians
from hadronlab.models.potentials.low_rank import LowRank
from hadronlab.models.potentials.potential import smooth_cut

LOCAL_FM2 = (1.1, 2.5, 5.6, 12.0, 27.0, 62.0, 150.0)
NONLOCAL_FM2 = (0.9, 1.5, 2.5, 4.0, 6.5, 11.0, 18.0, 30.0, 50.0, 80.0, 130.0)


def convex_fit(
    data: WaveData,
    local_exponents: Sequence[float] = LOCAL_FM2,
    nonlocal_exponents: Sequence[float] = NONLOCAL_FM2,
    support: float = 2.0,
    ridge: float = 1e-2,
) -> list[Hybrid]:
    """The minimum of Σ (lhs − V0 φ − ∫U φ)²/σ² + ridge ‖U‖²_F, for the mean and every bin: 1+B potentials.

    V0 and U in Gaussians, U brought to zero at `support` (fm); exponents in fm⁻², ridge in MeV⁻² for
    ‖U‖²_F = ∫∫ U² d³r d³r'. σ is `data.error`, or one number a wave where the data have none. Raises ConfigError
    for a negative ridge.
    """
    if not ridge >= 0:
        raise ConfigError(f"ridge = {ridge} MeV⁻² of the convex baseline: must be zero or positive")
    rows, cut = data.rows, smooth_cut(data.r, support)
    model = Hybrid(LocalGaussians(local_exponents), LowRank(nonlocal_exponents, support=support), support)
    local, kernel = model.local_part, model.nonlocal_part
    assert isinstance(local, LocalGaussians) and isinstance(kernel, LowRank)
    v = kernel.gaussians(data.r) * cut[:, None]  # (N, n)
    i, j, half = kernel.i, kernel.j, torch.where(kernel.i == kernel.j, 0.5, 1.0)
    sigma = data.uniform_error if data.error is None else data.error
    q = (data.amplitude * data.weight) @ v  # (1+B, K, n) = ∫ v φ
    at = v[rows]
    nonlocal_design = half * (at[:, i] * q[:, :, None, j] + at[:, j] * q[:, :, None, i])  # (1+B, K, n_r, P_U)
    local_design = local.basis(data.r[rows]) * data.amplitude[:, :, rows, None]
    design = torch.cat([local_design, nonlocal_design], -1) / sigma[:, rows, None]
    design, target = design.flatten(1, 2), (data.lhs[:, :, rows] / sigma[:, rows]).flatten(1)
    gram = design.mT @ design + ridge * _frobenius(v, data.weight, i, j, half, len(local.a))
    theta = solve_normal(gram, (design.mT @ target[..., None]).squeeze(-1))
    return [_filled(local_exponents, nonlocal_exponents, support, t) for t in theta]


def _frobenius(v: Tensor, weight: Tensor, i: Tensor, j: Tensor, half: Tensor, n_local: int) -> Tensor:
    """Matrix F (P, P) with cᵀ F c = ∫∫ U² d³r d³r'; zero for the parameters of V0."""
    overlap = v.mT @ (weight[:, None] * v)  # ∫ v_i v_j
    pairs = overlap[i][:, i] * overlap[j][:, j] + overlap[i][:, j] * overlap[j][:, i]
    block = 2.0 * half[:, None] * half * pairs
    return torch.block_diag(torch.zeros(n_local, n_local, dtype=block.dtype), block)


def _filled(local: Sequence[float], kernel: Sequence[float], support: float, theta: Tensor) -> Hybrid:
    local_part, nonlocal_part = LocalGaussians(local), LowRank(kernel, support=support)
    with torch.no_grad():
        local_part.a.copy_(theta[: len(local)])
        nonlocal_part.c.copy_(theta[len(local) :])
    return Hybrid(local_part, nonlocal_part, support)
