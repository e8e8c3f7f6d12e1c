"""--help: the choices that are there, and nothing imported or composed that a list of files does not need."""

from __future__ import annotations

import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest
from hydra._internal.config_repository import ConfigRepository

from hadronlab import train
from hadronlab.cli.help import help_asked_for
from hadronlab.config.groups import choices_of_folders
from hadronlab.errors import ConfigError

HEAVY = ("torch", "pytorch_lightning", "matplotlib", "wandb", "scipy", "h5py", "rich")
PROGRAM = """
import contextlib, importlib, os, sys
main = importlib.import_module(f"hadronlab.{sys.argv.pop(1)}").main
with contextlib.suppress(SystemExit), open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
    main()
print(*sys.modules)
"""


@pytest.mark.parametrize("name", ["train", "evaluate", "sweep", "convert", "dashboard", "export", "luescher"])
def test_help_imports_nothing_heavy(name: str) -> None:
    """numpy alone takes as long as Hydra; torch and Lightning ten times that."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, name, "--help"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert f"hadronlab.{name}" in loaded
    assert not loaded & {*HEAVY, "numpy"}


def test_help_composes_nothing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Hydra makes a ConfigRepository, with copies of its whole search path, for every group that it lists."""

    def made(*_: object) -> None:
        raise AssertionError("Hydra's machinery is at work")

    monkeypatch.setattr(ConfigRepository, "__init__", made)
    monkeypatch.setattr(sys, "argv", ["hadronlab-train", "--help"])
    train.main()
    shown = capsys.readouterr().out
    for text in ("system=", "omega_ccc", "Four examples", "experiment/deepquark: leptons", "result.json"):
        assert text in shown


def test_every_shipped_choice_is_listed() -> None:
    """As many as there are files, each below its own group."""
    found = choices_of_folders([files("hadronlab.conf")])
    conf = Path(str(files("hadronlab.conf")))
    shipped = {str(path.relative_to(conf).with_suffix("")) for path in conf.rglob("*/*.yaml")}
    listed = {f"{group}/{name}" for group, names in found.items() for name in names}
    assert listed == {name for name in shipped if not name.startswith("hydra/")}


def test_choices_of_a_directory_of_the_user_are_listed(tmp_path: Path) -> None:
    for path in ("model/own.yaml", "mine/deeper/other.yaml"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text("_target_: mine.Own\n")
    for option in ([f"--config-dir={tmp_path}"], ["-cd", str(tmp_path)]):
        shown = (help_asked_for(["system=tcc", *option, "-h"]) or "").splitlines()
        assert "mine/deeper: other" in shown
        assert any(line.startswith("model: ") and ", own, sdnn" in line for line in shown)
    with pytest.raises(ConfigError, match="no directory"):
        help_asked_for(["--help", "--config-dir", str(tmp_path / "nowhere")])


def test_who_does_not_ask_is_not_told() -> None:
    assert help_asked_for(["-m", "system=tcc"]) is None
    assert help_asked_for(["--hydra-help"]) is None
