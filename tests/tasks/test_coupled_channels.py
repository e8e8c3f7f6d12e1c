"""Coupled channels from data to phases: closures with a known truth, Z factors, the sources that are needed, refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hydra.utils import instantiate

from hadronlab.api import composed, export, run
from hadronlab.data import channel_correlator
from hadronlab.data.coupled_synthetic import generate
from hadronlab.errors import ConfigError, DataError
from hadronlab.run.build import build_task
from hadronlab.tasks.inverse import InverseTask

RAD = 57.2957795
SMALL = ["data.lattice.n_mesh=60", "data.lattice.step=1.0", "data.lattice.length=70"]


def trained(*overrides: str, directory: Path) -> dict[str, Any]:
    """The observables of a run, and the truth beside them."""
    result = run(*overrides, "quiet=true", directory=directory).result
    return {name: found["value"] for name, found in result["observables"].items()} | {
        "truth": result.get("truth", {})
    }


@pytest.mark.slow
def test_four_sources_give_both_phases_and_the_z_factor(tmp_path: Path) -> None:
    """A nonlocal truth: within 5 mrad, η within 0.003, for data whose operators scale one channel by 1.4."""
    found = trained("experiment=coupled_best", "+data.lattice.z_factors.NX=1.4", directory=tmp_path / "run")
    assert found["phase_shift_error_max"] < 5e-3 * RAD and found["inelasticity_error_max"] < 0.003
    assert found["z_ratio.NX"] == pytest.approx(1 / 1.4, abs=1e-3)
    assert {path.stem for path in (tmp_path / "run" / "figures").glob("coupled_*.png")} == {
        "coupled_channels", "coupled_potentials", "coupled_kernels"}  # fmt: skip


@pytest.mark.slow
def test_two_sources_are_worse(tmp_path: Path) -> None:
    found = trained("experiment=coupled_best", "data.sources=[wall,wall_NX]", directory=tmp_path / "run")
    assert 2e-3 * RAD < found["phase_shift_error_max"] < 12e-3 * RAD


@pytest.mark.slow
def test_a_local_tensor_force_from_one_source(tmp_path: Path) -> None:
    """V_C and V_T are exact, so that all angles are within 0.1 mrad."""
    arguments = ["system=tensor", "data.sources=[wall]", "data.times=[13]", "trainer.max_epochs=30"]
    found = trained(*arguments, "optimizer.natural_gradient.shift=1e-14", directory=tmp_path / "run")
    assert found["phase_shift_error_max"] < 1e-4 * RAD and found["mixing_angle_error_max"] < 1e-4 * RAD
    assert found["binding_energy"] == pytest.approx(found["truth"]["binding_energy"]["value"], abs=1e-4)


@pytest.mark.slow
def test_a_nonlocal_tensor_force(tmp_path: Path) -> None:
    found = trained("system=tensor_nonlocal", directory=tmp_path / "run")
    assert found["phase_shift_1_error_max"] < 5e-3 * RAD and found["mixing_angle_error_max"] < 5e-3 * RAD
    assert found["share.D"] == pytest.approx(found["truth"]["share.D"]["value"], rel=0.02)


@pytest.mark.slow
def test_the_deuteron_from_a_lattice(tmp_path: Path) -> None:
    found = trained("experiment=deuteron_best", directory=tmp_path / "run")
    assert found["truth"]["binding_energy"]["value"] == pytest.approx(2.22460208, abs=1e-6)
    assert found["truth"]["share.D"]["value"] == pytest.approx(0.06469611, abs=1e-7)
    assert found["binding_energy"] == pytest.approx(2.2246, abs=0.01)
    assert found["share.D"] == pytest.approx(0.0647, abs=0.0005)
    assert found["phase_shift_1.26.5408"] == pytest.approx(60.51359, abs=0.1)


def built(*overrides: str) -> InverseTask:
    task = build_task(composed(*overrides))
    assert isinstance(task, InverseTask)
    return task


@pytest.mark.slow
def test_too_few_sources_are_counted() -> None:
    with pytest.raises(
        ConfigError, match=r"2 channels need at least 2 sources .* there is 1 \(wall\), of joint rank \d"
    ):
        built("experiment=coupled_best", "data.sources=[wall]", *SMALL)
    assert built("system=tensor", "data.sources=[wall]", *SMALL).data.names == ("S", "D")


@pytest.mark.slow
def test_models_and_observables_know_how_many_channels_there_are() -> None:
    with pytest.raises(
        ConfigError, match=r"Hybrid is of one channel, and the data have 2 channels \(LL, NX\)"
    ):
        built("system=lambda_lambda_n_xi", "model=hybrid", *SMALL)
    with pytest.raises(
        ConfigError, match="Hybrid is of 2 channels, and the data have one: choose model=hybrid"
    ):
        built("system=omega_ccc", "model=hybrid_coupled", "loss=r_correlator_ridge")
    with pytest.raises(
        ConfigError,
        match=r"observables\.phase_shifts is of one channel, and the data have LL, NX: choose observables=coupled",
    ):
        built("system=lambda_lambda_n_xi", "observables=[coupled,phase_shifts]", *SMALL)
    with pytest.raises(
        ConfigError, match=r"task\.starts=\['bound'\] is of one channel, and the data have LL, NX"
    ):
        built("system=lambda_lambda_n_xi", "task.starts=[bound]", *SMALL)


@pytest.mark.slow
def test_a_file_of_coupled_channels(tmp_path: Path) -> None:
    """system=coupled, with the masses of the file, errors of its bins, and no truth."""
    noise = "data.lattice.noise={_target_: hadronlab.data.noise.Noise, relative: 1.0e-4, bins: 3}"
    config = composed("system=lambda_lambda_n_xi", noise, *SMALL)
    pair, lattice = (instantiate(part, _convert_="all") for part in (config.system, config.data.lattice))
    channel_correlator.write(generate(pair, lattice), tmp_path / "a.h5")
    arguments = ["system=coupled", f"data.path={tmp_path}/a.h5", "data.sources=[wall,wall_NX]", "data.times=[12]",
                 "model=local_coupled", "loss=r_correlator", "trainer.max_epochs=2", "task.refit_steps=3", "quiet=true"]  # fmt: skip
    found = run(*arguments, "system.channels=[NX,LL]", directory=tmp_path / "run")
    saved = found.result["observables"]
    assert saved["z_ratio.LL"]["error"] > 0 and "phase_shift_error_max" not in saved
    arrays = {name: found.array(name) for name in ("V_11", "V_12", "V_22", "inelasticity")}
    assert all(np.isfinite(values).all() for values in arrays.values())
    export(found.directory, tmp_path / "out.h5")
    with h5py.File(tmp_path / "out.h5") as file:
        assert file["V_0"].shape[:2] == (2, 2) and file.attrs["channels"] == "NX,LL"
    with pytest.raises(ConfigError, match="a table holds one channel, and these are NX, LL"):
        export(found.directory, tmp_path / "out.csv")
    with pytest.raises(DataError, match="no channel 'SS' in the file"):
        built(*arguments, "system.channels=[LL,SS]")
