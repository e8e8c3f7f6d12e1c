"""What levels in periodic boxes say of scattering: k cot δ of each, by Lüscher's relation."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hadronlab.data.energy_levels import EnergyLevel
from hadronlab.errors import ConfigError, DataError, HadronlabError
from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.results import Results
from hadronlab.physics.constants import HBAR_C
from hadronlab.physics.finite_volume.kinematics import energy, momentum_squared
from hadronlab.physics.finite_volume.luescher import Frame


@dataclass(frozen=True)
class Units:
    """What the numbers of a table are in: momentum, that of an energy of one as an inverse length of the results; length, that
    of a box of one. hbar_c: energy of a momentum of one in the results, MeV fm, or 1 where they have no unit.
    """

    momentum: float = 1.0 / HBAR_C
    length: float = 1.0
    hbar_c: float = HBAR_C

    @classmethod
    def chosen(cls, unit: str = "MeV", spacing: float | None = None) -> Units:
        """unit "MeV": energies and masses in MeV, k² in MeV², L in fm, or in sites where a spacing (fm) is given; "lattice":
        everything in units of the lattice, and the results in MeV and fm where a spacing is given.
        """
        if unit not in ("MeV", "lattice"):
            raise ConfigError(f"unit {unit!r:.40} is unknown: choose MeV or lattice")
        if spacing is not None and not (math.isfinite(spacing) and spacing > 0):
            raise ConfigError(f"a lattice spacing of {spacing} fm: give a positive number")
        if unit == "MeV":
            return cls(length=spacing or 1.0)
        return cls(1.0, 1.0, 1.0) if spacing is None else cls(1.0 / spacing, spacing)

    @property
    def names(self) -> tuple[str, str, str]:
        """Of momenta, lengths and energies in the results."""
        return ("fm⁻¹", "fm", "MeV") if self.hbar_c != 1.0 else ("", "", "")


@dataclass(frozen=True, eq=False)
class MeasuredLevel:
    """A level: k² with its error, and k cot δ, whose interval is that of k² ± σ, none where a pole lies between."""

    name: str
    frame: Frame
    k2: Estimate
    k_cot_delta: Estimate


class MeasuredLevels:
    """Levels (see `data.energy_levels`) of a pair with these masses, in boxes of `length` where they do not say.

    g_wave: a4 of k⁹ cot δ4 = −1/a4, which A1+ at rest then allows for; in the unit of the results.
    Raises DataError for levels that no two hadrons of these masses can have, and for a missing length.
    """

    def __init__(
        self,
        levels: Sequence[EnergyLevel],
        masses: tuple[float, float],
        length: float | None = None,
        units: Units | None = None,
        g_wave: float | None = None,
    ) -> None:
        self.units = units or Units()
        if not all(math.isfinite(m) and m > 0 for m in masses):
            raise DataError(f"masses {masses[0]:g} and {masses[1]:g}: give positive numbers")
        if g_wave is not None and (not math.isfinite(g_wave) or not g_wave):
            raise DataError(f"a4 = {g_wave}: give a number other than zero, or leave it out")
        self.masses, self.g_wave = (masses[0] * self.units.momentum, masses[1] * self.units.momentum), g_wave
        self.points = [self._point(level, length) for level in levels]

    def _point(self, level: EnergyLevel, length: float | None) -> MeasuredLevel:
        side = level.length if level.length is not None else length
        if side is None:
            raise DataError(f"{level.name}: how large is its box? Give L, or a column L")
        momentum = self.units.names[0]
        try:
            frame = Frame(side * self.units.length, self.masses, level.d)
            k2 = level.value.map(lambda value: self._k2(level.quantity, value, frame), momentum and "fm⁻²")
            if not math.isfinite(k2.value):
                raise HadronlabError(
                    f"{level.quantity} = {level.value.value:g} is no energy of two hadrons of these masses"
                )
            return MeasuredLevel(level.name, frame, k2, self._k_cot_delta(frame, k2, momentum))
        except HadronlabError as error:
            raise DataError(f"{level.name}: {error}") from error

    def _k2(self, quantity: str, value: float, frame: Frame) -> float:
        if quantity == "k2":
            return value * self.units.momentum**2
        total = value * self.units.momentum
        if quantity == "dE":
            total += sum(self.masses)
        if quantity == "E":
            square = total**2 - frame.momentum**2
            total = math.sqrt(square) if square > 0 and total > 0 else math.nan
        lightest = abs(self.masses[0] - self.masses[1])  # of a bound state as deep as k² = −m²
        return float(momentum_squared(total, self.masses)) if total > lightest else math.nan

    def cot_delta4(self, k: float) -> float:
        """Of the G wave."""
        assert self.g_wave is not None
        return -1.0 / (self.g_wave * k**9)

    def wave(self, frame: Frame) -> Callable[[float], float] | None:
        return self.cot_delta4 if self.g_wave is not None and not frame.moving else None

    def curve(self, frame: Frame, k2: float) -> float:
        """Lüscher's k cot δ, with the G wave where it is allowed for."""
        return frame.k_cot_delta(k2, self.wave(frame))

    def _k_cot_delta(self, frame: Frame, k2: Estimate, unit: str) -> Estimate:
        central = float(k2.value)
        if k2.error is None:
            return Estimate(self.curve(frame, central), unit)
        ends = central - k2.error, central + k2.error
        low, high = frame.interval(central)
        if not low < ends[0] < ends[1] < high:  # a pole within the error
            return Estimate(self.curve(frame, central), unit)
        found = k2.map(lambda x: self.curve(frame, x) if low < x < high else math.nan, unit)
        return Estimate(
            found.value, unit, found.parts, interval=(self.curve(frame, ends[0]), self.curve(frame, ends[1]))
        )

    def binding_energy(self, kappa: float) -> float:
        """m1 + m2 − E at k² = −κ²."""
        return self.units.hbar_c * float(sum(self.masses) - energy(-(kappa**2), self.masses))

    def results(self) -> Results:
        """k² and k cot δ of every level, and which have no error."""
        result = Results()
        for p in self.points:
            result.estimates |= {f"k2.{p.name}": p.k2, f"k_cot_delta.{p.name}": p.k_cot_delta}
        without = [p.name for p in self.points if p.k2.error and not p.k_cot_delta.parts]
        if without:
            result.warnings.append(
                f"no error of k cot δ at {', '.join(without)}: a free level lies within that of k²"
            )
        return result
