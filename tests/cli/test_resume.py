"""The command lines that resume=DIR stands for."""

from __future__ import annotations

from pathlib import Path

import pytest
from omegaconf import OmegaConf

from hadronlab.api import composed
from hadronlab.cli.resume import resume_arguments
from hadronlab.errors import ConfigError


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """The directory of a run, whose name holds what Hydra's grammar knows."""
    directory = tmp_path / "beta=1.95" / "it's, [b] Ω"
    directory.mkdir(parents=True)
    config = composed("system=separable", "optimizer=adam_cosine", directory=directory)
    (directory / "config.yaml").write_text(OmegaConf.to_yaml(config, resolve=True))
    return directory


def test_a_run_goes_on_whatever_its_name(recorded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(recorded.parent)
    written = str(recorded).replace("'", "\\'")
    for given in (str(recorded), recorded.name, f'"{recorded}"', f"./{recorded.name}/"):
        arguments = resume_arguments(["seed=1", f"resume={given}"])
        assert arguments[:4] == ["--config-path", str(recorded), "--config-name", "config"]
        assert f"hydra.run.dir='{written}'" in arguments and f"resume='{written}'" in arguments


def test_logger_and_strategy_of_a_run_may_be_chosen_anew(recorded: Path) -> None:
    for given in ("logger=wandb", "+logger=wandb"):
        assert "+logger=wandb" in resume_arguments([given, f"resume={recorded}"])
    for given in ("model=sdnn", "+model=sdnn", "~loss"):
        with pytest.raises(ConfigError, match=f"{given.lstrip('+')}: a run goes on with its own"):
            resume_arguments([given, f"resume={recorded}"])


def test_a_falling_rate_follows_the_number_of_steps(recorded: Path) -> None:
    follows = "optimizer.scheduler.T_max=${trainer.max_epochs}"
    assert follows in resume_arguments(["trainer.max_epochs=900", f"resume={recorded}"])
    own = resume_arguments(["optimizer.scheduler.T_max=50", f"resume={recorded}"])
    assert "optimizer.scheduler.T_max=50" in own and follows not in own


def test_resume_of_what_is_no_run_says_where_one_is(recorded: Path) -> None:
    with pytest.raises(ConfigError, match=r"no config\.yaml; choose resume="):
        resume_arguments([f"resume={recorded.parent}"])
    (recorded / "checkpoints").mkdir()
    (recorded / "checkpoints" / "last.ckpt").touch()
    for given in (recorded / "checkpoints", recorded / "checkpoints" / "last.ckpt", recorded / "gone"):
        with pytest.raises(ConfigError) as error:
            resume_arguments([f"resume={given}"])
        assert str(error.value).endswith(f"; choose resume={recorded}")
    with pytest.raises(ConfigError, match="no such directory"):
        resume_arguments(["resume=~/nowhere/at/all"])


def test_one_run_is_no_sweep(recorded: Path) -> None:
    with pytest.raises(ConfigError, match="one run goes on alone: leave out -m"):
        resume_arguments(["-m", "seed=1,2", f"resume={recorded}"])


def write(file: Path, task: list[str], hydra: list[str], provider: str = "main") -> None:
    sources = [{"path": "/their/cfg", "schema": "file", "provider": provider}]
    content = {"overrides": {"task": task, "hydra": hydra}, "runtime": {"config_sources": sources}}
    file.parent.mkdir(exist_ok=True)
    file.write_text(OmegaConf.to_yaml({"hydra": content}))


def test_a_run_killed_before_its_configuration_stood_begins_again(tmp_path: Path) -> None:
    write(
        tmp_path / ".hydra" / "hydra.yaml", ["system=D", "seed=2", "resume=auto"], ["hydra.run.dir=elsewhere"]
    )
    arguments = resume_arguments([f"resume={tmp_path}", "quiet=true"])
    assert arguments == ["system=D", "seed=2", "quiet=true", f"hydra.run.dir='{tmp_path}'", "resume=auto"]


def test_a_sweep_with_a_config_directory_asks_for_it(tmp_path: Path) -> None:
    write(tmp_path / "multirun.yaml", ["model=mine", "seed=1,2"], [], provider="command-line")
    with pytest.raises(ConfigError, match="was started with --config-dir /their/cfg: give it"):
        resume_arguments([f"resume={tmp_path}"])
    for again in (["--config-dir", "/their/cfg"], ["--config-dir=/their/cfg"], ["-cd", "/their/cfg"]):
        assert "model=mine" in resume_arguments([*again, f"resume={tmp_path}"])


def test_names_of_jobs_are_taken_over(tmp_path: Path) -> None:
    named = [
        "hydra.sweep.subdir=${hydra.job.override_dirname}",
        "hydra.job.config.override_dirname.kv_sep=-",
        "hydra.job.config.override_dirname.exclude_keys=[system,quiet]",
    ]
    write(tmp_path / "multirun.yaml", ["seed=1,2"], named)
    assert set(named) <= set(resume_arguments([f"resume={tmp_path}"]))


@pytest.mark.parametrize(
    "value", ["${oc.env:HOME}", "${hydra:job.num}", "${${x}}", "${oc.create:{a:1}}", "${now:%Y}"]
)
def test_resolvers_are_not_taken_from_a_file(value: str, tmp_path: Path) -> None:
    write(tmp_path / "multirun.yaml", ["seed=1,2"], [f"hydra.sweep.subdir={value}"])
    with pytest.raises(ConfigError, match="is not taken from a file; give it on the command line too"):
        resume_arguments([f"resume={tmp_path}"])
    assert resume_arguments([f"resume={tmp_path}", f"hydra.sweep.subdir={value}"])
