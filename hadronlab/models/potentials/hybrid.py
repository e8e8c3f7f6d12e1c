"""V0(r) δ(r−r') + U(r,r') · cut: the model for real data, where a pure U leaves the tail undetermined."""

from __future__ import annotations

import math

from torch import Tensor

from hadronlab.errors import ConfigError
from hadronlab.models.potentials.potential import Potential, smooth_cut


class Hybrid(Potential):
    """A local part that carries the tail, and a symmetric kernel brought smoothly to zero at `support` (fm).

    local_part: one with V0 (LocalGaussians or LocalNetwork). nonlocal_part: one with U (SDNN, LowRank), which does not
    end before `support`. Raises ConfigError for parts that lack what they are for.
    """

    has_local, has_nonlocal = True, True

    def __init__(self, local_part: Potential, nonlocal_part: Potential, support: float = 2.0) -> None:
        super().__init__(support)
        if not local_part.has_local or not nonlocal_part.has_nonlocal:
            raise ConfigError(
                f"hybrid needs a part with V0 and a part with U, got {type(local_part).__name__} "
                f"and {type(nonlocal_part).__name__}"
            )
        if math.isinf(support):
            raise ConfigError("hybrid needs a finite support (fm): beyond it the local part alone acts")
        if nonlocal_part.support < support:
            raise ConfigError(
                f"nonlocal_part.support = {nonlocal_part.support} of hybrid: give it as the support of the hybrid, which "
                f"is {support} fm and brings U smoothly to zero"
            )
        if local_part.channels != nonlocal_part.channels:
            raise ConfigError(
                f"hybrid of parts of {local_part.channels} and {nonlocal_part.channels} channels: give both the same"
            )
        self.local_part, self.nonlocal_part = local_part, nonlocal_part
        self.linear = local_part.linear and nonlocal_part.linear
        self.additive, self.channels = nonlocal_part.additive, local_part.channels
        self.sources_needed = local_part.sources_needed

    @property
    def fitted_first(self) -> Potential:
        return self.local_part

    def local(self, r: Tensor) -> Tensor:
        return self.local_part.local(r)

    def envelope(self, r: Tensor) -> Tensor:
        return smooth_cut(r, self.support) * self.nonlocal_part.envelope(r)

    def features(self, r: Tensor) -> Tensor:
        return self.nonlocal_part.features(r)

    def readout(self, x: Tensor) -> Tensor:
        return self.nonlocal_part.readout(x)

    def kernel(self, r: Tensor, rp: Tensor) -> Tensor:
        return self.nonlocal_part.kernel(r, rp) * (smooth_cut(r, self.support) * smooth_cut(rp, self.support))

    def grid_kernel(self, rows: Tensor, r: Tensor) -> Tensor:
        cut = smooth_cut(rows, self.support)[:, None] * smooth_cut(r, self.support)[None, :]
        return self.nonlocal_part.grid_kernel(rows, r) * cut
