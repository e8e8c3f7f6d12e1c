"""Levels of a learned potential in boxes: those of the potential itself, Lüscher beside it, and R(t) made of them."""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from wells import FACTORS, MASS, SPACING, Known, Short, correlator, learned, without_lattice

from hadronlab.api import composed
from hadronlab.data.lattice import kinetic, lattice_wave_data
from hadronlab.data.r_correlator import read
from hadronlab.errors import ConfigError
from hadronlab.models.potentials.known import Known as KnownModel
from hadronlab.observables.box_energy_shift import levels_that_count, predicted_energy_shift
from hadronlab.observables.finite_volume import FiniteVolume
from hadronlab.observables.learned_potential import LearnedPotential
from hadronlab.observables.results import Results
from hadronlab.physics.constants import HBAR_C
from hadronlab.physics.finite_volume.kinematics import energy_shift
from hadronlab.physics.finite_volume.periodic_box import BoxForce, PeriodicBox
from hadronlab.plotting.style import figure, save, style
from hadronlab.run.build import build_task
from hadronlab.systems.hadrons import HadronPair

DATA = Path(os.environ.get("HADRONLAB_DATA", Path(__file__).parents[3] / "shared" / "data"))


def test_levels_lie_where_those_of_the_potential_do() -> None:
    result = FiniteVolume(L=[18, 24], spacing=SPACING, levels=3, k_max=15.0).observe(
        learned(without_lattice())
    )
    assert result.estimates["box_levels"].rows == ("L = 18", "L = 24")
    for i, side in enumerate((18, 24)):
        for name, box in (
            ("box_levels_lattice", PeriodicBox(side * SPACING, side, HBAR_C**2 / MASS)),
            ("box_levels", PeriodicBox.continuum(side * SPACING, 15.0, HBAR_C**2 / MASS)),
        ):
            forces = [
                BoxForce(box.on_orbits(Known(f).local(torch.from_numpy(box.radii)).numpy())) for f in FACTORS
            ]
            exact = energy_shift(box.levels(forces, 3).energies, (MASS, MASS))
            found = result.estimates[name]
            assert found.value[i] == pytest.approx(
                exact[0], abs=1e-4
            )  # V ends at 3 fm, where it has 1e-4 MeV
            error = math.sqrt(2 / 3 * np.square(exact[1:, 0] - exact[1:, 0].mean()).sum())
            assert found.error[i][0] == pytest.approx(error, abs=1e-4)
            assert np.abs(found.error[i]).min() > 1e-3
    assert result.scalars["box_energy.L24.n1"].value == result.estimates["box_levels"].value[1, 1]
    assert not result.warnings


def test_luescher_tends_to_the_potential_with_the_volume() -> None:
    """And l = 4 is most of what is missing at the first excited level."""
    result = FiniteVolume(L=[16, 24], spacing=SPACING, levels=2).observe(learned(without_lattice(0)))
    small, large = np.abs(result.values["box_phase_difference"])
    assert (large < 0.2 * small).all() and large[0] < 1e-3
    exact, alone, both = (
        result.values[f"box_k_cot_delta{kind}"][:, 1] for kind in ("_infinite", "", "_g_wave")
    )
    assert (np.abs(both - exact) < 0.2 * np.abs(alone - exact)).all()


def test_a_kernel_and_a_bound_state() -> None:
    """The level of a nonlocal force in a large box is its bound state."""
    bound = learned(without_lattice(), kernel=-400.0)
    result = FiniteVolume(L=[30], spacing=SPACING, levels=1, k_max=12.0).observe(bound)
    energy = bound.solved("nonlocal").bound_states().energies[:, 0].numpy()
    exact = energy_shift(energy, (MASS, MASS))
    assert exact[0] < -20.0
    assert result.scalars["box_energy.L30.n0"].value == pytest.approx(exact[0], abs=0.01)
    assert result.values["box_k_cot_delta"] == pytest.approx(
        result.values["box_k_cot_delta_infinite"], abs=1e-4
    )


def test_what_reaches_beyond_half_the_box_is_told() -> None:
    result = FiniteVolume(L=[8], spacing=SPACING, levels=1).observe(learned(without_lattice(0), kernel=-40.0))
    assert any("U(r,r') reaches beyond L/2 = 0.8" in warning for warning in result.warnings)
    coarse = FiniteVolume(L=[18], spacing=SPACING, levels=1, k_max=6.0).observe(
        learned(without_lattice(0), model=Short)
    )
    assert any("raise observables.finite_volume.k_max" in warning for warning in coarse.warnings)


def test_the_energy_shift_of_a_correlator_made_of_levels() -> None:
    """From R at the first time alone, ΔE_eff of every later one, in both sources and every bin; and a figure."""
    data, shifts = correlator()
    observable = FiniteVolume(levels=2)
    result = observable.observe(learned(lattice_wave_data(data, times=[5]), model=Short))
    assert result.estimates["energy_shift_t"].value.tolist() == [5, 6, 7, 8]
    predicted, measured = (result.estimates[f"energy_shift_{kind}"] for kind in ("predicted", "data"))
    assert predicted.rows == measured.rows == ("wall", "smeared")
    assert predicted.value == pytest.approx(
        measured.value, abs=1e-3
    )  # V ends with the data, at L/2, where it has 7e-4 MeV
    assert predicted.error == pytest.approx(measured.error, rel=0.01)
    assert abs(measured.value[1, 0] - shifts[0]) > 1.0  # no level yet
    assert result.estimates["box_levels"].rows == ("L = 16",)


@pytest.mark.slow
def test_a_box_of_forty_sites() -> None:
    """Of a file that was made of its levels: they come back, in every bin."""
    data, shifts = correlator(40)
    result = FiniteVolume(levels=3, k_max=8.0).observe(
        learned(lattice_wave_data(data, times=[5], r_max_fm=2.0), model=Short)
    )
    assert result.estimates["box_levels_lattice"].rows == ("L = 40",)
    assert result.values["box_levels_lattice"][0] == pytest.approx(
        shifts, abs=1e-4
    )  # V ends at 2 fm, where it has 5e-7 MeV
    predicted, measured = (result.estimates[f"energy_shift_{kind}"] for kind in ("predicted", "data"))
    assert predicted.value == pytest.approx(measured.value, abs=1e-3)


@pytest.mark.data
@pytest.mark.slow
def test_the_energy_shift_of_real_correlators() -> None:
    """Of V(r) of every site and bin, L = 48, wall, t = 13, as an independent code has it: means over 20 bins and their errors, MeV."""
    path = DATA / "xixi_1s0_L48.h5"
    if not path.exists():
        pytest.skip("the public lattice files are not here")
    file = read(path)
    m, length = file.mass * file.inverse_spacing, 48
    box = PeriodicBox(length * file.spacing_fm, length, HBAR_C**2 / m)
    R, KR = kinetic(file, "wall", 13)
    V = np.empty_like(R)
    V[:, box.cube.orbit(file.site)] = KR / R
    levels = box.levels([BoxForce(v) for v in V], levels_that_count(box))
    waves = lattice_wave_data(file, ["wall", "smeared"], [13], r_max_fm=1.0)
    known = LearnedPotential([Known(1.0)] * len(V), waves, HadronPair("xixi", m, m), 2.0)
    predicted = predicted_energy_shift(known, box, levels).estimates["energy_shift_predicted"]
    (bins,) = (part.bins for part in predicted.parts.values())
    reference = [[-2.582383926, -2.587542085, -2.592554320], [-8.212950414, -8.039017325, -7.871336331]]
    errors = [[0.383465335, 0.383127636, 0.382803235], [0.615048821, 0.600466977, 0.586702645]]
    assert bins.mean(0) == pytest.approx(np.array(reference), abs=1e-6)
    assert predicted.error == pytest.approx(np.array(errors), abs=1e-6)


def test_a_figure(tmp_path: object) -> None:
    data, _ = correlator()
    for waves in (lattice_wave_data(data, times=[5]), without_lattice(0)):
        observable = FiniteVolume(L=[12, 16], spacing=SPACING, levels=2, k_max=12.0)
        with style():
            drawn = observable.draw(observable.observe(learned(waves)), figure)
            assert save(drawn, tmp_path / "boxes.png").stat().st_size > 10_000  # type: ignore[operator]
    assert observable.draw(Results(), figure) is None


def test_spin_one_levels_of_a_central_force_hold_those_of_spin_zero() -> None:
    zero, one = (FiniteVolume(L=[12], spacing=SPACING, irrep=irrep, levels=n).observe(learned(without_lattice(0)))
                 for irrep, n in (("A1+", 2), ("T1+", 4)))  # fmt: skip
    levels = one.values["box_levels"][0]
    for level in zero.values["box_levels"][0]:
        assert np.abs(levels - level).min() < 1e-6


def tensor(*overrides: str) -> LearnedPotential:
    """S and D waves of the known force of system=tensor, V_T = −100 r² e^{−r²} MeV."""
    task = build_task(composed("system=tensor", "system.potential.tensor.strength=-100", "data.sources=[wall]", "data.times=[13]", *overrides))  # fmt: skip
    return LearnedPotential([KnownModel(task.pair.potential)], task.data, task.pair, 2.0)


@pytest.mark.slow
def test_levels_of_a_tensor_force_lie_where_an_independent_code_has_them() -> None:
    """In the continuum of a box of 6 fm; Lüscher misses δα by 11 mrad there."""
    result = FiniteVolume(L=18, spacing=1 / 3, irrep="T1+", levels=2, k_max=9.5).observe(tensor())
    assert result.values["box_levels"][0] == pytest.approx(
        energy_shift(np.array([-9.455803062, 32.0781724]), (938.9, 938.9)), abs=1e-3
    )
    off = np.deg2rad(result.values["box_phase_difference"][0])
    assert np.isnan(off[0]) and off[1] == pytest.approx(0.01105406, abs=2e-4)
    with style():
        assert FiniteVolume().draw(result, figure) is not None


@pytest.mark.slow
def test_channels_that_have_no_levels_here() -> None:
    learned = tensor("data.lattice.n_mesh=60", "data.lattice.step=1.0", "data.lattice.length=70")

    def warning(irrep: str = "T1+") -> str:
        return FiniteVolume(L=18, spacing=1 / 3, irrep=irrep).observe(learned).warnings[0]

    assert "S and D waves of a spin of 1 are in T1+" in warning("A1+")
    learned.models[0].has_nonlocal = True
    assert "a nonlocal part between S and D waves is not known there" in warning()
    learned.models[0].has_nonlocal = False
    learned.V0[:, 1, 1] += 5.0
    assert "L·S is not known there" in warning()


def test_what_is_missing_is_told() -> None:
    assert "finite_volume.spacing" in FiniteVolume(L=[16]).observe(learned(without_lattice(0))).warnings[0]
    assert "finite_volume.L" in FiniteVolume(spacing=0.1).observe(learned(without_lattice(0))).warnings[0]
    last = lattice_wave_data(correlator()[0], times=[8])
    assert FiniteVolume(levels=1).observe(learned(last)).estimates["energy_shift_t"].value.tolist() == [8]
    for settings, said in (
        ({"L": [3]}, "whole numbers of sites, four or more"),
        ({"L": [16.5]}, "whole numbers"),
        ({"irrep": "E+"}, "choose one of A1"),
        ({"levels": 0}, "give positive numbers"),
        ({"k_max": 0.0}, "give positive numbers"),
    ):
        with pytest.raises(ConfigError, match=said):
            FiniteVolume(**settings)  # type: ignore[arg-type]
