"""Flux tubes in baryons: σ_Y L_min in place of the pairwise linear confinement. [DeepQuark, Eq. 3, 11]"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import torch
from torch import Tensor

from hadronlab.errors import ConfigError
from hadronlab.physics.constants import HBAR_C_GEV
from hadronlab.physics.forces.quark_models import BhaduriModel, QuarkModel, quark_model


def shortest_tube(a: Tensor, b: Tensor, c: Tensor) -> Tensor:
    """L_min, the least length of tubes that join the corners of a triangle with sides a, b, c.   [Eq. 11]"""
    a2, b2, c2 = a * a, b * b, c * c
    heron = ((a + b + c) * (-a + b + c) * (a - b + c) * (a + b - c)).clamp(min=0)
    star = torch.sqrt(((a2 + b2 + c2) + math.sqrt(3) * heron.sqrt()) / 2)
    # an angle ≥ 120° opposite a: cos ≤ −1/2, i.e. a² ≥ b² + c² + bc
    obtuse = (a2 >= b2 + c2 + b * c) | (b2 >= c2 + a2 + c * a) | (c2 >= a2 + b2 + a * b)
    longest = torch.maximum(torch.maximum(a, b), c)
    return torch.where(obtuse, a + b + c - longest, star)  # Eq. (11)


@dataclass(frozen=True)
class FluxTube(QuarkModel):
    """A quark model with σ_Y L_min for its linear pair term; −Λ stays pairwise. Baryons only.   [Eq. 3]"""

    sigma_ratio: float = 0.9204  # σ_Y/λ

    def confinement(self, x: Tensor) -> Tensor:
        return torch.zeros_like(x)

    def many_body(self, distances: Tensor, masses: Tensor) -> Tensor:
        """σ_Y L_min (+ V_C) in GeV, shape (batch,)."""
        tube = (
            self.sigma_ratio
            * self.string
            * shortest_tube(distances[0], distances[1], distances[2])
            / HBAR_C_GEV
        )  # Eq. (3)
        extra = super().many_body(distances, masses)
        return tube if extra is None else tube + extra

    def check(self, anti: tuple[bool, ...]) -> None:
        if len(anti) != 3:
            raise ConfigError(
                f"interaction flux_tube is defined for three quarks, not for {len(anti)}: use interaction=al1"
            )


def flux_tube(
    name: str = "AL1", three_body: bool = False, sigma_ratio: float = 0.9204, **changes: float
) -> FluxTube:
    """The flux-tube variant of AL1, AL2 or a model of one's own, see `quark_model`. Raises ConfigError for one of another form,
    and for a σ_Y/λ that is not a positive number.
    """
    base = quark_model(name, three_body, **changes)
    if not isinstance(sigma_ratio, int | float) or not 0 < sigma_ratio < math.inf:
        raise ConfigError(f"interaction.sigma_ratio={sigma_ratio} of flux_tube must be a number above 0")
    if base.p != 1 or isinstance(base, BhaduriModel):
        raise ConfigError(
            f"a flux tube replaces linear confinement beside a Gaussian hyperfine force, which {base.name} does not have: "
            "use AL1 or AL2"
        )
    return FluxTube(**asdict(base), sigma_ratio=sigma_ratio)
