"""A run that is killed and resumed gives, bit by bit, what an uninterrupted one gives."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from processes import (
    FAST,
    SEPARABLE,
    assert_same_state,
    held,
    kill_in_the_nth_write,
    last_step,
    released,
    rows,
    run,
    start,
    wait_for_steps,
)

from hadronlab.run.directory.checkpoint_io import load_checkpoint, newest_whole

pytestmark = pytest.mark.slow

ADAM = [*SEPARABLE, *FAST, "trainer.max_steps=600"]
NATURAL = [
    *SEPARABLE,
    "callbacks.checkpoints.every_n_steps=5",
    "optimizer=natural_gradient",
    "optimizer.natural_gradient.warmup_steps=40",
    "trainer.max_steps=80",
]
VMC = ["system=jpsi", "quiet=true", "figures=false", "sampler.n_walkers=60", "sampler.sweeps=4", "task.burn_in=10", "task.evaluation_samples=600",
       "task.evaluation_walkers=60", "trainer.log_every_n_steps=3", *FAST, "trainer.max_steps=90"]  # fmt: skip


def killed(arguments: list[str], directory: Path, times: int, seed: int, writes: tuple[int, ...] = ()) -> int:
    """Kill the run `times` times at random moments, or within the writes given, resume it to its end; returns its kills."""
    random_source = random.Random(seed)
    log, kills = directory.with_suffix(".log"), 0
    # slow enough that no machine comes to the end before the last kill
    again = [*arguments, *held(directory, 0.005), f"hydra.run.dir={directory}", "resume=auto"]
    for number in range(times):
        before = last_step(directory)
        if number < len(writes):
            assert run(again, log, kill_in_the_nth_write, writes[number]) == -signal.SIGKILL, log.read_text()
            kills += 1
            continue
        process = start(again, log)
        deadline = time.monotonic() + 60
        while process.is_alive() and last_step(directory) == before and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(random_source.uniform(0.0, 0.15))
        if process.is_alive():
            os.kill(process.pid or 0, signal.SIGKILL)
            kills += 1
        process.join()
        if (directory / "result.json").exists():
            break
    released(directory)
    assert run(again, log) == 0, log.read_text()
    return kills


@pytest.fixture(scope="module")
def adam_reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("adam") / "run"
    assert run([*ADAM, f"hydra.run.dir={directory}"], directory.with_suffix(".log")) == 0, (
        directory.with_suffix(".log").read_text()
    )
    return directory


def test_adam_run_killed_at_ten_moments(adam_reference: Path, tmp_path: Path) -> None:
    assert killed(ADAM, tmp_path / "run", 10, seed=1, writes=(2, 5, 9)) >= 5
    assert_same_state(tmp_path / "run", adam_reference)


def test_natural_gradient_run_killed(tmp_path: Path) -> None:
    assert run([*NATURAL, f"hydra.run.dir={tmp_path / 'reference'}"], tmp_path / "reference.log") == 0
    assert killed(NATURAL, tmp_path / "run", 4, seed=2, writes=(4, 6)) >= 2
    assert_same_state(tmp_path / "run", tmp_path / "reference")


def test_variational_run_killed_at_ten_moments(tmp_path: Path) -> None:
    assert run([*VMC, f"hydra.run.dir={tmp_path / 'reference'}"], tmp_path / "reference.log") == 0
    writes = (1, 3, 5)  # that of config.yaml, of the checkpoint of step 0, of a later file
    assert killed(VMC, tmp_path / "run", 10, seed=3, writes=writes) >= 4
    assert_same_state(tmp_path / "run", tmp_path / "reference")


def test_two_threads_agree_to_the_bit(tmp_path: Path) -> None:
    """In processes of their own: how long threads wait for each other is read when torch is loaded."""

    def train(name: str, steps: int, *more: str) -> Path:
        command = [sys.executable, "-m", "hadronlab.train", *NATURAL, "data.n_radii=80", *more]
        command += ["optimizer.natural_gradient.warmup_steps=4", f"trainer.max_steps={steps}"]
        subprocess.run(
            [*command, f"hydra.run.dir={tmp_path / name}"], check=True, capture_output=True, timeout=240
        )
        assert "\nthreads: 2\n" in (tmp_path / name / "config.yaml").read_text()
        return tmp_path / name

    whole, again = train("whole", 16, "threads=2"), train("again", 16, "threads=2")
    assert_same_state(again, whole)
    train("broken", 8, "threads=2")
    (tmp_path / "broken" / "result.json").unlink()
    further = train("broken", 16, "resume=auto")  # Lightning counts its epochs anew, and nothing else
    parameters = [
        load_checkpoint(run / "checkpoints" / "last.ckpt")["state_dict"] for run in (further, whole)
    ]
    assert parameters[0].keys() == parameters[1].keys()
    assert all(torch.equal(parameters[0][name], value) for name, value in parameters[1].items())


def test_no_step_doubled_or_missing(adam_reference: Path) -> None:
    assert [int(row["step"]) for row in rows(adam_reference)] == list(range(0, 600, 3))


def test_torn_checkpoint_is_skipped_with_a_word(
    adam_reference: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    whole = (adam_reference / "checkpoints" / "previous.ckpt").read_bytes()
    (folder / "previous.ckpt").write_bytes(whole)
    time.sleep(0.01)
    for size in (0, 1, len(whole) // 2, len(whole) - 1):
        (folder / "last.ckpt").write_bytes(whole[:size])
        assert newest_whole(folder) == folder / "previous.ckpt"
        assert "torn checkpoint: last.ckpt" in capsys.readouterr().out


def test_signals_save_and_end_the_run_and_it_goes_on(adam_reference: Path, tmp_path: Path) -> None:
    directory, log = tmp_path / "run", tmp_path / "log"
    again = [*ADAM, *held(directory), f"hydra.run.dir={directory}", "resume=auto"]
    for number, status in ((signal.SIGTERM, 75), (signal.SIGUSR1, 75), (signal.SIGINT, 130)):
        process = start(again, log)
        wait_for_steps(directory, 30, process)
        os.kill(process.pid or 0, number)
        process.join(60)
        assert process.exitcode == status, log.read_text()
        assert f"interrupted by {number.name} at step" in log.read_text()
        assert "interrupted" in (directory / "stopped.txt").read_text()
        assert not (directory / "result.json").exists()
    released(directory)
    assert run(again, log) == 0, log.read_text()
    assert not (directory / "stopped.txt").exists()
    assert_same_state(directory, adam_reference)
