"""The page *Conventions* tells the truth: every row of its table is checked against the code or against results."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import h5py
import numpy as np
import pytest
import torch
from scipy.special import psi
from wells import Short, correlator, learned

from hadronlab.api import Run, composed, run
from hadronlab.data.lattice import Derivatives, kinetic, lattice_wave_data
from hadronlab.data.r_correlator import RCorrelator, write
from hadronlab.data.sources import Radii
from hadronlab.estimates.resampling import resampled_error
from hadronlab.models.potentials.local import LocalGaussians
from hadronlab.observables.complex_scaling import ComplexScaling
from hadronlab.observables.fit import Fit
from hadronlab.observables.learned_potential import LearnedPotential, OtherMinimum
from hadronlab.observables.real_scaling import RealScaling
from hadronlab.observables.volume_prediction import VolumePrediction
from hadronlab.physics import constants
from hadronlab.physics.femtoscopy.koonin_pratt import correlation_function
from hadronlab.physics.femtoscopy.sources import Gaussian
from hadronlab.physics.few_body.gaussians.complex_scaling import poles
from hadronlab.physics.finite_volume.kinematics import energy_shift
from hadronlab.physics.finite_volume.luescher import Frame
from hadronlab.physics.finite_volume.periodic_box import BoxForce, PeriodicBox
from hadronlab.physics.forces.separable import Separable
from hadronlab.physics.scattering.derivative_expansion import localised
from hadronlab.physics.scattering.rmatrix import RMatrix
from hadronlab.run.build import build_task
from hadronlab.systems.hadrons import HadronPair
from hadronlab.systems.quarks import quark_system

PAGE = Path(__file__).parents[2] / "docs" / "conventions.md"


@dataclass(frozen=True)
class Row:
    quantity: str
    names: tuple[str, ...]
    unit: str
    convention: str


def table() -> list[Row]:
    rows = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 4 and cells[1].startswith("`"):
            rows.append(Row(cells[0], tuple(re.findall(r"`(.+?)`", cells[1])), cells[2], cells[3]))
    return rows


ROWS = {row.quantity: row for row in table()}
GRID = RMatrix(6.0, 60, 1000.0)
K = torch.linspace(0.01, 2.0, 40, dtype=torch.float64)


def well(depth: float) -> torch.Tensor:
    """A Gaussian of 1 fm on the mesh; with a reduced mass of 1 GeV it binds from about 55 MeV on."""
    return -depth * torch.exp(-GRID.r.square())


def hbar_c() -> None:
    assert float(ROWS["ħc"].convention.split()[0]) == constants.HBAR_C


def masses() -> None:
    pair = HadronPair("n_omega", 954.7, 1711.5)
    assert pair.reduced_mass == pytest.approx(954.7 * 1711.5 / (954.7 + 1711.5))
    assert constants.kinetic_constant(pair.reduced_mass) == pytest.approx(
        constants.HBAR_C**2 / 2 / pair.reduced_mass
    )


def momentum() -> None:
    """A pole of the R-matrix is passed where ħ²k²/2m is its energy: there the phase of the free wave is that of tan = ∞."""
    solved = GRID.solve()
    energy = solved.poles[..., 1]
    k = (2 * 1000.0 * energy).sqrt() / constants.HBAR_C
    assert float(torch.cos(k * GRID.radius)) == pytest.approx(0.0, abs=1e-9)


def nonlocal_potential() -> None:
    """δ(r − r′)/4πr² V(r) acts as V(r)."""
    U = torch.diag(well(30.0) / GRID.weight)
    torch.testing.assert_close(GRID.hamiltonian(U=U), GRID.hamiltonian(V=well(30.0)), rtol=1e-12, atol=1e-9)


def localised_potential() -> None:
    wave = torch.exp(-0.3 * GRID.r)
    U = torch.diag(well(30.0) / GRID.weight)
    torch.testing.assert_close(localised(U, GRID.weight, wave), well(30.0), rtol=1e-12, atol=1e-12)


def time_dependent_operator() -> None:
    """R = e^{−Wt}, flat in r: ∂t and ∂t² are the three-point differences, and the Laplacian is zero."""
    t, radius, shift, (m1, m2) = np.arange(3), np.linspace(0.5, 12.0, 24), 0.02, (0.5, 0.9)
    R = np.exp(-shift * t)[None, :, None] * np.ones((1, 3, 24))
    _, found = kinetic(RCorrelator(t, {"wall": R}, m1, m2, 2000.0, radius=radius), "wall", 1)
    m, d = m1 * m2 / (m1 + m2), (m1 - m2) / (m1 + m2)
    expected = (1 + 3 * d**2) / (8 * m) * (2 * np.cosh(shift) - 2) + np.sinh(shift)
    np.testing.assert_allclose(found[0], expected * 2000.0, rtol=1e-9)


def phase_shift() -> None:
    weak, deep = GRID.phase_shifts(None, well(20.0), K), GRID.phase_shifts(None, well(200.0), K)
    assert bool((weak > 0).all()) and bool((GRID.phase_shifts(None, -well(20.0), K) < 0).all())
    bound = GRID.bound_states(V=well(200.0)).energies.numel()
    assert bound >= 1
    at_zero = GRID.phase_shifts(None, well(200.0), torch.tensor([1e-4], dtype=torch.float64))
    assert float(torch.rad2deg(at_zero[0])) == pytest.approx(180 * bound, abs=0.1)
    assert bool((deep.diff().abs() < 0.3).all())  # continuous


def threshold_parameters() -> None:
    """k cot δ = −1/a0 + ½ r_eff k² up to k⁴."""
    for depth, sign in ((20.0, -1), (100.0, 1)):
        solved = GRID.solve(V=well(depth))
        a0, r_eff = solved.scattering_length(), solved.effective_range()
        k = torch.tensor([0.01], dtype=torch.float64)
        expected = -1 / a0 + 0.5 * r_eff * k**2
        torch.testing.assert_close(
            k / torch.tan(solved.phase_shifts(k)), expected[None][0], rtol=1e-5, atol=0
        )
        assert sign * float(a0) > 0
        assert (solved.bound_states().energies.numel() > 0) == (sign > 0)
    charged = RMatrix(6.0, 60, 1000.0, charges=1)
    solved, k = charged.solve(V=well(100.0)), np.array([0.1])  # fm⁻¹
    eta = constants.FINE_STRUCTURE * 1000.0 / (constants.HBAR_C * k)
    factor = 2 * np.pi * eta / np.expm1(2 * np.pi * eta)
    cot = 1 / np.tan(solved.phase_shifts(torch.as_tensor(k)).numpy())
    found = factor * k * cot + 2 * k * eta * (psi(1j * eta).real - np.log(eta))
    expected = -1 / float(solved.scattering_length()) + 0.5 * float(solved.effective_range()) * k**2
    np.testing.assert_allclose(found, expected, rtol=1e-3)


def jackknife() -> None:
    values = torch.randn(21, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    bins = values[1:]
    spread = (bins - bins.mean()).square().sum()
    torch.testing.assert_close(resampled_error(values, "jackknife") ** 2, 19 / 20 * spread)
    torch.testing.assert_close(resampled_error(values, "bootstrap") ** 2, spread / 19)


def colour() -> None:
    for content, spin, isospin in (("c c u~ d~", 1, 0), ("u u d", 0.5, 0.5)):
        system = quark_system("any", content, spin, isospin)
        total = sum(torch.from_numpy(m) for m in system.channels.operator("color"))
        expected = -8 / 3 * system.n_particles * torch.eye(system.n_channels, dtype=torch.float64)
        torch.testing.assert_close(total, expected, rtol=0, atol=1e-9)


def spin() -> None:
    for total, expected in ((0, -0.75), (1, 0.25)):
        operator = quark_system("any", "c u~", total, 0.5).channels.operator("spin")
        assert float(operator[0, 0, 0]) == pytest.approx(expected)


def correlation() -> None:
    r, dr = GRID.r, GRID.mesh.dr
    source = Gaussian(0.6).density(r)
    assert float((4 * np.pi * r**2 * source * dr).sum()) == pytest.approx(1.0, abs=1e-6)
    assert float(source[0]) == pytest.approx(
        float(torch.exp(-(r[0] ** 2) / (4 * 0.6**2))) / (4 * np.pi * 0.6**2) ** 1.5
    )
    torch.testing.assert_close(
        correlation_function(GRID.solve(), K, Gaussian(0.6)), torch.ones_like(K), rtol=0, atol=1e-6
    )
    assert bool((correlation_function(GRID.solve(V=well(20.0)), K[:5], Gaussian(0.6)) > 1).all())


def separable() -> None:
    r = torch.tensor([0.3, 1.7], dtype=torch.float64)
    torch.testing.assert_close(Separable(-0.017, 1.0).nonlocal_part(r[0], r[1]), -0.017 * torch.exp(-r.sum()))
    assert bool((Separable(-0.017).phase_shift(K) > 0).all())


def box() -> None:
    """The lowest level of a weak attraction in a large box: ε = 2πħ²a0/(m L³) to first order, with k cot δ = −1/a0 nearly."""
    m = 1000.0
    periodic = PeriodicBox(6.0, 16, constants.kinetic_constant(m), "A1+", "continuum")
    V = periodic.on_orbits(-2.0 * np.exp(-(periodic.radii**2)))
    energy = float(periodic.levels([BoxForce(V)], 1).energies[0, 0])
    a0 = float(GRID.scattering_length(V=well(2.0)))
    assert energy < 0 and a0 < 0
    assert energy == pytest.approx(4 * np.pi * periodic.kinetic * a0 / 6.0**3, rel=0.1)
    k2 = 2 * m * energy / constants.HBAR_C**2
    assert Frame(6.0).k_cot_delta(k2) == pytest.approx(-1 / a0, rel=0.02)
    assert energy_shift(energy, (2 * m, 2 * m)) == pytest.approx(energy, rel=1e-3)


def other_minima() -> None:
    """Those of the potential itself, and the χ² that it has more."""
    pair, model = HadronPair("pair", 2000.0, 2000.0), LocalGaussians([1.0], scale=1.0)
    other = copy.deepcopy(model)
    with torch.no_grad():
        other.a[0] = -80.0
    learned = LearnedPotential(
        [model], Radii(6.0, 60).load(pair), pair, 1.0, minima=[OtherMinimum(2.5, other)]
    )
    found, solved = Fit().observe(learned).estimates, GRID.solve(None, well(80.0))
    assert found["other_minima_excess"].value.tolist() == [2.5]
    assert found["other_minima_bound_states"].value.tolist() == [int(solved.bound_states().count)] == [1]
    inverse = found["other_minima_inverse_scattering_length"]
    assert inverse.unit == "fm⁻¹"
    assert float(inverse.value[0]) == pytest.approx(
        float(1 / solved.scattering_length()), rel=1e-6
    )  # two meshes


def volume_left_out() -> None:
    """Both ratios are 1 of the potential behind both volumes, and χ² is of measured less predicted."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "L12.h5"
        write(correlator(12)[0], path)
        data = lattice_wave_data(correlator(16)[0], times=[6], how=Derivatives(4))
        found = VolumePrediction(path, time_order=4).observe(learned(data, model=Short)).scalars
    assert found["volume_KR_ratio"].value == pytest.approx(1, abs=2e-3)
    assert found["volume_C_ratio"].value == pytest.approx(1, abs=5e-3)
    assert found["volume_KR_chi2"].value < 0.1 and not found["volume_KR_chi2"].unit


def resonance() -> None:
    """E = 1 − 0.05i stands still among levels that turn by −2θ about 0; Γ = 0.1, and levels are named by both parts."""
    angles = np.deg2rad([8.0, 10.0, 12.0, 14.0])
    levels = [np.append(np.array([0.5, 2.0]) * np.exp(-2j * angle), 1 - 0.05j) for angle in angles]
    (pole,) = poles(levels, angles, [0.0])
    found = ComplexScaling().told(0, pole, "MeV").scalars
    assert (found["resonance.0"].value, found["width.0"].value) == pytest.approx((1.0, 0.1))
    assert {e.unit for e in found.values()} == {ROWS["resonance"].unit} == {ROWS["rotated levels"].unit}


def plateau() -> None:
    """E = 1 stands still among levels that fall like s⁻² towards 0."""
    observable = RealScaling(scales=(0.8, 1.2))
    levels = [np.sort([0.5 / s**2, 2.0 / s**2, 1.0]) for s in observable.scales]
    (pole,) = observable.still(levels, [0.0])
    found = observable.told(0, pole, "MeV").scalars
    assert found["plateau.0"].value == pytest.approx(1.0)
    tables = observable.table(levels, "MeV")
    assert tables["scaled_levels"].value.shape == (len(observable.scales), 3)
    np.testing.assert_allclose(tables["scales"].value, observable.scales)
    assert {found["plateau.0"].unit} == {ROWS["plateau"].unit} == {ROWS["scaled levels"].unit}


def several_states() -> None:
    settings = [
        "system=D",
        "task.states=2",
        "model.widths=[6,4]",
        "sampler.n_walkers=50",
        "sampler.sweeps=3",
        "trainer.max_steps=4",
    ]
    with TemporaryDirectory() as place:
        found = run(
            *settings,
            "task.burn_in=100",
            "task.evaluation_samples=2000",
            "quiet=true",
            "figures=false",
            directory=Path(place) / "run",
        )
        levels = found.array("training_levels")
        assert units(found)["training_levels"] == "MeV" and levels.shape == (2, 4)
        assert (levels[0] < levels[1]).all()
        distance, density = (found.array(f"transition_{name}") for name in ("distance", "density.0-1"))
        assert abs(density[0].sum() * (distance[1] - distance[0])) < 0.1  # of states that are orthogonal
        kinds = {"transition_density.0-1": "1/fm", "transition_r2.c-q~.0-1": "fm²"}
        assert kinds.items() <= units(found).items()


def over_a_range() -> None:
    settings = [
        "system=D",
        "model.conditioned_on=[m_Q]",
        "task.points=2",
        "model.widths=[4]",
        "task.burn_in=20",
    ]
    found = build_task(
        composed(*settings, "task.evaluation_walkers=64", "task.evaluation_samples=200")
    ).observe()
    assert found.values["over_values.m_c"].tolist() == [1.469, 1.653, 1.836, 3.924, 6.011]
    assert found.values["over_values.trained"].tolist() == [1, 0, 1, 0, 1]
    energies, own = found.estimates["over_values.energy"], found.scalars["energy"]
    assert own.value == found.scalars["energy.m_c=1.836"].value == energies.value[2]
    assert own.unit == energies.unit == "MeV"


CHECKS: dict[str, Callable[[], None]] = {
    "over a range": over_a_range,
    "levels of the training": several_states,
    "transition density": several_states,
    "transition r²": several_states,
    "energy in a box": box,
    "momentum in a box": box,
    "Lüscher's relation": box,
    "ħc": hbar_c,
    "mass of a hadron": masses,
    "reduced mass": masses,
    "momentum": momentum,
    "nonlocal potential": nonlocal_potential,
    "localised potential": localised_potential,
    "time-dependent operator": time_dependent_operator,
    "phase shift": phase_shift,
    "inverse scattering length": threshold_parameters,
    "scattering length": threshold_parameters,
    "effective range": threshold_parameters,
    "jackknife": jackknife,
    "colour": colour,
    "spin": spin,
    "correlation function": correlation,
    "other minima of a fit": other_minima,
    "1/a0 of other minima": other_minima,
    "separable potential": separable,
    "a volume left out": volume_left_out,
    "resonance": resonance,
    "rotated levels": resonance,
    "plateau": plateau,
    "scaled levels": plateau,
    "scales": plateau,
}


@cache
def once(check: Callable[[], None]) -> None:
    """Some quantities share a check."""
    check()


@pytest.mark.parametrize("quantity", CHECKS)
def test_formula(quantity: str) -> None:
    assert quantity in ROWS, f"{PAGE.name} has no row {quantity!r}"
    once(CHECKS[quantity])


RUNS = {
    "potential": (
        "system=omega_ccc", "data=synthetic_noisy", "data.sources=[wall,smeared]", "model=hybrid_low_rank",
        "optimizer=natural_gradient", "optimizer.natural_gradient.warmup_steps=0", "trainer.max_epochs=3",
        "data.lattice.noise.bins=4",
    ),
    "joint": (
        "experiment=n_omega_joint", "data.times=[25,26]", "trainer.max_epochs=5", "data.lattice.noise.bins=4", "loss.correlation.pseudo_experiments=4",
        "observables.femtoscopy.derivative_at=[20.0]", "+measurement@observables.femtoscopy.data=synthetic",
    ),
    "separable": ("system=separable", "trainer.max_epochs=2"),
    "levels": ("system=tbb", "model=gaussians", "model.size=15", "task.states=2", "observables=[default,sensitivity,channel_shares]"),
    "channels": ("system=tensor_nonlocal", "trainer.max_epochs=4", "loss.r_correlator.z_factors=fit", "data.lattice.n_mesh=70"),
    "quarks": ("system=tbb", "trainer.max_steps=60", "task.evaluation_samples=8000"),
}  # fmt: skip


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    place = tmp_path_factory.mktemp("conventions")
    return {
        name: run(*overrides, "quiet=true", "figures=false", directory=place / name)
        for name, overrides in RUNS.items()
    }


def units(result: Run) -> dict[str, str]:
    """Unit of everything that the two files of a run hold."""
    found = {name: entry["unit"] for name, entry in result.result["observables"].items()}
    with h5py.File(result.directory / "result.h5") as file:
        found |= {
            name: dataset.attrs["unit"] for name, dataset in file.items() if isinstance(dataset, h5py.Dataset)
        }
    return found


def row_of(name: str) -> Row | None:
    """The row whose name is `name`, or its longest beginning: U_error belongs to U, rms_radius.c-c to rms_radius."""
    fits = [
        (len(known), row)
        for row in ROWS.values()
        for known in row.names
        if re.match(rf"{re.escape(known)}($|[._])", name)
    ]
    return max(fits, key=lambda fit: fit[0])[1] if fits else None


@pytest.mark.slow
def test_every_number_of_a_run_has_a_row_with_its_unit(results: dict[str, Run]) -> None:
    for kind, result in results.items():
        for name, unit in units(result).items():
            row = row_of(name)
            assert row is not None, f"{PAGE.name} has no row for {name} of {kind}"
            expected = {"", row.unit} if kind == "separable" else {row.unit}
            assert unit in expected, f"{name} has the unit {unit!r}, {PAGE.name} says {row.unit!r}"


@pytest.mark.slow
def test_every_row_is_checked(results: dict[str, Run]) -> None:
    written = {row.quantity for result in results.values() for name in units(result) if (row := row_of(name))}
    written |= {"error"}  # the key beside a value, below
    assert set(ROWS) <= set(CHECKS) | written, set(ROWS) - set(CHECKS) - written


@pytest.mark.slow
def test_what_the_results_of_a_bound_state_obey(results: dict[str, Run]) -> None:
    quarks, observables = results["quarks"], results["quarks"].result["observables"]
    for result in results.values():
        assert result["binding_energy"] > 0
    assert quarks["binding_energy"] == pytest.approx(quarks["threshold"] - quarks["energy"])
    masses = float(quark_system("tbb", "b b u~ d~", 1, 0).mass_sum)
    assert quarks["kinetic_energy"] + quarks["potential_energy"] + masses == pytest.approx(
        quarks["energy"], abs=1e-6
    )
    for share in ("color_fraction.", "spin_fraction."):
        assert sum(q["value"] for name, q in observables.items() if name.startswith(share)) == pytest.approx(
            1.0
        )
    distance, density = quarks.array("distance"), quarks.array("pair_density")
    np.testing.assert_allclose(
        density.sum(1) * (distance[1] - distance[0]), 1.0, atol=0.02
    )  # the tail beyond the last bin
    assert observables["energy"]["error"] > 0


@pytest.mark.slow
def test_losses_are_sums(results: dict[str, Run]) -> None:
    """[Wang, Sec. 4.1]: 3.78 for U = 0, the sum over ten waves and a hundred radii."""
    assert results["separable"]["loss_zero_potential"] == pytest.approx(3.78, abs=0.005)
