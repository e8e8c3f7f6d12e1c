"""The commands from Python, within a program that is somebody else's."""

from __future__ import annotations

import logging
import os
import random
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import hydra
import numpy as np
import pytest
import torch
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf
from pytorch_lightning.utilities import rank_zero_only

from hadronlab import api
from hadronlab.errors import DataError

SMALL = ("system=separable", "model=sdnn_uniform", "model.depth=1", "model.width=4", "data.n_radii=24", "data.n_momenta=4",
         "quiet=true", "trainer.max_epochs=2")  # fmt: skip


def state() -> dict[str, Any]:
    """What belongs to the program that calls."""
    generators = (random.getstate(), str(np.random.get_state()), torch.get_rng_state().tolist())
    root = logging.getLogger()
    return {
        "generators": generators,
        "logging": (
            logging.raiseExceptions,
            list(root.handlers),
            root.level,
            logging.getLogger("pytorch_lightning").level,
        ),
        "hydra": (GlobalHydra.instance().hydra, HydraConfig.instance().cfg),
        "warnings": list(warnings.filters),
        "environment": dict(os.environ),
        "torch": (
            torch.get_num_threads(),
            torch.get_default_dtype(),
            float(torch.tensor(1e-310, dtype=torch.float64) * 1.0),
        ),
        "rank": rank_zero_only.rank,  # type: ignore[attr-defined]
        "directory": os.getcwd(),
    }


@pytest.fixture
def theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A program that uses Hydra itself, has seeded its generators, and is rank 3 of something of its own."""
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "app.yaml").write_text("a: 1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(rank_zero_only, "rank", 3)
    random.seed(5)
    np.random.seed(5)
    torch.manual_seed(5)
    before = HydraConfig.instance().cfg
    with hydra.initialize_config_dir(str(tmp_path / "conf"), version_base="1.3"):
        HydraConfig.instance().cfg = OmegaConf.create({"hydra": {"runtime": {"output_dir": "theirs"}}})
        yield
    HydraConfig.instance().cfg = before


def test_a_run_leaves_the_program_around_it_as_it_was(theirs: None, tmp_path: Path) -> None:
    before = state()
    run = api.run(*SMALL, directory=tmp_path / "run")
    after = state()
    for name in before:
        assert after[name] == before[name], name
    assert hydra.compose("app").a == 1
    assert run.result["status"] == "ok" and len(run.array("r")) == 24
    assert {"train.log", "config.yaml", "metrics.csv", "result.json"} <= {
        path.name for path in run.directory.iterdir()
    }


def test_a_run_that_fails_leaves_it_too(theirs: None, tmp_path: Path) -> None:
    before = state()
    for mistake in ("loss.asymptotic.cutoff=99", "model=nothing", "data=lattice"):
        with pytest.raises(Exception, match=r"."):
            api.run(*SMALL, mistake, directory=tmp_path / "run")
        assert state() == before


@pytest.mark.slow
def test_evaluate_and_summarise_are_the_commands(theirs: None, tmp_path: Path) -> None:
    run = api.run(*SMALL, directory=tmp_path / "sweep" / "0")
    before, value = state(), run["loss_final"]
    (run.directory / "result.json").unlink()
    again = api.evaluate(run.directory)
    assert again.directory == run.directory and again["loss_final"] == pytest.approx(value, rel=1e-12)
    api.run(*SMALL, "seed=2", directory=tmp_path / "sweep" / "1")
    table = api.summarise(tmp_path / "sweep")
    assert table == tmp_path / "sweep" / "sweep.csv" and len(table.read_text().splitlines()) == 3
    assert state() == before


def test_what_is_logged_stands_in_train_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with api.train_log(tmp_path / "train.log"):
        logging.getLogger("hadronlab.somewhere").info("a line")
    logging.getLogger("hadronlab.somewhere").warning("another")
    assert (tmp_path / "train.log").read_text().endswith("[hadronlab.somewhere][INFO] - a line\n")


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["Qt4Agg", "nonsense", "module://not.there"])
def test_a_backend_of_somebody_else(backend: str, tmp_path: Path) -> None:
    """matplotlib refuses some names when it is imported, and Lightning's libraries import it."""
    environment = {**os.environ, "MPLBACKEND": backend, "OMP_NUM_THREADS": "1"}
    script = f"from hadronlab import api; api.run(*{SMALL!r}, directory='api'); import os; assert os.environ['MPLBACKEND'] == {backend!r}"
    for command in (["-m", "hadronlab.train", *SMALL, "hydra.run.dir=command"], ["-c", script]):
        done = subprocess.run(
            [sys.executable, *command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=250,
        )
        assert done.returncode == 0, done.stderr
    for place in ("command", "api"):
        assert list((tmp_path / place / "figures").glob("*.png"))


@pytest.mark.slow
def test_a_second_run_imports_nothing(tmp_path: Path) -> None:
    """As the jobs of a sweep in one process: whatever a run needs is there after the first."""
    api.run(*SMALL, directory=tmp_path / "first")
    before = set(sys.modules)
    api.run(*SMALL, "seed=2", directory=tmp_path / "second")
    assert not set(sys.modules) - before


def test_a_measured_correlation_function_is_read(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("10,1.5,0.1\n20,1.25,0.1\n30,1.125,0.1\n")
    data = api.read_correlation(tmp_path / "mine.csv", k_max=40.0, label="mine")
    assert data.label == "mine" and data.value.tolist() == [1.5, 1.25, 1.125]
    assert len(api.read_correlation("star_pp_2015", k_min=15.0).k) == 54
    with pytest.raises(DataError, match=r"unit=GeV"):
        api.read_correlation("star_pp_2015", unit="MeV")
