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

from hadronlab.cli.resume import resume_arguments
from hadronlab.data.ingest.npz import read_npz
from hadronlab.data.ingest.pickled import read_pickle
from hadronlab.data.r_correlator import read
from hadronlab.errors import ConfigError, DataError
from hadronlab.run.directory.checkpoint_io import load_checkpoint, newest_whole
from hadronlab.run.directory.trust import check_target


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


def test_a_module_of_the_user_is_allowed_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "theirpackage.py").write_text(
        "class Theirs:\n    def method(self): pass\nfrom os import system\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigError, match="allow its package with HADRONLAB_TRUST=theirpackage"):
        check_target("theirpackage.Theirs", "model._target_", Path("config.yaml"))
    assert "theirpackage" not in sys.modules  # not even imported
    monkeypatch.setenv("HADRONLAB_TRUST", "other, theirpackage")
    check_target("theirpackage.Theirs", "model._target_", Path("config.yaml"))
    for other in ("theirpackage.system", "theirpackage.Theirs.method", "theirpackage.nothing"):
        with pytest.raises(ConfigError):
            check_target(other, "model._target_", Path("config.yaml"))


SOURCES = "hadronlab.physics.femtoscopy.sources"


@pytest.mark.parametrize(
    ("key", "target"),
    [
        ("loss.correlation.source", f"{SOURCES}.Levy"),
        ("loss.mine.source[1]", f"{SOURCES}.CoreHalo"),
        ("loss.correlation.source", "hadronlab.data.source_table.source_table"),
        ("loss.correlation.data", "hadronlab.data.correlations.correlation_file.CorrelationFile"),
        ("loss.correlation.data[0].noise", "hadronlab.data.correlations.synthetic.CorrelationNoise"),
        ("loss.correlation.data[0].source", f"{SOURCES}.Levy"),
        ("observables.femtoscopy.sources.big", f"{SOURCES}.Levy"),
        ("observables.femtoscopy.data", "hadronlab.data.correlations.correlation_file.CorrelationFile"),
        ("observables.femtoscopy.residuals.p_lambda", "hadronlab.losses.feed_down.FeedDown"),
    ],
)
def test_what_stands_within_other_parts_is_trusted_there_alone(key: str, target: str) -> None:
    check_target(target, f"{key}._target_", Path("config.yaml"))
    for elsewhere in ("model", "loss.correlation", "observables.femtoscopy", f"{key}.more"):
        with pytest.raises(ConfigError, match="is not trusted"):
            check_target(target, f"{elsewhere}._target_", Path("config.yaml"))


def test_a_class_of_a_sweep_is_trusted_or_given_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "theirs.py").write_text("class Potential: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    own = "system.interaction._target_=theirs.Potential"
    task = ["seed=1,2", own, "+callbacks.spare._target_=hadronlab.callbacks.guards.Guards"]
    (tmp_path / "multirun.yaml").write_text(f"hydra: {{overrides: {{task: {task}, hydra: []}}}}")
    resumed = [f"resume={tmp_path}"]
    with pytest.raises(
        ConfigError, match=r"'theirs.Potential' is not trusted .* with HADRONLAB_TRUST=theirs"
    ):
        resume_arguments(resumed)
    assert sorted(resume_arguments([*resumed, own])[1:-2]) == sorted(task)
    monkeypatch.setenv("HADRONLAB_TRUST", "theirs")
    assert resume_arguments(resumed)[1:-2] == task


def test_of_a_sweep_only_launcher_and_sweeper_are_taken_over(tmp_path: Path) -> None:
    (tmp_path / "multirun.yaml").write_text(
        "hydra: {overrides: {task: ['seed=1,2', 'resume=x'], hydra: [hydra/launcher=joblib, hydra.searchpath=evil, hydra.run.dir=y]}}"
    )
    arguments = resume_arguments([f"resume={tmp_path}", "quiet=true"])
    assert arguments == [
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
