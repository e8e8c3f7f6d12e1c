"""What comes from somebody else is read and not run: checkpoints, configurations of run directories, data files."""

from __future__ import annotations

import os
import pickle
import sys
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from omegaconf import OmegaConf

from hadronlab.api import composed
from hadronlab.cli.resume import resume_arguments
from hadronlab.data.ingest.tables import read_npz, read_pickle
from hadronlab.data.r_correlator import read
from hadronlab.errors import ConfigError, DataError
from hadronlab.run.directory.checkpoint_io import load_checkpoint, newest_whole
from hadronlab.run.directory.trust import check_target, read_run_config


class Payload:
    """Unpickling it makes a directory."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.mark),)


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    return tmp_path / "executed"


@pytest.mark.parametrize("write", ["torch", "pickle", "zip"])
def test_malicious_checkpoint_is_refused_and_skipped(write: str, tmp_path: Path, mark: Path) -> None:
    file, content = tmp_path / "last.ckpt", {"state_dict": {}, "epoch": Payload(mark)}
    if write == "torch":
        torch.save(content, file)
    elif write == "pickle":
        file.write_bytes(pickle.dumps(content))
    else:
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("archive/data.pkl", pickle.dumps(content))
            archive.writestr("archive/version", "3")
    with pytest.raises(DataError, match="not a whole checkpoint of plain tensors") as error:
        load_checkpoint(file)
    assert "\n" not in str(error.value)
    assert newest_whole(tmp_path) is None
    assert not mark.exists()


def test_checkpoint_that_is_no_dictionary(tmp_path: Path) -> None:
    torch.save([1, 2], tmp_path / "last.ckpt")
    with pytest.raises(DataError, match="it holds a list"):
        load_checkpoint(tmp_path / "last.ckpt")


MALICIOUS = {
    "a function of os": "model: {_target_: os.system, command: 'touch executed'}",
    "os through torch": "model: {_target_: torch.os.system}",
    "os through a module of ours": "model: {_target_: hadronlab.models.potentials.sdnn.torch.os.system}",
    "code from the network": "model: {_target_: torch.hub.load}",
    "a function of torch through ours": "model: {_target_: hadronlab.models.potentials.sdnn.torch.hub.load}",
    "unpickling": "model: {_target_: torch.load}",
    "our own writer of files": "model: {_target_: hadronlab.run.directory.run_directory.write_text, path: x, text: y}",
    "a command-line application": "model: {_target_: pytorch_lightning.cli.LightningCLI}",
    "deep in a list": "callbacks: {a: {b: [{c: {_target_: subprocess.check_output}}]}}",
    "not a text": "model: {_target_: [os.system]}",
    "nothing of that name": "model: {_target_: hadronlab.models.potentials.sdnn.nothing}",
    "Hydra's launcher": "hydra: {launcher: {_target_: os.system}}",
    "Hydra's callbacks": "hydra: {callbacks: {a: {_target_: os.system}}}",
    "defaults": "defaults: [{override /hydra/launcher: evil}]",
    "an interpolation that makes nodes": "model: ${oc.create:'{_target_: os.system}'}",
    "an interpolated target": "model: {_target_: '${oc.env:HOME}'}",
    "a YAML object": "model: !!python/object/apply:os.mkdir [executed]",
    "not YAML": "model: {a: [",
    "a list": "- 1\n- 2",
    "nothing": "",
    "binary": "\x00\x01\x02",
}


@pytest.mark.parametrize("text", MALICIOUS.values(), ids=MALICIOUS.keys())
def test_malicious_configuration_of_a_run_directory(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text(text)
    if text:
        with pytest.raises(ConfigError) as error:
            resume_arguments(["hadronlab-train", f"resume={tmp_path}"])
        assert len(str(error.value).splitlines()) == 1
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("system", ["separable", "omega_ccc", "tcc", "lattice"])
@pytest.mark.parametrize("strategy", ["cpu", "ddp"])
def test_our_own_configurations_are_trusted(system: str, strategy: str, tmp_path: Path) -> None:
    config = composed(
        f"system={system}",
        f"strategy={strategy}",
        "logger=wandb",
        "data.path=x.h5" if system == "lattice" else "seed=2",
    )
    (tmp_path / "config.yaml").write_text(OmegaConf.to_yaml(config, resolve=True))
    assert read_run_config(tmp_path / "config.yaml") == OmegaConf.create(
        OmegaConf.to_container(config, resolve=True)
    )


def test_a_module_of_the_user_is_allowed_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "theirpackage.py").write_text("class Theirs: pass\nfrom os import system\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigError, match="allow its package with HADRONLAB_TRUST=theirpackage"):
        check_target("theirpackage.Theirs", "model")
    assert "theirpackage" not in sys.modules  # not even imported
    monkeypatch.setenv("HADRONLAB_TRUST", "other, theirpackage")
    check_target("theirpackage.Theirs", "model")
    with pytest.raises(ConfigError):
        check_target("theirpackage.system", "model")


@pytest.mark.parametrize(
    "override", ["hydra.launcher._target_=os.system", "hydra.sweeper._target_=os.system"]
)
def test_malicious_sweep(override: str, tmp_path: Path) -> None:
    (tmp_path / "multirun.yaml").write_text(
        f"hydra: {{overrides: {{task: [seed=1], hydra: ['{override}']}}}}"
    )
    with pytest.raises(ConfigError, match="is not taken from a file"):
        resume_arguments(["hadronlab-train", f"resume={tmp_path}"])


def test_a_class_of_a_sweep_is_trusted_or_given_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "theirs.py").write_text("class Potential: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    own = "system.interaction._target_=theirs.Potential"
    task = ["seed=1,2", own, "+callbacks.spare._target_=pytorch_lightning.callbacks.Timer"]
    (tmp_path / "multirun.yaml").write_text(f"hydra: {{overrides: {{task: {task}, hydra: []}}}}")
    resumed = ["hadronlab-train", f"resume={tmp_path}"]
    with pytest.raises(
        ConfigError, match=r"'theirs.Potential' is not trusted .* with HADRONLAB_TRUST=theirs"
    ):
        resume_arguments(resumed)
    assert sorted(resume_arguments([*resumed, own])[2:-2]) == sorted(task)
    monkeypatch.setenv("HADRONLAB_TRUST", "theirs")
    assert resume_arguments(resumed)[2:-2] == task


def test_of_a_sweep_only_launcher_and_sweeper_are_taken_over(tmp_path: Path) -> None:
    (tmp_path / "multirun.yaml").write_text(
        "hydra: {overrides: {task: ['seed=1,2', 'resume=x'], hydra: [hydra/launcher=joblib, hydra.searchpath=evil, hydra.run.dir=y]}}"
    )
    arguments = resume_arguments(["hadronlab-train", f"resume={tmp_path}", "quiet=true"])
    assert arguments[1:] == [
        "--multirun",
        "seed=1,2",
        "hydra/launcher=joblib",
        "quiet=true",
        f"hydra.sweep.dir='{tmp_path}'",
        "resume=auto",
    ]


def test_malicious_data_files(tmp_path: Path, mark: Path) -> None:
    np.savez(tmp_path / "a.npz", R=np.array([Payload(mark)], dtype=object))
    (tmp_path / "a.pkl").write_bytes(pickle.dumps({"R": Payload(mark)}))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["spacing_fm"] = h5py.ExternalLink("/etc/passwd", "/")
        file["pickled"] = np.void(pickle.dumps(Payload(mark)))
    for reader, name in ((read_npz, "a.npz"), (read_pickle, "a.pkl"), (read, "a.h5")):
        with pytest.raises(DataError) as error:
            reader(tmp_path / name)  # type: ignore[operator]
        assert len(str(error.value).splitlines()) == 1
    assert not mark.exists()
