"""A reference that a variational run asks for."""

import pytest
import torch

from hadronlab.errors import ConfigError
from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.reference import Reference
from hadronlab.observables.samples import Evaluation
from hadronlab.physics.forces.quark_models import MODELS, QuarkModel
from hadronlab.systems.levels import pair_levels
from hadronlab.systems.quarks import quark_system
from hadronlab.systems.threshold import Threshold


def evaluation(system, energy, error=0.02, threshold=None):
    estimate = Estimate.quoted(energy, error, "MeV")
    return Evaluation(system, estimate, {}, threshold, 0.5, 0.0, 100, 5.0)


def test_a_content_that_no_table_holds():
    """D_s*, AL1: nothing in the table; radius and energy are those of the radial solver, to the accuracy asked for."""
    system = quark_system("Ds*", "c s~", 1, 0)
    exact = pair_levels(system, 0.6)
    found = Reference(accuracy=1e-3).conclude({}, evaluation(system, 2102.05))
    mass = 1000 * float(exact.energy[0]) + system.mass_sum
    assert found.reference["energy"]["value"] == pytest.approx(mass, abs=1e-3)
    assert found.reference["rms_radius.c-s~"]["value"] == pytest.approx(float(exact.rms[0]), rel=1e-3)
    assert found.reference["energy"]["error"] < 1e-3
    assert found.reference["rms_radius.c-s~"]["unit"] == "fm"
    assert "correlated Gaussians" in found.reference["energy"]["source"]
    assert not found.estimates and not found.warnings


def test_bound_against_the_threshold_of_the_run():
    system = quark_system("D", "c u~", 0, 0.5)
    found = Reference().conclude({}, evaluation(system, 1862.4, threshold=Threshold("x y", 1900.0, ())))
    assert found.reference["binding_energy"]["value"] == pytest.approx(1900 - 1862.371, abs=0.01)


def test_an_energy_below_the_reference_is_said():
    system = quark_system("D", "c u~", 0, 0.5)
    found = Reference().conclude({}, evaluation(system, 1862.2))
    assert any("lies below that in correlated Gaussians" in warning for warning in found.warnings)


def test_too_little_time_is_said():
    found = Reference(accuracy=1e-9, seconds=1e-3).conclude(
        {}, evaluation(quark_system("D", "c u~", 0, 0.5), 1863.0)
    )
    assert any("not converged to 1e-09 MeV in 0.001 s" in warning for warning in found.warnings)


class Coupled(QuarkModel):
    def matrix(self, distances, masses, channels):
        return torch.zeros(distances.shape[1], channels.n, channels.n)


def test_forces_that_gaussians_do_not_know():
    system = quark_system("N", "u u d", 0.5, 0.5, interaction=Coupled(**MODELS["AL1"].__dict__))
    found = Reference().conclude({}, evaluation(system, 1000.7))
    assert not found.reference
    assert any("not the matrix of Coupled" in warning for warning in found.warnings)


def test_refuses():
    for settings in ({"accuracy": 0.0}, {"seconds": -1.0}):
        with pytest.raises(ConfigError, match="both must be positive"):
            Reference(**settings)
