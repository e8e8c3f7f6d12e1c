"""What observables of a potential are compared with, and with which mass; what unbound bins do to an error."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from observing import observe
from torch import Tensor

from hadronlab.data.lattice import lattice_wave_data
from hadronlab.data.separable import separable_wave_data
from hadronlab.data.synthetic import SyntheticLattice, generate
from hadronlab.models.potentials.potential import Potential
from hadronlab.observables.learned_potential import LearnedPotential
from hadronlab.observables.low_energy import LowEnergy
from hadronlab.observables.phase_shifts import PhaseShifts
from hadronlab.physics.forces.local_potentials import LocalPotential, nucleon_omega, nucleon_phi
from hadronlab.physics.forces.separable import Separable
from hadronlab.physics.scattering.rmatrix import RMatrix
from hadronlab.systems.hadrons import HadronPair


class Exact(Potential):
    """The separable kernel as a model."""

    def kernel(self, r: Tensor, rp: Tensor) -> Tensor:
        return Separable().nonlocal_part(r, rp)


class ExactLocal(Potential):
    """A known V(r) as a model, on every radius."""

    has_local, has_nonlocal = True, False

    def __init__(self, V: LocalPotential) -> None:
        super().__init__()
        self.V = V

    def local(self, r: Tensor) -> Tensor:
        return self.V(r)


def n_omega(charges: tuple[int, int] | None = None) -> HadronPair:
    return HadronPair("n_omega", 954.7, 1711.5, potential=nucleon_omega(), charges=charges)


def test_the_truth_does_not_end_with_the_data() -> None:
    """Two-pion exchange reaches beyond 3.6 fm: the exact V, cut there, has another scattering length."""
    pair = HadronPair("n_phi", 954.0, 1048.0, potential=nucleon_phi())
    data = lattice_wave_data(generate(pair, SyntheticLattice()), ["wall"], [26], r_max_fm=3.6)
    result = observe([ExactLocal(nucleon_phi())], data, pair, 2.0, 0.0, 1.0)
    far = RMatrix(30.0, 360, pair.reduced_mass)
    exact = float(far.scattering_length(V=nucleon_phi()(far.r)))
    assert result.truth["scattering_length"]["value"] == pytest.approx(exact, rel=1e-5)
    assert result.scalars["scattering_length"].value == pytest.approx(exact, rel=0.02)
    assert abs(result.scalars["scattering_length"].value - exact) > 0.005
    assert 0.02 < result.scalars["phase_shift_error_max"].value < 0.2
    assert result.scalars["V_theta_error_rms"].value == pytest.approx(0.0, abs=1e-12)


def test_phase_shifts_take_the_mass_of_the_data() -> None:
    """A potential learned from K R = [… + ∇²/2m] R scatters hadrons of that m, whatever they weigh in nature."""
    data = separable_wave_data(quadrature="gregory", r_max=25.0, n_radii=200)
    lighter = HadronPair("separable", 6.0, 6.0, 1.0)  # m = 3.0 instead of 3.3
    result = observe([Exact()], data, lighter, 1.0, 0.0, 3.78)
    assert result.scalars["scattering_length"].value == pytest.approx(7.39708747, rel=1e-6)


def strengths(*factors: float) -> LearnedPotential:
    """The separable kernel times a factor, the central one first, then a jackknife bin each."""

    class Scaled(Exact):
        def __init__(self, factor: float) -> None:
            super().__init__()
            self.factor = factor

        def kernel(self, r: Tensor, rp: Tensor) -> Tensor:
            return self.factor * super().kernel(r, rp)

    waves = separable_wave_data(quadrature="gregory", r_max=35.0, n_radii=300)
    bins = {name: getattr(waves, name).expand(len(factors), -1, -1) for name in ("amplitude", "lhs")}
    pair = HadronPair("separable", 6.6, 6.6, 1.0)
    return LearnedPotential([Scaled(f) for f in factors], replace(waves, **bins), pair, 1.0)


def test_bins_without_a_bound_state_are_told_of() -> None:
    result = LowEnergy().observe(strengths(1.0, 1.1, 1.05, 0.5, 0.4))  # the last two are unbound
    assert result.scalars["binding_energy"].value == pytest.approx(5.8906173e-3, rel=1e-6)
    assert (
        "no bound state in 2 of 4 bins: the error of binding_energy is that of the others" in result.warnings
    )
    unbound = LowEnergy().observe(strengths(0.5, 1.1, 1.05, 0.5, 0.4))
    assert "binding_energy" not in unbound.estimates
    assert "no bound state, but in 2 of 4 bins there is one" in unbound.warnings


def test_the_scattering_length_has_an_interval_or_none_at_its_pole() -> None:
    """1/a0 is regular at unitarity; a0 of bins on both sides of it has no error."""
    critical = Separable().critical_omega / Separable().omega
    clear = LowEnergy().observe(strengths(1.0, *(1 + 0.002 * torch.linspace(-1, 1, 6)).tolist()))
    a0, inverse = clear.estimates["scattering_length"], clear.estimates["inverse_scattering_length"]
    assert a0.value == pytest.approx(7.39708747, rel=1e-6)
    low, high = a0.interval
    assert (1 / high, 1 / low) == pytest.approx(
        (inverse.value - inverse.error, inverse.value + inverse.error)
    )
    assert high - a0.value > a0.value - low
    at_pole = LowEnergy().observe(
        strengths(critical, *(critical * (1 + 0.01 * torch.linspace(-1, 1, 6))).tolist())
    )
    inverse = at_pole.estimates["inverse_scattering_length"]
    assert abs(inverse.value) < inverse.error < 0.1
    a0 = at_pole.estimates.get("scattering_length")
    assert a0 is None or (a0.interval is None and a0.error is None)


def test_a_weak_potential_has_a_regular_scattering_length() -> None:
    weak = LowEnergy().observe(strengths(1e-4, *(1e-2 * torch.linspace(-1, 1.02, 6)).tolist()))
    a0 = weak.estimates["scattering_length"]
    assert a0.parts and abs(a0.value) < a0.error
    assert not weak.estimates["inverse_scattering_length"].parts


def test_phase_shifts_of_bins_are_on_the_branch_of_the_central_one() -> None:
    """δ(0) is π with a bound state and 0 without: modulo π the bins agree."""
    critical = Separable().critical_omega / Separable().omega
    near = strengths(critical * 1.001, *(critical * (1 + 0.004 * torch.linspace(-1, 1, 8))).tolist())
    found = PhaseShifts(at=[0.5]).observe(near)
    assert np.nanmax(found.estimates["phase_shift_nonlocal"].error[5:]) < 5.0
    one = found.estimates["phase_shift.0.5"]
    exact = replace(Separable(), omega=Separable().critical_omega * 1.001).phase_shift(torch.tensor([0.5]))
    assert one.value == pytest.approx(float(torch.rad2deg(exact)), abs=0.05)


def test_a_charged_pair_has_coulomb_modified_numbers_beside_the_nuclear_ones() -> None:
    """p–Ω⁻ by the V behind the data: the charges attract, and bind more."""
    data = lattice_wave_data(generate(n_omega(), SyntheticLattice()), ["wall"], [26], r_max_fm=3.6)
    plain, charged = (
        observe([ExactLocal(nucleon_omega())], data, n_omega(charges), 2.0, 0.0, 1.0)
        for charges in (None, (1, -1))
    )
    for name in ("scattering_length", "effective_range", "binding_energy", "rms_radius"):
        assert plain.scalars[name].value == charged.scalars[name].value
        assert plain.truth[name] == charged.truth[name]
        assert f"coulomb_{name}" not in {**plain.scalars, **plain.truth}
        value, truth = (charged.scalars[f"coulomb_{name}"].value, charged.truth[f"coulomb_{name}"]["value"])
        assert value == pytest.approx(truth, rel=0.02)  # of the tail beyond 3.6 fm
    assert charged.truth["coulomb_scattering_length"]["value"] == pytest.approx(3.1963, abs=1e-3)
    assert charged.truth["coulomb_effective_range"]["value"] == pytest.approx(1.2893, abs=1e-3)
    assert charged.scalars["coulomb_binding_energy"].value > charged.scalars["binding_energy"].value + 0.5
    assert not any("coulomb" in name and "." in name for name in charged.scalars)


def test_truth_and_published_values_are_kept_apart() -> None:
    published = {"scattering_length": {"value": 7.0, "source": "a paper"}}
    pair = HadronPair("separable", 6.6, 6.6, 1.0, potential=Separable(), references=published)
    result = observe([Exact()], separable_wave_data(quadrature="gregory", r_max=25.0, n_radii=200), pair, 1.0)
    assert result.reference == published
    assert result.truth["scattering_length"]["value"] == pytest.approx(7.39708747, rel=1e-8)
    assert result.truth["inverse_scattering_length"]["value"] == pytest.approx(1 / 7.39708747, rel=1e-8)
