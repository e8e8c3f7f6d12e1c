"""What counts as gone wrong in the numbers that a task's `health()` tells of itself."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from hadronlab.errors import ConfigError, HadronlabError


class Fault(HadronlabError):
    """Something that a run must not go on with. kind: what result.json gives as status if no repair helps."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True)
class Sign:
    """One slow sign at one step. bad: None where it is not measured; patience: steps in a row that make it a fault."""

    kind: str
    bad: bool | None
    message: str
    patience: int


@dataclass(frozen=True)
class Limits:
    """Where a sign begins.

    acceptance: range outside which walkers count as frozen. r_hat: largest value that counts as mixed. patience: steps
    in a row that a sign must last; mixing_patience: those of R̂, which is above 1.1 for the first fifty steps of a
    healthy training. rise: of the energy above its lowest logged value, beyond three errors, in standard deviations of
    the local energies there; in steps too long the noise of few walkers builds up until the state disperses.
    """

    acceptance: tuple[float, float] = (0.05, 0.98)
    r_hat: float = 1.1
    patience: int = 50
    mixing_patience: int = 200
    rise: float = 0.5

    def __post_init__(self) -> None:
        low, high = self.acceptance
        if (
            min(self.patience, self.mixing_patience) < 1
            or not 0 <= low < high <= 1
            or not (self.r_hat > 1 and self.rise > 0)
        ):
            raise ConfigError(
                f"guards: patience={self.patience}, mixing_patience={self.mixing_patience}, acceptance={[low, high]}, "
                f"r_hat={self.r_hat}, rise={self.rise}: need at least 1, two rising numbers in [0, 1], more than 1, and above 0"
            )

    def signs(self, health: Mapping[str, float]) -> list[Sign]:
        """The slow signs of one process at one step."""
        low, high = self.acceptance
        accepted, r_hat = health.get("acceptance"), health.get("r_hat")
        energy, bound = health.get("energy", 0.0), health.get("energy_bound", -math.inf)
        margin = 5.0 * health.get("energy_error", 0.0) + 1e-9 * abs(bound) if math.isfinite(bound) else 0.0
        rise = health.get("energy_rise")
        loss, zero = health.get("loss", 0.0), health.get("loss_zero", math.inf)
        return [
            Sign("frozen_walkers", None if accepted is None else not low <= accepted <= high,
                 f"walkers frozen: acceptance {accepted or 0.0:.3f}", self.patience),
            Sign("unmixed_walkers", None if r_hat is None else not r_hat <= self.r_hat,
                 f"walkers do not mix: R-hat {r_hat or 0.0:.3f}", self.mixing_patience),
            Sign("energy_below_bound", energy < bound - margin,
                 f"energy {energy:.8g} below the variational bound {bound:.8g}", self.patience),
            Sign("energy_rises", None if rise is None else rise > self.rise + 3.0 * health["energy_rise_error"],
                 f"energy rises: {energy:.8g}, {rise or 0.0:.2g} standard deviations above the lowest", self.patience),
            Sign("collapsed", abs(loss - zero) < 1e-3 * zero < math.inf,
                 f"potential collapsed to zero: loss {loss:.6g}, that of U = 0", self.patience),
        ]  # fmt: skip


def not_finite(health: Mapping[str, float]) -> str | None:
    """Which of loss and energy is not finite."""
    return next((f"the {n}" for n in ("loss", "energy") if not math.isfinite(health.get(n, 0.0))), None)
