"""What observables of a potential are compared with, and with which mass; what unbound bins do to an error."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

from hadronlab.data.lattice import lattice_wave_data
from hadronlab.data.separable import separable_wave_data
from hadronlab.data.synthetic import SyntheticLattice, generate
from hadronlab.models.potentials.potential import Potential
from hadronlab.observables.inverse import _scattering, observe
from hadronlab.observables.observables import Observables
from hadronlab.physics.forces.local_potentials import nucleon_phi
from hadronlab.physics.forces.separable import Separable
from hadronlab.physics.scattering.rmatrix import RMatrix
from hadronlab.systems.hadrons import HadronPair


class Exact(Potential):
    """The separable kernel as a model."""

    def kernel(self, r: Tensor, rp: Tensor) -> Tensor:
        return Separable().nonlocal_part(r, rp)


class ExactTail(Potential):
    """V(r) of N-phi as a model."""

    has_local, has_nonlocal = True, False

    def local(self, r: Tensor) -> Tensor:
        return nucleon_phi()(r)


def test_the_truth_does_not_end_with_the_data() -> None:
    """Two-pion exchange reaches beyond 3.6 fm: the exact V, cut there, has another scattering length."""
    pair = HadronPair("n_phi", 954.0, 1048.0, potential=nucleon_phi())
    data = lattice_wave_data(generate(pair, SyntheticLattice()), ["wall"], [26], r_max_fm=3.6)
    result = observe([ExactTail()], data, pair, 2.0, 0.0, 1.0)
    far = RMatrix(30.0, 360, pair.reduced_mass)
    exact = float(far.scattering_length(V=nucleon_phi()(far.r)))
    assert result.reference["scattering_length"]["value"] == pytest.approx(exact, rel=1e-5)
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


def test_bins_without_a_bound_state_are_told_of() -> None:
    rmatrix, truth = RMatrix(35.0, 60, 3.3, 1.0), Separable()
    strength = torch.tensor([1.0, 1.1, 1.05, 0.5, 0.4], dtype=torch.float64)  # the last two bins are unbound
    U = strength[:, None, None] * truth.nonlocal_part(rmatrix.r[:, None], rmatrix.r)
    result = Observables(units={"r": "", "V_theta": ""})
    bins = SimpleNamespace(resampling="jackknife")
    _scattering("nonlocal", rmatrix.solve(U), torch.ones(1, dtype=torch.float64), bins, result)  # type: ignore[arg-type]
    assert result.scalars["binding_energy"].value == pytest.approx(5.8906173e-3, rel=1e-6)
    assert result.warnings == [
        "no bound state in 2 of 4 bins: the error of binding_energy is that of the others"
    ]
