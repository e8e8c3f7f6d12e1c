"""W&B: what the offline file holds, what a server is told, and that no failure of it reaches the training."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from processes import SEPARABLE, run
from wandb_loopback import LoopbackServer, key, records

from hadronlab import dashboard
from hadronlab.run.wandb_logger import mode_wanted

RUN = [
    *SEPARABLE,
    "figures=true",
    "logger=wandb",
    "trainer.max_steps=30",
    "callbacks.checkpoints.every_n_steps=10",
]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def settings(home: str, **variables: str) -> None:
    """The environment of a run without any key of the user's."""
    for name in [name for name in os.environ if name.startswith("WANDB_")]:
        del os.environ[name]
    os.environ.update({"HOME": home, "NETRC": f"{home}/none", "WANDB_ERROR_REPORTING": "false", **variables})


def with_server(home: str, url: str) -> None:
    settings(home, WANDB_BASE_URL=url, WANDB_API_KEY="0" * 40)


def with_broken_log(home: str) -> None:
    """W&B fails in the middle of the run, as on a full disk."""
    settings(home)
    import wandb

    def broken(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    wandb.sdk.wandb_run.Run.log = broken  # type: ignore[method-assign]


def offline(directory: Path) -> list[Any]:
    files = sorted(directory.glob("wandb/offline-run-*/*.wandb"))
    return [record for file in files for record in records(file)]


@pytest.mark.slow
def test_offline_file_holds_the_run_its_configuration_curves_figures_and_table(
    tmp_path: Path, log: Path
) -> None:
    directory = tmp_path / "run"
    assert run([*RUN, f"hydra.run.dir={directory}"], log, settings, str(tmp_path)) == 0, log.read_text()
    assert "warning" not in log.read_text()
    found = offline(directory)
    (about,) = [r.run for r in found if r.WhichOneof("record_type") == "run"]
    assert (about.project, about.display_name, about.run_group) == ("hadronlab", "separable sdnn_uniform", "")
    config = {key(u): json.loads(u.value_json) for u in about.config.update}
    assert config["model"]["width"] == 6 and config["seed"] == 1
    history = [
        {key(i): json.loads(i.value_json) for i in r.history.item}
        for r in found
        if r.WhichOneof("record_type") == "history"
    ]
    assert [row["trainer/global_step"] for row in history if "loss" in row] == list(range(0, 30, 3))
    last = {**history[-2], **history[-1]}
    for name in (
        "figures/phase_shifts/path",
        "figures/potential/path",
        "figures/training/path",
        "observables/path",
    ):
        assert (next(directory.glob("wandb/offline-run-*")) / "files" / last[name]).stat().st_size > 500
    summary = {
        key(i): json.loads(i.value_json)
        for r in found
        if r.WhichOneof("record_type") == "summary"
        for i in r.summary.update
    }
    result = json.loads((directory / "result.json").read_text())
    assert summary["loss_final"] == result["observables"]["loss_final"]["value"]
    assert any(r.WhichOneof("record_type") == "stats" for r in found)

    assert run([f"resume={directory}", "trainer.max_steps=60"], log, settings, str(tmp_path)) == 0, (
        log.read_text()
    )
    runs = {r.run.run_id for r in offline(directory) if r.WhichOneof("record_type") == "run"}
    assert runs == {(directory / "wandb_id.txt").read_text().strip()}


@pytest.mark.slow
def test_every_job_of_a_sweep_is_a_run_of_its_own_in_the_group_of_the_sweep(
    tmp_path: Path, log: Path
) -> None:
    arguments = ["-m", *RUN, "seed=1,2", f"hydra.sweep.dir={tmp_path / 'depths'}"]
    assert run(arguments, log, settings, str(tmp_path)) == 0, log.read_text()
    abouts = [
        r.run
        for job in "01"
        for r in offline(tmp_path / "depths" / job)
        if r.WhichOneof("record_type") == "run"
    ]
    assert len({about.run_id for about in abouts}) == 2
    assert {about.run_group for about in abouts} == {"depths"}
    assert [about.display_name.split()[-1] for about in abouts] == ["seed=1", "seed=2"]


@pytest.mark.slow
def test_a_server_is_told(tmp_path: Path, log: Path) -> None:
    server = LoopbackServer()
    try:
        arguments = [*RUN, f"hydra.run.dir={tmp_path / 'run'}", "logger.wandb.finish_timeout=10"]
        assert run(arguments, log, with_server, str(tmp_path), server.url) == 0, log.read_text()
    finally:
        server.close()
    upserts = [variables for name, variables in server.requests if name == "UpsertBucket"]
    assert (
        upserts
        and upserts[0]["project"] == "hadronlab"
        and upserts[0]["name"] == (tmp_path / "run" / "wandb_id.txt").read_text().strip()
    )
    streamed = json.dumps([content for name, content in server.requests if name.startswith("/files/")])
    assert "trainer/global_step" in streamed and "loss_final" in streamed
    assert "warning" not in log.read_text()


@pytest.mark.slow
def test_an_unreachable_server_delays_the_run_and_no_more(tmp_path: Path, log: Path) -> None:
    arguments = [
        *RUN,
        f"hydra.run.dir={tmp_path / 'run'}",
        "logger.wandb.init_timeout=2",
        "logger.wandb.finish_timeout=2",
    ]
    began = time.monotonic()
    assert run(arguments, log, with_server, str(tmp_path), "http://127.0.0.1:9") == 0, log.read_text()
    assert time.monotonic() - began < 85  # W&B itself would wait for 90 seconds
    assert "W&B cannot be reached, this run is logged offline" in log.read_text()
    assert (tmp_path / "run" / "result.json").exists() and offline(tmp_path / "run")


@pytest.mark.slow
def test_a_log_that_fails_is_said_once_and_the_training_goes_on(tmp_path: Path, log: Path) -> None:
    directory = tmp_path / "run"
    assert run([*RUN, f"hydra.run.dir={directory}"], log, with_broken_log, str(tmp_path)) == 0, (
        log.read_text()
    )
    assert log.read_text().count("W&B logging has ended, the training goes on") == 1
    assert json.loads((directory / "result.json").read_text())["status"] == "ok"


def logged(directory: Path) -> set[str]:
    """Names of the metrics, summaries, figures and settings in the offline file."""
    names: set[str] = set()
    for record in offline(directory):
        kind = record.WhichOneof("record_type")
        if kind in ("history", "summary"):
            items = record.history.item if kind == "history" else record.summary.update
            names |= {key(item).removesuffix("/path") for item in items}
        elif kind == "run":
            for update in record.run.config.update:
                names |= set(paths(update.key, json.loads(update.value_json)))
    return names


def paths(name: str, value: Any) -> Iterator[str]:
    """`name`, and those below it, of a nested setting."""
    yield name
    if isinstance(value, dict):
        for below in value:
            yield from paths(f"{name}.{below}", value[below])


def drawn(panel: dict[str, Any]) -> Iterator[str]:
    """The names that a panel asks for."""
    for setting in ("y", "metrics", "media_keys", "columns", "x", "z", "with_respect_to"):
        value = panel.get(setting, [])
        yield from [value] if isinstance(value, str) else value


@pytest.mark.slow
def test_every_name_in_the_dashboard_is_logged_by_a_run(tmp_path: Path, log: Path) -> None:
    from hadronlab.sweeps.dashboard import SECTIONS

    inverse = [*RUN, "loss=schrodinger_asymptotic"]
    vmc = ["system=tcc", "logger=wandb", "quiet=true", "trainer.max_steps=25", "trainer.log_every_n_steps=1", "sampler.n_walkers=60",
           "sampler.sweeps=2", "task.burn_in=5", "task.evaluation_samples=600", "task.evaluation_walkers=60"]  # fmt: skip
    names: set[str] = set()
    for arguments, place in ((inverse, tmp_path / "inverse"), (vmc, tmp_path / "vmc")):
        assert run([*arguments, f"hydra.run.dir={place}"], log, settings, str(tmp_path)) == 0, log.read_text()
        names |= logged(place)
    for _, panels in SECTIONS:
        for _, panel in panels:
            assert set(drawn(panel)) <= names
            assert not panel.get("metric_regex") or any(re.fullmatch(panel["metric_regex"], n) for n in names)


@pytest.mark.parametrize(
    ("offline", "variable", "key", "mode"),
    [
        (None, None, "", "offline"),
        (None, None, "0" * 40, "online"),
        (None, "offline", "0" * 40, "offline"),
        (None, "disabled", "", "disabled"),
        (None, "online", "", "offline"),
        (False, None, "", "offline"),
        (False, "offline", "0" * 40, "online"),
        (True, None, "0" * 40, "offline"),
    ],
)
def test_online_only_with_a_key(
    offline: bool | None,
    variable: str | None,
    key: str,
    mode: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    monkeypatch.setenv("WANDB_API_KEY", key)
    monkeypatch.delenv("WANDB_MODE", raising=False)
    if variable:
        monkeypatch.setenv("WANDB_MODE", variable)
    assert mode_wanted(offline) == mode


def test_dashboard_command_says_why_it_writes_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    monkeypatch.setattr(sys, "argv", ["hadronlab-dashboard"])
    for secret, missing in (("", "a key of W&B"), ("0" * 40, "--entity")):
        monkeypatch.setenv("WANDB_API_KEY", secret)
        dashboard.main()
        assert f"the server needs {missing}" in capsys.readouterr().err
    assert "Energy and threshold" in (tmp_path / "dashboard.json").read_text()


def test_dashboard_is_written_without_a_server(tmp_path: Path) -> None:
    from hadronlab.sweeps.dashboard import SECTIONS, write_workspace

    text = write_workspace(tmp_path / "dashboard.json", "", "hadronlab").read_text()
    json.loads(text)
    for section, panels in SECTIONS:
        assert section in text
        assert all(panel.get("title", "loss_final") in text for _, panel in panels)
