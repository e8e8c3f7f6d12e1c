"""Levels of the learned potential in periodic boxes, beside what Lüscher's relation makes of them and what R(t) shows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from hadronlab.errors import ConfigError
from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.box_energy_shift import levels_that_count, predicted_energy_shift
from hadronlab.observables.box_picture import draw_boxes
from hadronlab.observables.learned_box import forces, k_cot_delta, masses, why_not
from hadronlab.observables.learned_potential import LearnedPotential
from hadronlab.observables.protocols import PotentialObservable
from hadronlab.observables.results import Results
from hadronlab.physics.finite_volume.cubic_symmetry import COMPONENTS
from hadronlab.physics.finite_volume.kinematics import energy_shift
from hadronlab.physics.finite_volume.luescher import Frame
from hadronlab.physics.finite_volume.periodic_box import BoxLevels, PeriodicBox
from hadronlab.physics.scattering.partial_waves import tangent

POINTS = 121
COARSER = (
    0.8  # of k_max, for the bins: from one to the next the plane waves beyond change 1e-4 of what they change
)
TOLD = (
    0.03  # MeV, or a third of the error: what k_max changes beyond COARSER, some ten times what it leaves out
)
OVERLAP = 1e-3  # of the largest r r' U: beyond L/2 it is told


class FiniteVolume(PotentialObservable):
    """`box_energy.L48.n0`: ΔE of the level n in the continuum, MeV; arrays, a row a box, a column a level:

    box_levels, box_levels_lattice: ΔE in the continuum and on the lattice, with second differences for ∇²;
    box_k2: of the levels in the continuum; box_k_cot_delta: Lüscher's, box_k_cot_delta_g_wave: with l = 4 allowed for,
    box_k_cot_delta_infinite: of the potential itself, at the same k²; box_phase_difference: δ of Lüscher less that, deg;
    box_curve_k_cot_delta: the last along box_curve_k2, for the figure;
    energy_shift_predicted, energy_shift_data: ΔE_eff(t) of R(t) summed over the box of the data, a row a source, at
    energy_shift_t; R at the first time of each source is input.

    L: sides in sites, by default that of the data. spacing: fm, by default that of the data. irrep: A1+, or T1+ of a spin of 1.
    Of S and D waves, V_C + V_T S12 in T1+, the potential's own k cot δ is that of Blatt and Biedenharn's eigenphase δα.
    levels: how many. k_max: of the plane waves of the continuum, in the unit of momenta.
    """

    sees_channels: ClassVar[bool] = True

    def __init__(
        self,
        L: Sequence[int] | int | None = None,
        spacing: float | None = None,
        irrep: str = "A1+",
        levels: int = 4,
        k_max: float = 25.0,
    ) -> None:
        sides = [] if L is None else [L] if isinstance(L, int) else list(L)
        if any(not isinstance(side, int) or side < 4 for side in sides):
            raise ConfigError(
                f"observables.finite_volume.L = {sides}: whole numbers of sites, four or more, such as [48,64]"
            )
        if irrep not in COMPONENTS:
            raise ConfigError(
                f"observables.finite_volume.irrep = {irrep}: choose one of {', '.join(COMPONENTS)}"
            )
        if levels < 1 or not k_max > 0 or (spacing is not None and not spacing > 0):
            raise ConfigError(
                f"observables.finite_volume: levels={levels}, spacing={spacing}, k_max={k_max}: give positive numbers"
            )
        self.sides, self.spacing, self.irrep, self.count, self.k_max = sides, spacing, irrep, levels, k_max

    def observe(self, learned: LearnedPotential) -> Results:
        result, correlator = Results(), learned.data.correlator
        if reason := why_not(learned, self.irrep):
            result.warnings.append(f"no levels in a box: {reason}")
            return result
        spacing = self.spacing or (None if correlator is None else correlator.spacing_fm)
        own = (
            None
            if correlator is None or correlator.site is None or self.irrep != "A1+"
            else correlator.length
        )
        sides = self.sides or ([] if own is None else [own])
        if spacing is None or not sides:
            missing = "spacing (fm)" if spacing is None else "L"
            result.warnings.append(
                f"no levels in a box: the data have none, give observables.finite_volume.{missing}"
            )
            return result
        solved = {
            side: self._lattice(learned, side, spacing, side == own)
            for side in {*sides, *([own] if own else [])}
        }
        found = [
            self._box(learned, side, spacing, solved[side][1].energies[:, : self.count], result)
            for side in sides
        ]
        rows, squared = tuple(f"L = {side}" for side in sides), learned.momentum and "fm⁻²"
        units = {
            "box_levels": learned.energy,
            "box_levels_lattice": learned.energy,
            "box_k2": squared,
            "box_phase_difference": "deg",
        }
        for name in found[0]:
            values = torch.stack([one[name] for one in found], 1)
            result.estimates[name] = learned.estimate(values, units.get(name, learned.momentum), rows=rows)
        for side, one in zip(sides, found, strict=True):
            for n in range(self.count):
                result.estimates[f"box_energy.L{side}.n{n}"] = learned.estimate(
                    one["box_levels"][:, n], learned.energy
                )
        result.estimates["box_length"] = Estimate(spacing * np.array(sides, dtype=float), learned.length)
        low, high = (float(end) for end in np.quantile(result.values["box_k2"], [0.0, 1.0]))
        k2 = np.linspace(low, high, POINTS)
        curve = k_cot_delta(learned, np.tile(k2, (len(learned.models), 1)))
        result.estimates["box_curve_k2"] = Estimate(k2, squared)
        result.estimates["box_curve_k_cot_delta"] = learned.estimate(
            torch.from_numpy(curve), learned.momentum
        )
        if own is not None:
            result.add(predicted_energy_shift(learned, *solved[own]))
        return result

    def _lattice(
        self, learned: LearnedPotential, side: int, spacing: float, all_that_count: bool
    ) -> tuple[PeriodicBox, BoxLevels]:
        """The box on the lattice, and its levels; all that R(t) may hold of the box of the data."""
        box = PeriodicBox(side * spacing, side, learned.rmatrix.kinetic, self.irrep)
        count = max(self.count, levels_that_count(box)) if all_that_count else self.count
        return box, box.levels(forces(box, learned), count)

    def _continuum(self, learned: LearnedPotential, side: int, length: float, result: Results) -> np.ndarray:
        """Levels (1+B, n): the mean with all plane waves, and by how much the bins differ from it with fewer."""
        c = learned.rmatrix.kinetic
        fine = PeriodicBox.continuum(length, self.k_max, c, self.irrep)
        fewer = 2 * int(0.5 * COARSER * fine.cube.n)
        coarse = PeriodicBox(length, fewer, c, self.irrep, "continuum")
        central = fine.levels(forces(fine, learned, 1), self.count).energies
        bins = coarse.levels(forces(coarse, learned), self.count).energies
        change = np.abs(central - bins[:1])
        error = learned.estimate(torch.from_numpy(bins)).error
        if learned.energy and (change > np.maximum(TOLD, 0.0 if error is None else error / 3.0)).any():
            result.warnings.append(
                f"L = {side}: the plane waves beyond {math.pi * fewer / length:.3g} fm⁻¹ change a level by {change.max():.2g} MeV: raise "
                "observables.finite_volume.k_max"
            )
        return bins + (central - bins[:1])

    def _box(
        self, learned: LearnedPotential, side: int, spacing: float, on_lattice: np.ndarray, result: Results
    ) -> dict[str, Tensor]:
        """The arrays of one box, (1+B, levels) each."""
        length, c = side * spacing, learned.rmatrix.kinetic
        energies = self._continuum(learned, side, length, result)
        _tell_of_overlap(learned, side, length, result)
        k2, frame = energies / c, Frame(length)
        relation = np.vectorize(frame.k_cot_delta)(k2)
        exact = k_cot_delta(learned, k2)
        k = np.sqrt(np.abs(k2))
        off = np.arctan2(k, relation) - np.arctan2(k, exact)  # below threshold the same angle of κ
        found = {
            "box_levels": energy_shift(energies, masses(learned)),
            "box_levels_lattice": energy_shift(on_lattice, masses(learned)),
            "box_k2": k2,
            "box_k_cot_delta": relation,
            "box_k_cot_delta_infinite": exact,
            "box_phase_difference": np.rad2deg(off - math.pi * np.round(off / math.pi)),
        }
        V = None if learned.data.channels else learned.local(learned.rmatrix.r)
        if V is not None:
            found["box_k_cot_delta_g_wave"] = _with_g_wave(learned, V, frame, k2)
        return {name: torch.from_numpy(np.asarray(values)) for name, values in found.items()}

    def draw(self, results: Results, figure: Any) -> Any:
        """Levels against L, k cot δ of both kinds, and ΔE_eff(t)."""
        return draw_boxes(results, figure)


def _with_g_wave(learned: LearnedPotential, V: Tensor, frame: Frame, k2: np.ndarray) -> np.ndarray:
    """Lüscher's k cot δ0 with l = 4 allowed for, which feels V0 alone: U is the S wave's."""
    k = torch.from_numpy(np.sqrt(np.maximum(k2, 1e-6)))
    tan4 = tangent(learned.rmatrix, V, 4, k).numpy()

    def one(x: float, tangent4: float) -> float:
        return frame.k_cot_delta(x, (lambda _: 1.0 / tangent4) if tangent4 else None)

    return np.vectorize(one)(k2, tan4)


def _tell_of_overlap(learned: LearnedPotential, side: int, length: float, result: Results) -> None:
    """Of a U that reaches beyond L/2."""
    r = torch.linspace(0.02, 1.0, 50, dtype=torch.float64) * learned.r[-1]
    U = learned.on(r)[0]
    if U is not None:
        weighted = (U[0] * r * r[:, None]).abs()
        if bool((weighted[r > 0.5 * length] > OVERLAP * weighted.max()).any()):
            result.warnings.append(
                f"L = {side}: U(r,r') reaches beyond L/2 = {0.5 * length:.3g}, where the box cuts it"
            )
