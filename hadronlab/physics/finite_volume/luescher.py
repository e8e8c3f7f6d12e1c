"""Lüscher's relation between the levels of a periodic box and phase shifts, and the levels that a phase shift predicts.

    k cot δ0 = 2 Z00(1; q²)/(γ √π L),   q = kL/2π,

for a force that is felt less far than L/2, with waves of l > 0 left out, at rest and in moving frames. At rest the next wave
of A1+ is l = 4: (cot δ0 − m00)(cot δ4 − m44) = m04².
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.optimize import brentq

from hadronlab.errors import HadronlabError
from hadronlab.physics.finite_volume.kinematics import energy, momentum_squared
from hadronlab.physics.finite_volume.zeta import REST, Boost, zeta

BESIDE = 1e-10  # (2π/L)²: how near to a free level another one is looked for
FIRST_STEP, STEP = 0.02, 1.3  # (2π/L)²: the way down to a bound state, and how it grows
NEAR = 1e-6  # (2π/L)²: for a first slope
DEEPEST = 9.0  # κL/2π of bound states beyond which the box no longer matters


@dataclass(frozen=True)
class Frame:
    """A box of side `length`, fm, in which the pair moves with the total momentum 2πd/L; masses of the hadrons, fm⁻¹.

    Raises HadronlabError for a length that is not positive, and for a moving frame without masses.
    """

    length: float
    masses: tuple[float, float] | None = None
    d: tuple[int, int, int] = (0, 0, 0)

    def __post_init__(self) -> None:
        if not (math.isfinite(self.length) and self.length > 0):
            raise HadronlabError(f"the box has a side of {self.length}: give a positive length")
        if self.moving and self.masses is None:
            raise HadronlabError(f"frame {self.name}: a moving frame needs the masses of both hadrons")

    @property
    def moving(self) -> bool:
        return any(self.d)

    @property
    def name(self) -> str:
        """Such as "001"."""
        return "".join(map(str, self.d))

    @property
    def unit(self) -> float:
        """2π/L, fm⁻¹."""
        return 2.0 * math.pi / self.length

    @property
    def momentum(self) -> float:
        """|P|, fm⁻¹."""
        return self.unit * math.hypot(*self.d)

    def boost(self, k2: float) -> Boost:
        """γ and the shift of the momenta at k², fm⁻²."""
        if not self.moving:
            return REST
        assert self.masses is not None
        at_rest = float(energy(k2, self.masses))
        if not at_rest > 0:
            raise HadronlabError(
                f"frame {self.name}: k² = {k2:.4g} lies below −m², where there is no state of the pair"
            )
        m1, m2 = self.masses
        return Boost(
            self.d, math.hypot(1.0, self.momentum / at_rest), 0.5 * (1.0 + (m1**2 - m2**2) / at_rest**2)
        )

    def k_cot_delta(self, k2: float, cot_delta4: Callable[[float], float] | None = None) -> float:
        """k cot δ0 of a level at k², fm⁻¹; κ cot δ0 → real below threshold.

        cot_delta4: cot δ4(k), for the level of A1+ at rest and above threshold, where l = 4 is then allowed for.
        """
        boost, q2 = self.boost(k2), k2 / self.unit**2
        alone = 2.0 * zeta(q2, 0, boost) / (boost.gamma * math.sqrt(math.pi) * self.length)
        if cot_delta4 is None or k2 <= 0:
            return alone
        if self.moving:
            raise HadronlabError(f"frame {self.name}: l = 4 is allowed for at rest only")
        w = {
            n: zeta(q2, n) / (math.pi**1.5 * math.sqrt(2 * n + 1) * q2 ** (0.5 * (n + 1)))
            for n in (0, 4, 6, 8)
        }
        m04 = 6.0 * math.sqrt(21.0) / 7.0 * w[4]
        m44 = w[0] + 324.0 / 143.0 * w[4] + 80.0 / 11.0 * w[6] + 560.0 / 143.0 * w[8]
        k = math.sqrt(k2)
        return alone + k * m04**2 / (cot_delta4(k) - m44)

    def free_levels(self, count: int) -> list[float]:
        """k² of the `count` lowest levels without a force, fm⁻², each once: the poles of `k_cot_delta`."""
        return _free_levels(self, count)

    def free_levels_of(self, reach: int) -> list[float]:
        """Those whose hadrons have momenta up to `reach`, 2π/L, complete."""
        axis = np.arange(-reach, reach + 1)
        n = np.stack(np.meshgrid(axis, axis, axis), -1).reshape(-1, 3)
        if not self.moving:
            squares = np.unique((n**2).sum(1))
            return [float(self.unit**2 * square) for square in squares[squares <= reach**2]]
        assert self.masses is not None
        other = (np.array(self.d) - n) ** 2
        one, two = ((self.unit**2) * v.sum(1) for v in (n**2, other))
        total = np.sqrt(self.masses[0] ** 2 + one) + np.sqrt(self.masses[1] ** 2 + two)
        k2 = np.sort(np.asarray(momentum_squared(np.sqrt(total**2 - self.momentum**2), self.masses)))
        # complete below what the nearest vector left out would add
        edge = self.unit**2 * max(reach - math.hypot(*self.d), 0.0) ** 2
        k2 = k2[k2 < edge / self.boost(0.0).gamma ** 2]
        return [float(x) for x in k2[np.diff(k2, prepend=-np.inf) > 1e-9 * self.unit**2]]

    def interval(self, k2: float) -> tuple[float, float]:
        """The free levels below and above k², between which lies one level; −∞ below the first."""
        count = 8
        while (levels := self.free_levels(count))[-1] <= k2:
            count *= 2
        return next((a, b) for a, b in itertools.pairwise([-math.inf, *levels]) if k2 < b)

    def level(
        self,
        k_cot_delta: Callable[[float], float],
        near: float,
        cot_delta4: Callable[[float], float] | None = None,
    ) -> float:
        """The k², fm⁻², at which `k_cot_delta` (a function of k²) and Lüscher's meet, between the free levels around `near`.

        nan where they do not. Below the first free level it is the highest one: an effective range may have another below,
        which is no state.
        """
        low, high = self.interval(near)
        margin = BESIDE * self.unit**2

        def gap(k2: float) -> float:  # an angle: poles are its ends, and it is nearly straight between them
            return math.atan((self.k_cot_delta(k2, cot_delta4) - k_cot_delta(k2)) / self.unit)

        above, below = high - margin, low + margin
        if (found := self._secant(gap, min(max(near, below), above))) is not None and below < found < above:
            return found
        if math.isinf(low):
            below = above
            deepest = high - (DEEPEST * self.unit) ** 2
            if self.masses is not None:
                deepest = max(deepest, -0.999 * min(self.masses) ** 2)
            step = FIRST_STEP * self.unit**2
            while gap(below) >= 0:
                above, below, step = below, below - step, STEP * step
                if below < deepest:
                    return math.nan
        if not gap(below) < 0 < gap(above):
            return math.nan
        return float(brentq(gap, below, above, xtol=1e-14 * self.unit**2, rtol=1e-14))

    def _secant(self, gap: Callable[[float], float], start: float) -> float | None:
        """The root near `start` where a few steps lead there; of a rising gap only, as of a state."""
        x, y = start, gap(start)
        slope = (gap(start - NEAR * self.unit**2) - y) / (-NEAR * self.unit**2)
        for _ in range(8):
            if not slope > 0:
                return None
            step = -y / slope
            if abs(step) < 1e-13 * self.unit**2:
                return x
            if abs(step) > 0.1 * self.unit**2:
                return None
            new = gap(x + step)
            x, y, slope = x + step, new, (new - y) / step if new != y else slope
        return None


@cache
def _free_levels(frame: Frame, count: int) -> list[float]:
    reach = 3
    while len(found := frame.free_levels_of(reach)) < count:
        reach += 2
    return found[:count]
