"""What a run and a sweep keep when they are continued, and what may be given anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from omegaconf import DictConfig, OmegaConf

from hadronlab.api import composed
from hadronlab.errors import ConfigError
from hadronlab.run.directory.run_directory import has_result, locked
from hadronlab.run.same_run import refuse_another_run, warn_of_other_settings
from hadronlab.sweeps.continuation import line_up, refuse_other_jobs
from hadronlab.sweeps.job_results import job_folders

TOY = ("system=separable", "model=sdnn_uniform")


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    (tmp_path / "config.yaml").write_text(OmegaConf.to_yaml(composed(*TOY, directory=tmp_path), resolve=True))
    return tmp_path


@pytest.mark.parametrize(
    "override",
    [
        "model.width=12",
        "seed=5",
        "optimizer.optimizer.lr=0.5",
        "system.mass1=3.0",
        "optimizer=natural_gradient",
    ],
)
def test_a_run_keeps_what_its_checkpoint_holds(override: str, recorded: Path) -> None:
    with pytest.raises(ConfigError, match="a run goes on with its own"):
        refuse_another_run(recorded, composed(*TOY, override, directory=recorded))


def test_a_run_may_go_on_for_longer_and_otherwise_logged_and_after_an_update(recorded: Path) -> None:
    config = composed(*TOY, "trainer.max_steps=7", "logger=wandb", "data.n_radii=30", directory=recorded)
    OmegaConf.update(config, "optimizer.optimizer.new_of_this_version", 3, force_add=True)
    refuse_another_run(recorded, config)


def test_a_result_with_other_settings_is_told(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    warn_of_other_settings(
        recorded, composed(*TOY, "logger=wandb", "trainer.devices=2", directory=recorded / "moved")
    )
    assert capsys.readouterr().err == ""
    warn_of_other_settings(recorded, composed(*TOY, "trainer.max_steps=7", directory=recorded))
    assert "made with another trainer.max_steps; resume=" in capsys.readouterr().err


def test_the_evaluation_of_an_interrupted_run_is_no_result(tmp_path: Path) -> None:
    assert not has_result(tmp_path)
    for status, finished in (("unfinished", False), ("ok", True), ("not_finite", True)):
        (tmp_path / "result.json").write_text(f'{{"status": "{status}"}}')
        assert has_result(tmp_path) == finished


OWN = ["system=separable", "model.depth=1,2", "seed=1,2", "trainer.max_steps=30"]


@pytest.mark.parametrize("override", ["seed=1,2,3", "model.depth=3", "trainer.max_steps=30", "trainer.max_steps=30,60", "quiet=true",
                                      "strategy=gpu", "hydra.launcher.n_jobs=2", "--config-dir"])  # fmt: skip
def test_a_sweep_takes_more_values_of_its_own_settings(override: str) -> None:
    refuse_other_jobs(Path("there"), OWN, [override])


@pytest.mark.parametrize("override", ["trainer.max_steps=60", "model=sdnn", "model.dpth=1,2", "system=D"])
def test_a_sweep_keeps_its_jobs(override: str) -> None:
    with pytest.raises(ConfigError, match="would change the jobs of the sweep in there"):
        refuse_other_jobs(Path("there"), OWN, [override])


def multirun(
    *task: str, sweeper: str = "hydra._internal.BasicSweeper", subdir: str = "${hydra.job.num}", **params: str
) -> DictConfig:
    names = {"override_dirname": {"kv_sep": "=", "item_sep": ",", "exclude_keys": ["resume"]}}
    hydra = {
        "sweeper": {"_target_": sweeper, "params": params},
        "sweep": {"subdir": subdir},
        "job": {"config": names},
    }
    return OmegaConf.create({"hydra": {**hydra, "overrides": {"task": list(task)}}})


def sweep(directory: Path, *jobs: list[str]) -> None:
    for number, overrides in enumerate(jobs):
        (directory / str(number) / ".hydra").mkdir(parents=True)
        (directory / str(number) / ".hydra" / "overrides.yaml").write_text(OmegaConf.to_yaml(overrides))
        (directory / str(number) / "mark").write_text(" ".join(overrides))


def marks(directory: Path) -> dict[str, str]:
    return {path.parent.name: path.read_text() for path in directory.glob("*/mark")}


def test_directories_follow_their_jobs(tmp_path: Path) -> None:
    sweep(tmp_path, ["a=1", "seed=1"], ["a=1", "seed=2"], ["a=2", "seed=1", "resume=auto"], ["a=2", "seed=2"])
    before = marks(tmp_path)
    line_up(multirun("a=1,2", "seed=1,2"), tmp_path)
    assert marks(tmp_path) == before
    line_up(multirun("a=1,2", "seed=1,3,2", "resume=auto", "strategy=gpu"), tmp_path)
    assert marks(tmp_path) == {
        "0": "a=1 seed=1",
        "2": "a=1 seed=2",
        "3": "a=2 seed=1 resume=auto",
        "5": "a=2 seed=2",
    }
    line_up(multirun("seed=1,3", a="1,2,3"), tmp_path)  # what no job has any more comes last
    assert marks(tmp_path) == {
        "0": "a=1 seed=1",
        "2": "a=2 seed=1 resume=auto",
        "6": "a=1 seed=2",
        "7": "a=2 seed=2",
    }


def test_directories_in_use_or_of_another_sweeper_stay(tmp_path: Path) -> None:
    sweep(tmp_path, ["seed=1"], ["seed=2"])
    line_up(multirun("seed=2,1", sweeper="OptunaSweeper"), tmp_path)
    with locked(tmp_path / "1"), pytest.raises(ConfigError, match="another run is writing"):
        line_up(multirun("seed=2,1"), tmp_path)
    assert marks(tmp_path) == {"0": "seed=1", "1": "seed=2"}
    (tmp_path / "0").rename(tmp_path / ".0")  # killed between the two renamings
    line_up(multirun("seed=2,1"), tmp_path)
    assert marks(tmp_path) == {"0": "seed=2", "1": "seed=1"}


BY_OVERRIDES = "${hydra.job.override_dirname}"


def test_directories_named_by_overrides_follow_their_jobs(tmp_path: Path) -> None:
    """quiet and resume change no job; what no job has any more stays; a name may hold a slash."""
    (tmp_path / "multirun.yaml").touch()
    for name in ("quiet=True,seed=1", "quiet=True,seed=2", "model=deepquark/table1,seed=9"):
        sweep(tmp_path, name.replace("True", "true").split(","))
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / "0").rename(tmp_path / name)
    line_up(multirun("quiet=true", "seed=1,2,3", "resume=auto", subdir=BY_OVERRIDES), tmp_path)
    assert set(marks(tmp_path)) == {"quiet=True,seed=1", "quiet=True,seed=2"}
    line_up(multirun("quiet=true", "quiet=false", "seed=2,1", "logger=wandb", subdir=BY_OVERRIDES), tmp_path)
    assert marks(tmp_path) == {f"logger=wandb,quiet=False,seed={n}": f"quiet=true seed={n}" for n in (1, 2)}
    found = [str(folder.relative_to(tmp_path)) for folder in job_folders(tmp_path)]
    assert "model=deepquark/table1,seed=9" in found and len(found) == 3
    before = marks(tmp_path)
    line_up(multirun("seed=2,1", subdir="seed-${seed}"), tmp_path)
    assert marks(tmp_path) == before
