"""What every loss offers: residuals affine in (U, V0), and the weighted sum of their squares."""

from __future__ import annotations

from torch import Tensor, nn

from hadronlab.data.wave_data import WaveData
from hadronlab.errors import ConfigError


class Loss(nn.Module):
    """weight · Σ residual², with residual = constant + linear(U, V0).

    U: (…, n, M) on rows × the first M radii (those beyond count as zero) in MeV fm⁻³, or None for zero;
    V: (…, n) in MeV, or None for zero; rows: (n,) indices into data.r; bin: 0 the mean, 1…B the resampling bins.
    Leading dimensions of U and V come back at the front of the residual. `coupled`: every residual is made of all rows,
    which then cannot be taken in parts.
    """

    coupled: bool = False

    def __init__(self, data: WaveData, weight: float = 1.0) -> None:
        super().__init__()
        if not weight >= 0:
            raise ConfigError(f"weight = {weight} of {type(self).__name__}: must be zero or positive")
        self.data, self.weight = data, float(weight)

    def rows(self) -> Tensor:
        """The rows the loss is a sum over, indices into data.r."""
        return self.data.rows

    def residual(self, U: Tensor | None, V: Tensor | None, rows: Tensor, bin: int = 0) -> Tensor:
        """(…, any shape), affine in U and V."""
        raise NotImplementedError

    def columns(self, count: int) -> slice:
        """The radii r' that `jacobian` wants dU on: of the first `count`, where U ends."""
        return slice(0, count)

    def jacobian(self, dU: Tensor | None, dV: Tensor | None, rows: Tensor, bin: int = 0) -> Tensor:
        """∂residual/∂θ, (…, P), in the order of `residual`, from dU (n, M, P) on `columns` and dV (n, P)."""
        raise NotImplementedError

    def forward(self, U: Tensor | None, V: Tensor | None, rows: Tensor, bin: int = 0) -> Tensor:
        """weight · Σ residual², a scalar."""
        return self.weight * self.residual(U, V, rows, bin).square().sum()

    def zero(self, bin: int = 0) -> Tensor:
        """The loss of U = V0 = 0: what a collapsed network gives."""
        return self(None, None, self.rows(), bin)


def reference_scale(data: WaveData) -> float:
    """A typical U (MeV fm⁻³): rms over rows and waves of lhs / ∫|φ| dV', a kernel constant in r'."""
    rows = data.equation
    norm = (data.weight * data.amplitude[0].abs()).sum(-1)
    return float((data.lhs[0][:, rows] / norm[:, None]).square().mean().sqrt())


def collapsed(loss: float, loss_zero: float, tolerance: float = 0.05) -> bool:
    """True where the loss is that of U = 0 within `tolerance`: the network has died."""
    return abs(loss - loss_zero) <= tolerance * loss_zero
