"""What is said of an error that Hydra hands over."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from hadronlab.cli.hydra_errors import explained
from hadronlab.errors import ConfigError
from hadronlab.run import launch
from hadronlab.sweeps.multirun import Multirun
from hadronlab.sweeps.workers import quiet_joblib


def test_a_bug_within_a_run_is_no_mistake_of_the_arguments() -> None:
    with pytest.raises(AttributeError) as caught:
        launch.train(None, None)  # type: ignore[arg-type]
    assert explained(caught.value) is caught.value


def test_arguments_that_hydra_fails_on_are_told() -> None:
    error = explained(AttributeError("no attribute '_metadata'"))
    assert isinstance(error, ConfigError) and "these arguments cannot be composed (no attribute" in str(error)


def test_joblib_keeps_its_workings_to_itself(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PYTHONWARNINGS", "error::DeprecationWarning")
    launcher = logging.getLogger("hydra_plugins.hydra_joblib_launcher._core")
    with caplog.at_level(logging.INFO):
        quiet_joblib()
        launcher.info("Joblib.Parallel(n_jobs=2,backend=loky) is launching 6 jobs")
        launcher.info("Launching jobs, sweep output dir : x")
    launcher.filters.clear()
    assert caplog.messages == ["Launching jobs, sweep output dir : x"]
    assert os.environ["PYTHONWARNINGS"] == "error::DeprecationWarning,ignore:resource_tracker"


def test_a_launcher_of_slurm_where_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    launcher = {"_target_": "hydra_plugins.hydra_submitit_launcher.submitit_launcher.SlurmLauncher"}
    config = OmegaConf.create({"hydra": {"launcher": launcher, "sweep": {"dir": str(tmp_path / "sweep")}}})
    with pytest.raises(SystemExit, match="1"):
        Multirun().on_multirun_start(config)
    assert "hands its jobs to SLURM, and there is no srun here" in capsys.readouterr().err
    assert not (tmp_path / "sweep").exists()
