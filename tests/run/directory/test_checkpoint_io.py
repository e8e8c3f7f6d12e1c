"""Checkpoints of other versions, and directories that vanish."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from hadronlab import __version__
from hadronlab.errors import ConfigError
from hadronlab.run.directory import checkpoint_io
from hadronlab.run.directory.checkpoint_io import FORMAT, WholeCheckpointIO, load_checkpoint, newest_whole
from hadronlab.run.directory.metrics_csv import MetricsCSV


def test_a_checkpoint_says_who_made_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    WholeCheckpointIO(choices={"threads": 2}).save_checkpoint({"epoch": 1}, tmp_path / "last.ckpt")
    assert load_checkpoint(tmp_path / "last.ckpt") == {
        "epoch": 1,
        "hadronlab": {"format": FORMAT, "version": __version__, "choices": {"threads": 2}},
    }
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "maker", [None, {"format": 1, "version": "0.0.3"}, {"format": FORMAT + 1, "version": "9.0"}, {}, "x", 3]
)
def test_a_checkpoint_of_another_format_is_refused_in_one_line(maker: Any, tmp_path: Path) -> None:
    torch.save({"state_dict": {}, **({} if maker is None else {"hadronlab": maker})}, tmp_path / "last.ckpt")
    for read in (load_checkpoint, lambda path: newest_whole(path.parent)):
        with pytest.raises(
            ConfigError, match="train it anew in another directory, or go on with the version"
        ) as error:
            read(tmp_path / "last.ckpt")  # type: ignore[operator]
        assert "\n" not in str(error.value)


def test_a_checkpoint_of_another_version_costs_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    WholeCheckpointIO().save_checkpoint({"epoch": 1}, tmp_path / "last.ckpt")
    monkeypatch.setattr(checkpoint_io, "__version__", "9.9")
    load_checkpoint(tmp_path / "last.ckpt")
    line = capsys.readouterr().err
    assert f"was made by hadronlab {__version__}, and this is 9.9" in line and line.count("\n") == 1


def test_a_directory_that_was_removed_is_made_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "config.yaml").write_text("seed: 1\n")
    saver, metrics = WholeCheckpointIO(run / "config.yaml"), MetricsCSV(run)
    metrics.log_metrics({"loss": 1.0}, step=0)
    shutil.rmtree(run)
    metrics.log_metrics({"loss": 0.5}, step=1)
    saver.save_checkpoint({"epoch": 1}, run / "checkpoints" / "last.ckpt")
    metrics.log_metrics({"loss": 0.2}, step=2)
    assert (run / "config.yaml").read_text() == "seed: 1\n"
    assert (run / "metrics.csv").read_text().splitlines() == ["step,loss", "2,0.2"]
    lines = capsys.readouterr().err.splitlines()
    assert (
        len(lines) == 2
        and "step 1 not written" in lines[0]
        and "was removed during the training: it is made again" in lines[1]
    )
