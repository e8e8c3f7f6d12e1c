"""The inverse problem end to end, on small data: training, errors of bins, results, evaluation."""

from __future__ import annotations

import json
import math
from pathlib import Path

import h5py
import pytest
import torch
from observing import observe

from hadronlab.api import composed, run
from hadronlab.data.diagnostics import effective_rank
from hadronlab.data.separable import separable_wave_data
from hadronlab.errors import DataError
from hadronlab.models.potentials.potential import Potential
from hadronlab.physics.forces.separable import Separable
from hadronlab.run.build import build_task
from hadronlab.run.evaluate import evaluate
from hadronlab.systems.hadrons import HadronPair
from hadronlab.tasks.inverse import InverseTask

PAIR = HadronPair("separable", 6.6, 6.6, 1.0, Separable())


class Exact(Potential):
    """The true kernel as a model."""

    def kernel(self, r: torch.Tensor, rp: torch.Tensor) -> torch.Tensor:
        return Separable().nonlocal_part(r, rp)


def test_the_exact_potential_gives_the_exact_observables() -> None:
    data = separable_wave_data(quadrature="gregory", r_max=25.0, n_radii=200)
    result = observe([Exact()], data, PAIR, 1.0, 0.0, 3.78)
    value = {name: quantity.value for name, quantity in result.scalars.items()}
    assert value["potential_error"] < 1e-14
    assert value["phase_shift_error_max"] < math.degrees(1e-7)
    assert value["scattering_length"] == pytest.approx(7.39708747, rel=1e-6)
    assert value["effective_range"] == pytest.approx(3.29349325, rel=1e-6)
    assert value["binding_energy"] == pytest.approx(5.8906173e-3, rel=1e-6)
    assert effective_rank(separable_wave_data()) == 7  # on the paper's grid
    assert result.truth["scattering_length"]["value"] == pytest.approx(7.39708747, rel=1e-8)


def test_models_and_bins_must_match() -> None:
    with pytest.raises(DataError, match="2 refitted bins, but the data hold 0"):
        observe([Exact()] * 3, separable_wave_data(), PAIR, 1.0, 0.0, 1.0)


@pytest.mark.slow
def test_one_correlator_is_warned_of(tmp_path: Path) -> None:
    result = run("system=omega_ccc", "trainer.max_epochs=3", "quiet=true", directory=tmp_path / "run")
    assert result["effective_rank"] == 1
    assert any("effective rank 1" in warning for warning in result.result["warnings"])
    assert any("above that of U = 0: train longer" in warning for warning in result.result["warnings"])


@pytest.mark.slow
def test_two_sources_fix_the_phase_shifts(tmp_path: Path) -> None:
    done = run(
        "experiment=omega_ccc_best",
        "data.times=[26]",
        "trainer.max_epochs=12",
        "quiet=true",
        directory=tmp_path / "run",
    )
    assert done["phase_shift_error_max"] < 0.3  # degrees, k ≤ 2 fm⁻¹
    assert done["scattering_length"] == pytest.approx(1.5718554, rel=5e-3)
    assert done["effective_range"] == pytest.approx(0.5717876, rel=1e-2)
    assert done["binding_energy"] == pytest.approx(5.629028, rel=1e-2)
    assert not done.result["warnings"]
    for name in ("training", "potential", "localised", "nonlocal_surface", "phase_shifts", "singular_values"):
        assert done.figure(name).stat().st_size > 5000


@pytest.mark.slow
def test_a_nonlocal_truth_is_seen_by_the_full_potential_only(tmp_path: Path) -> None:
    done = run("experiment=perey_buck", "data.times=[26]", "model=hybrid_low_rank", "~model.nonlocal_part.widths",
               "~model.nonlocal_part.head", "optimizer.natural_gradient.shift=1e-12", "quiet=true", "figures=false",
               "loss.r_correlator.weighting=volume", directory=tmp_path / "run")  # fmt: skip
    assert done["phase_shift_error_max"] < 0.1 < 2.0 < done["phase_shift_error_max.leading_order"]


@pytest.mark.slow
def test_noisy_data_get_errors_that_cover_the_truth(tmp_path: Path) -> None:
    """χ² of eight quantities with 20 bins; the errors are what other noises make the values scatter by."""
    done = run("experiment=omega_ccc_best", "data=synthetic_noisy", "data.sources=[wall,smeared]", "data.times=[26]",
               "data.lattice.inelastic=null", "model=hybrid_low_rank", "~model.nonlocal_part.widths",
               "~model.nonlocal_part.head", "loss.ridge.weight=0.01", "quiet=true", "figures=false", directory=tmp_path / "run")  # fmt: skip
    observables, truth = done.result["observables"], done.result["truth"]
    scatter = {"inverse_scattering_length": 0.022, "effective_range": 0.073, "binding_energy": 0.53}
    pulls = []
    for name, sigma in scatter.items():
        entry = observables[name]
        assert entry["error"] == pytest.approx(sigma, rel=0.5)  # the error of an error from 20 bins is 16 %
        pulls.append((entry["value"] - truth[name]["value"]) / entry["error"])
    delta, exact = done.estimate("phase_shift_nonlocal"), done.array("phase_shift_truth")
    pulls += [(delta.value[i] - exact[i]) / delta.error[i] for i in (14, 29, 59)]
    local, exact = done.estimate("V_theta"), done.array("V_truth")
    pulls += [(local.value[0, i] - exact[i]) / local.error[0, i] for i in (17, 70)]
    assert max(map(abs, pulls)) < 3.2  # Student's t with 19 degrees: one in 200
    assert 0.15 < sum(pull**2 for pull in pulls) / len(pulls) < 3.5
    assert delta.unit == "deg"
    with h5py.File(done.directory / "result.h5") as file:
        assert file["phase_shift_nonlocal_error"].shape == file["k"].shape
        assert file["U"].attrs["unit"] == "MeV fm⁻³"


@pytest.mark.slow
def test_evaluation_repeats_the_result(tmp_path: Path) -> None:
    """And draws the figures, which the run has left out."""
    done = run(
        "system=separable", "trainer.max_epochs=30", "quiet=true", "figures=false", directory=tmp_path / "run"
    )
    before = done.result["observables"]
    assert not (done.directory / "figures").exists()
    evaluate(done.directory)
    assert done.figure("phase_shifts").is_file()
    after = json.loads((done.directory / "result.json").read_text())["observables"]
    assert after.keys() == before.keys()
    for name, quantity in before.items():
        assert after[name]["value"] == pytest.approx(quantity["value"], rel=1e-9, abs=1e-12)


@pytest.mark.slow
def test_an_evaluation_does_not_refit_the_bins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the run are in its checkpoint; a training that goes on from there makes its own."""
    settings = ("system=omega_ccc", "data=synthetic_noisy", "data.lattice.noise.bins=4", "data.lattice.step=0.5", "data.times=[26]",
                "data.r_max=2.0", "model=local_gaussians", "loss=r_correlator", "optimizer=natural_gradient", "quiet=true", "figures=false")  # fmt: skip
    done = run(*settings, "trainer.max_epochs=3", directory=tmp_path / "run")
    before = done.estimate("scattering_length")
    with monkeypatch.context() as patched:
        patched.setattr(InverseTask, "refit", lambda task: pytest.fail("refitted"))
        evaluate(done.directory)
    after = done.estimate("scattering_length")
    assert after.error == pytest.approx(before.error, rel=1e-9) and after.error > 0
    refitted = []
    monkeypatch.setattr(InverseTask, "refit", lambda task: refitted.append(task.bins))
    run(*settings, "trainer.max_epochs=4", f"resume={done.directory}")
    assert refitted == [None]


def test_the_loss_is_the_sum_of_its_parts(tmp_path: Path) -> None:
    task = build_task(composed("system=separable", directory=tmp_path))
    parts = task.loss_parts()
    assert set(parts) == {"schrodinger", "asymptotic"}
    total = float(task.least_squares().loss(task.least_squares().theta()))
    assert total == pytest.approx(float(sum(part.detach() for part in parts.values())), rel=1e-12)
    assert task.loss_zero == pytest.approx(3.78, abs=0.005)
