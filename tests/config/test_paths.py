"""Relative paths are those of the directory in which the command was given."""

from __future__ import annotations

from pathlib import Path

import pytest
from omegaconf import OmegaConf

from hadronlab.api import composed
from hadronlab.config.paths import make_paths_absolute
from hadronlab.errors import ConfigError


class Source:
    def __init__(
        self, name: str, path: Path | None = None, table: str | Path = "", other: Path | None = None
    ) -> None: ...


def located(target: str, path: str) -> type:
    if not target.endswith(".Source"):
        raise ConfigError(target)
    return Source


@pytest.mark.parametrize(("given", "written"), [("mine.h5", "{here}/mine.h5"), ("../beta=1/a b.h5", "{here}/../beta=1/a b.h5"),
                                                ("~/mine.h5", "/home/lee/mine.h5"), ("/data/mine.h5", "/data/mine.h5")])  # fmt: skip
def test_a_data_file(given: str, written: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/lee")
    config = composed("system=lattice", f"data.path={given}", directory=tmp_path)
    make_paths_absolute(config)
    assert config.data.path == written.format(here=tmp_path)


def test_classes_of_the_user_and_what_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    content = {
        "name": "a/b",
        "path": "a/b",
        "table": "t.dat",
        "other": None,
        "gone": {"_target_": "no.such.Thing", "path": "x"},
    }
    config = OmegaConf.create({"data": {"_target_": f"{__name__}.Source", **content}, "path": "x"})
    composed("system=separable", directory=tmp_path)  # the directory of a run is the present one
    monkeypatch.setattr("hadronlab.config.paths.locate", located)
    make_paths_absolute(config)
    assert config.data.path == f"{tmp_path}/a/b" and config.data.table == f"{tmp_path}/t.dat"
    assert (config.data.name, config.data.other, config.data.gone.path, config.path) == (
        "a/b",
        None,
        "x",
        "x",
    )


def test_a_missing_path_is_left_to_the_check(tmp_path: Path) -> None:
    config = composed("system=lattice", directory=tmp_path)
    make_paths_absolute(config)
    assert OmegaConf.missing_keys(config) == {"data.path"}
