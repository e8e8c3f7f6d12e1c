"""Run directories made to do harm: both commands that read them answer with one line and do nothing."""

from __future__ import annotations

import inspect
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning
import torch
import yaml
from hydra.utils import get_class, get_object
from omegaconf import OmegaConf

from hadronlab import evaluate, train
from hadronlab.api import composed
from hadronlab.cli.resume import resume_arguments
from hadronlab.config.shipped import OPTIMIZERS, POTENTIALS, SCHEDULERS
from hadronlab.errors import ConfigError
from hadronlab.run.directory.trust import read_run_config

KEYS = ("system", "task", "model", "model.part", "loss.schrodinger", "data", "optimizer.optimizer", "optimizer.scheduler",
        "optimizer.natural_gradient", "callbacks.guards", "trainer", "trainer.strategy", "trainer.devices", "logger.csv",
        "system.potential", "interaction", "system.interaction", "sampler", "schedule", "schedule.stages.last", "observables.more",
        "data.lattice.sources.wall", "elsewhere")  # fmt: skip


def public(module: Any, of: Callable[[Any], bool] = callable) -> list[str]:
    return [
        f"{module.__name__}.{name}"
        for name, value in sorted(vars(module).items())
        if of(value) and not name.startswith("_")
    ]


def methods(*names: str) -> list[str]:
    """Methods of classes that are themselves allowed, and dotted ways out of their modules."""
    tails = (
        "__init__",
        "load_state_dict",
        "save",
        "step",
        "fit",
        "save_checkpoint",
        "__class__",
        "__init__.__globals__",
        "__mro__",
    )
    return [f"{name}.{tail}" for name in names for tail in tails]


SHIPPED = {"system": "hadronlab.systems.hadrons.HadronPair", "task": "hadronlab.tasks.inverse.InverseTask",
           "model": "hadronlab.models.potentials.sdnn.SDNN", "loss.schrodinger": "hadronlab.losses.equations.Schrodinger",
           "data": "hadronlab.data.sources.LatticeFile", "optimizer.optimizer": "torch.optim.Adam",
           "callbacks.guards": "hadronlab.callbacks.guards.Guards", "trainer": "pytorch_lightning.Trainer",
           "trainer.strategy": "hadronlab.run.ranks.ddp.JobDDPStrategy", "logger.csv": "hadronlab.run.directory.metrics_csv.MetricsCSV",
           "sampler": "hadronlab.sampling.metropolis.MetropolisSampler"}  # fmt: skip
TARGETS: dict[str, list[Any]] = {
    "functions of os": public(os),
    "processes": public(subprocess),
    "files": [*public(shutil), "pathlib.Path.unlink", "pathlib.Path.write_text", "io.open", "builtins.open", "builtins.exec", "builtins.eval"],
    "code and pickles": ["importlib.import_module", "runpy.run_path", "pickle.load", "torch.load", "torch.save", "numpy.load", "numpy.save",
                         "yaml.load", "yaml.unsafe_load", "hydra.utils.call", "hydra.utils.instantiate", "hydra.main", "builtins.__import__"],
    "the network": [*public(torch.hub), "urllib.request.urlretrieve", "webbrowser.open", "socket.create_connection"],
    "Lightning": [name for package in (pytorch_lightning.loggers, pytorch_lightning.callbacks, pytorch_lightning.profilers,
                                       pytorch_lightning.strategies, pytorch_lightning.plugins)
                  for name in public(package, inspect.isclass)] + ["pytorch_lightning.cli.LightningCLI"],
    "our own writers": ["hadronlab.run.directory.files.write_text", "hadronlab.run.directory.files.write_whole", "hadronlab.convert.main",
                        "hadronlab.run.directory.files.write_json", "hadronlab.data.r_correlator.write", "hadronlab.api.run",
                        "hadronlab.data.ingest.convert.convert", "hadronlab.train.main", "hadronlab.run.launch.launch",
                        "hadronlab.plotting.style.save", "hadronlab.sweeps.page.write_page", "hadronlab.sweeps.table.write_csv",
                        "hadronlab.run.directory.checkpoint_io.WholeCheckpointIO", "hadronlab.callbacks.checkpoints.Checkpoint"],
    "through a module of ours": [f"hadronlab.models.potentials.sdnn.{name}" for name in
                                 ("torch.hub.load", "torch.os.system", "nn.Module", "torch.optim.Adam", "nothing", "", ".SDNN")],
    "methods": methods("torch.optim.Optimizer", *SHIPPED.values()),
    "spelling": ["os.ѕystem", "ｏｓ.system", "os.system\u200b", "os.system\n", " os.system", "os..system", ".os.system", "os.system.",
                 "OS.SYSTEM", "os:system", "os/system", "hadronlab.models.potentials.sdnn.ЅDNN", "os.system ", "nt.system", "posix.system"],
    "no text": [["os.system"], {"_target_": "os.system"}, 3, 1.5, True, None, [], {}, [{"_target_": "os.system"}]],
}  # fmt: skip


def with_value(content: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    """`content` with `value` at the dotted `key`."""
    name, _, below = key.partition(".")
    return {**content, name: with_value(content.get(name, {}), below, value) if below else value}


@pytest.fixture(scope="module")
def honest() -> dict[str, Any]:
    return OmegaConf.to_container(composed("system=separable"), resolve=True)  # type: ignore[return-value]


@pytest.fixture
def refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[[str], str]:
    """The line with which both commands refuse a run directory whose config.yaml holds a text; nothing else has happened."""
    directory, elsewhere = tmp_path / "run", tmp_path / "elsewhere"
    directory.mkdir()
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)

    def one_line(text: str) -> str:
        (directory / "config.yaml").write_text(text, encoding="utf-8")
        before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
        lines = set()
        for main, argument in ((evaluate.main, str(directory)), (train.main, f"resume={directory}")):
            monkeypatch.setattr(sys, "argv", ["hadronlab", argument])
            with pytest.raises(SystemExit, match="1"):
                main()
            out, err = capfd.readouterr()
            assert out == "" and err.startswith("error: ") and err.count("\n") == 1, (text, out, err)
            lines.add(err)
        assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
        assert len(lines) == 1
        return lines.pop()

    return one_line


@pytest.mark.parametrize("family", TARGETS)
def test_hostile_targets(family: str, refused: Callable[[str], str]) -> None:
    """Each at one of the keys in turn, with arguments that would leave a file behind."""
    for number, target in enumerate(TARGETS[family]):
        key = KEYS[number % len(KEYS)]
        line = refused(json.dumps(with_value({}, key, {"_target_": target, "path": "made", "name": "made"})))
        assert key in line, line


def test_there_are_many_of_them() -> None:
    assert sum(map(len, TARGETS.values())) > 500


def misplaced() -> Iterator[tuple[str, str]]:
    for home, target in SHIPPED.items():
        for key in KEYS:
            if key != home and not (home == "model" and key == "model.part"):
                yield key, target


@pytest.mark.slow
def test_a_shipped_class_at_another_key(refused: Callable[[str], str]) -> None:
    for key, target in misplaced():
        line = refused(json.dumps(with_value({}, key, {"_target_": target})))
        assert f"{key}._target_: '{target}' is not trusted" in line


WAYS = {
    "_args_": {"model": {"_args_": ["touch made"]}},
    "_partial_": {"system": {"_partial_": True}},
    "_recursive_": {"model": {"_recursive_": False}},
    "_convert_": {"data": {"_convert_": "object"}},
    "a partial that is a number": {"optimizer": {"optimizer": {"_partial_": 1}}},
    "a list of objects": {"callbacks": {"more": [{"_target_": "os.system"}]}},
    "lists of lists": {"model": {"widths": [[[{"_target_": "os.system", "command": "touch made"}]]]}},
    "in the place of a number": {"trainer": {"max_epochs": {"_target_": "builtins.print"}}},
    "in the place of the seed": {"seed": {"_target_": "os.getpid"}},
    "at the root": {"_target_": "os.system"},
    "interpolation": {"model": {"scale": "${oc.env:HOME}"}},
    "interpolation that makes nodes": {"model": "${oc.create:'{_target_: os.system}'}"},
    "interpolation in a list": {"model": {"widths": ["${oc.decode:1}"]}},
    "Hydra's launcher": {"hydra": {"launcher": {"_target_": "os.system"}}},
    "Hydra's logging": {"hydra": {"job_logging": {"handlers": {"a": {"()": "os.system"}}}}},
    "defaults": {"defaults": [{"override /hydra/launcher": "evil"}]},
    "a path of TensorBoard": {"logger": {"board": {"_target_": "pytorch_lightning.loggers.TensorBoardLogger", "version": "../../made"}}},
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_ways_around_a_target(way: str, honest: dict[str, Any], refused: Callable[[str], str]) -> None:
    content = dict(honest)
    for key, value in WAYS[way].items():
        old = content.get(key)
        content[key] = {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value
    refused(yaml.safe_dump(content))


TEXTS = {
    "a YAML object": "model: !!python/object/apply:os.mkdir [made]",
    "another": "!!python/object/new:os.system [touch made]",
    "aliases that grow": "a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: [*b,*b,*b,*b]",
    "an alias of itself": "a: &a [*a]",
    "merged keys": "a: &a {_target_: os.system}\nmodel: {<<: *a}",
    "not YAML": "model: {a: [",
    "a list": "- 1\n- 2",
    "two documents": "a: 1\n---\nb: 2",
    "deep": "[" * 500,
    "binary": "\x00\x01\x02",
    "a package": "# @package hydra\nlauncher: {_target_: os.system}",
    "a target given twice": "model: {_target_: hadronlab.models.potentials.sdnn.sdnn, _target_: os.system}",
}  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_hostile_texts(text: str, refused: Callable[[str], str]) -> None:
    refused(TEXTS[text])


def test_groups_in_a_run_directory_are_not_read(honest: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                capfd: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    """resume=DIR logger=wandb has Hydra look for logger/wandb.yaml, first of all in DIR."""
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(honest))
    for group in ("logger", "strategy", "hydra/job_logging"):
        (tmp_path / group).mkdir(parents=True)
        (tmp_path / group / "wandb.yaml").write_text(f"a: {{_target_: os.mkdir, path: {tmp_path / 'made'}}}")
        monkeypatch.setattr(sys, "argv", ["hadronlab-train", f"resume={tmp_path}", "logger=wandb"])
        with pytest.raises(SystemExit, match="1"):
            train.main()
        assert "is no part of a run, and Hydra would read it" in capfd.readouterr().err
        shutil.rmtree(tmp_path / group.split("/")[0])
    assert not (tmp_path / "made").exists()


OVERRIDES = ["--config-dir=/tmp", "-cd", "hydra.run.dir=/tmp/made", "hydra/callbacks=evil", "hydra.callbacks.a._target_=os.system",
             "hydra.launcher.setup=[touch made]", "hydra.launcher.partition='a\ntouch made'", "hydra.launcher.additional_parameters.wrap=touch",
             "hydra.sweeper.storage=sqlite:////tmp/made.db", "hydra.sweep.subdir=../../made", "hydra.sweep.subdir=..", "hydra.searchpath=[/tmp]",
             "hydra.sweep.subdir=${oc.env:HOME}", "hydra/launcher=../evil", "model=../../../tmp/evil", "experiment=/tmp/evil", "+model@a=../evil",
             "+model/part=../../evil", "+callbacks.a={_target_:os.system}", "model._args_=[1]", "+callbacks.a={_args_:[1]}", "seed=${oc.env:HOME}",
             "model._target_=os.system", "model._target_=hadronlab.models.potentials.sdnn.sdnn,os.system", "logger.csv._target_=torch.optim.Adam",
             "hydra.job_logging.root.level=DEBUG", "hydra.mode=RUN", "~hydra.run"]  # fmt: skip


@pytest.mark.parametrize("override", OVERRIDES)
@pytest.mark.parametrize("part", ["task", "hydra"])
def test_hostile_sweeps(override: str, part: str, tmp_path: Path) -> None:
    overrides = {"task": ["system=separable", "seed=1,2"], "hydra": [], part: [override]}
    (tmp_path / "multirun.yaml").write_text(yaml.safe_dump({"hydra": {"overrides": overrides}}))
    try:
        arguments = resume_arguments([f"resume={tmp_path}"])
    except ConfigError as error:
        assert len(str(error).splitlines()) == 1
    else:
        assert override not in arguments  # settings of Hydra of other kinds are left out


def test_names_made_of_overrides_do_not_leave_the_sweep(tmp_path: Path) -> None:
    subdir = "hydra.sweep.subdir=${hydra.job.override_dirname}"
    for path, fits in (("mine.h5", True), ("x/../../../made", False)):
        overrides = {"task": [f"data.path={path}", "seed=1,2"], "hydra": [subdir]}
        (tmp_path / "multirun.yaml").write_text(yaml.safe_dump({"hydra": {"overrides": overrides}}))
        if fits:
            assert subdir in resume_arguments([f"resume={tmp_path}"])
        else:
            with pytest.raises(ConfigError, match="is not taken from a file"):
                resume_arguments([f"resume={tmp_path}"])


@pytest.mark.parametrize("settings", [
    ["system=omega_ccc", "data=synthetic_noisy"],
    ["system=omega_ccc", "system.potential._target_=hadronlab.physics.forces.local_potentials.Gaussians", "+system.potential.strengths=[1]"],
    ["system=separable", "model=hybrid", "model.nonlocal_part._target_=hadronlab.models.potentials.sdnn.sdnn_deep"],
    ["system=separable", "optimizer.optimizer._target_=torch.optim.AdamW"],
], ids=" ".join)  # fmt: skip
def test_what_is_known_beside_the_shipped_files_may_stand(settings: list[str], tmp_path: Path) -> None:
    text = OmegaConf.to_yaml(composed(*settings), resolve=True)
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    assert read_run_config(tmp_path / "config.yaml") == OmegaConf.create(text)


def test_what_is_known_beside_the_shipped_files_exists() -> None:
    for target in (*POTENTIALS, *OPTIMIZERS, *SCHEDULERS):
        assert callable(get_object(target))
    assert all(issubclass(get_class(target), torch.optim.Optimizer) for target in OPTIMIZERS)
    assert all(issubclass(get_class(target), torch.optim.lr_scheduler.LRScheduler) for target in SCHEDULERS)
