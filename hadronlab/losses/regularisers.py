"""What is asked of U beside the data: that it vanish far out, and that it be no larger than needed."""

from __future__ import annotations

import math

from torch import Tensor, nn

from hadronlab.data.wave_data import WaveData
from hadronlab.errors import ConfigError
from hadronlab.losses.loss import LinearLoss, reference_scale


class Asymptotic(LinearLoss):
    """L_r = Σ_nm [U(r_n, r'_m)/scale]² over r_n > R̃ and/or r'_m > R̃.   [Wang, Eq. 6]

    mode: 'and' is printed, 'or' is what the physics wants. cutoff: R̃ in fm. scale: MeV fm⁻³; by default the
    typical U of the data (`reference_scale`), for in lattice units U² is numerically nothing beside the data.
    """

    data_term = False

    def __init__(
        self,
        data: WaveData,
        cutoff: float,
        mode: str = "or",
        weight: float = 1.0,
        scale: float | None = None,
    ) -> None:
        super().__init__(data.r, weight, rows=data.rows)
        if mode not in ("and", "or"):
            raise ConfigError(f"mode '{mode}' of asymptotic: choose 'and' or 'or'")
        if not float(data.r[0]) < cutoff < float(data.r[-1]):
            raise ConfigError(
                f"cutoff = {cutoff} {data.length_unit} of asymptotic lies outside the grid, "
                f"{float(data.r[0]):.3g} … {float(data.r[-1]):.3g} {data.length_unit}"
            )
        self.mode = mode
        self.scale = reference_scale(data) if scale is None else float(scale)
        if not self.scale > 0:
            raise ConfigError(f"scale = {self.scale} MeV fm⁻³ of asymptotic: must be positive")
        self.far = nn.Buffer(data.r > cutoff, persistent=False)

    def residual(self, U: Tensor | None, V: Tensor | None, rows: Tensor, bin: int = 0) -> Tensor:
        """(…, pairs): U/scale in the far region."""
        if U is None:
            return self.r.new_zeros(0)
        return U[..., self._region(rows, U.shape[-1])] / self.scale  # Eq. (6)

    def jacobian(self, dU: Tensor | None, dV: Tensor | None, rows: Tensor, bin: int = 0) -> Tensor:
        """(pairs, P)."""
        if dU is None:
            return self.r.new_zeros(0, 1 if dV is None else dV.shape[-1])
        return dU[..., self._region(rows, dU.shape[-2]), :] / self.scale

    def _region(self, rows: Tensor, count: int) -> Tensor:
        here, there = self.far[rows][:, None], self.far[None, :count]
        return here & there if self.mode == "and" else here | there


class Ridge(LinearLoss):
    """‖U‖²_F / scale² = ∫∫ U(r,r')² d³r d³r' / scale²: the smallest U that explains the data; of channels Σ_ab of it.

    scale in MeV. `stride` takes every n-th radius of rows and columns (a smooth U needs no more): the
    Gauss–Newton step gets cheaper by its square. The weights are scaled to keep the integral.
    """

    data_term = False

    def __init__(self, data: WaveData, weight: float = 1.0, scale: float = 1.0, stride: int = 1) -> None:
        if not scale > 0 or stride < 1:
            raise ConfigError(f"scale = {scale} MeV, stride = {stride} of ridge: both must be positive")
        super().__init__(data.r, weight, rows=data.rows[::stride])
        self.scale, self.stride = float(scale), int(stride)
        self.root = nn.Buffer((data.weight * stride).sqrt() / math.sqrt(self.scale), persistent=False)

    def columns(self, count: int) -> slice:
        return slice(0, count, self.stride)

    def residual(self, U: Tensor | None, V: Tensor | None, rows: Tensor, bin: int = 0) -> Tensor:
        """(…, n, ⌈M/stride⌉), dimensionless."""
        if U is None:
            return self.r.new_zeros(len(rows), 0)
        right = self.root[: U.shape[-1] : self.stride]
        return self.root[rows][:, None] * U[..., :: self.stride] * right

    def jacobian(self, dU: Tensor | None, dV: Tensor | None, rows: Tensor, bin: int = 0) -> Tensor:
        """(n, ⌈M/stride⌉, P)."""
        if dU is None:
            return self.r.new_zeros(0, 1 if dV is None else dV.shape[-1])
        right = self.root[:: self.stride][: dU.shape[-2], None]
        return self.root[rows][:, None, None] * dU * right


class LocalRidge(LinearLoss):
    """∫ V0(r)² d³r / scale²: the smallest local part that explains the data, where these leave some of it open.

    scale in MeV fm^{3/2}: a well of 1 fm is scale/2 deep.
    """

    data_term = False

    def __init__(self, data: WaveData, weight: float = 1.0, scale: float = 300.0) -> None:
        if not scale > 0:
            raise ConfigError(f"scale = {scale} MeV fm^1.5 of local_ridge: must be positive")
        super().__init__(data.r, weight, rows=data.rows)
        self.root = nn.Buffer(data.weight.sqrt() / float(scale), persistent=False)

    def residual(self, U: Tensor | None, V: Tensor | None, rows: Tensor, bin: int = 0) -> Tensor:
        """(…, n), dimensionless."""
        return self.r.new_zeros(0) if V is None else self.root[rows] * V

    def jacobian(self, dU: Tensor | None, dV: Tensor | None, rows: Tensor, bin: int = 0) -> Tensor:
        """(n, P)."""
        if dV is None:
            assert dU is not None
            return self.r.new_zeros(0, dU.shape[-1])
        return self.root[rows][:, None] * dV
