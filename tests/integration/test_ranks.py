"""One and two processes give the same parameters and energies, for both tasks; torchrun passes through."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from processes import (
    FAST,
    SEPARABLE,
    assert_same_state,
    fill_the_disk_after,
    forked_ranks,
    kill_in_the_nth_write,
    last_step,
    rows,
    run,
    start,
    wait_for_steps,
)

from hadronlab.callbacks.progress import Progress
from hadronlab.run.directory.checkpoint_io import load_checkpoint

HERE = str(Path(__file__).parent)
NATURAL = [
    *SEPARABLE,
    "optimizer=natural_gradient",
    "optimizer.natural_gradient.warmup_steps=20",
    "trainer.max_steps=25",
]
VMC = ["system=jpsi", "quiet=true", "figures=false", "trainer.max_steps=20", "trainer.log_every_n_steps=5", "sampler._target_=fixed_walkers.FixedWalkers",
       "sampler.n_walkers=400", "task.burn_in=2", "task.evaluation_samples=400", "task.evaluation_walkers=40",
       "optimizer.natural_gradient.single_precision=false"]  # fmt: skip

SMALL_VMC = ["system=jpsi", "quiet=true", "figures=false", "sampler.n_walkers=60", "sampler.sweeps=2", "task.burn_in=10",
             "task.evaluation_samples=600", "task.evaluation_walkers=60"]  # fmt: skip


def paths() -> None:
    """The other rank imports this folder too."""
    os.environ["PYTHONPATH"] = os.pathsep.join([HERE, os.environ.get("PYTHONPATH", "")])
    sys.path.insert(0, HERE)


def test_one_rank_alone_has_a_bar() -> None:
    """Runs that are not quiet: Lightning asks the bars of the others to disable themselves."""
    bar = Progress()
    bar.setup(SimpleNamespace(is_global_zero=False), None, "fit")  # type: ignore[arg-type]
    bar.on_train_start(SimpleNamespace(is_global_zero=False), None)  # type: ignore[arg-type]
    assert bar._bar is None


@pytest.mark.slow
@pytest.mark.parametrize("settings", [NATURAL, VMC], ids=["Gauss-Newton", "stochastic reconfiguration"])
def test_two_ranks_are_one(settings: list[str], tmp_path: Path) -> None:
    for name, strategy in (("one", "cpu"), ("two", "ddp_cpu")):
        arguments = [*settings, f"strategy={strategy}", f"hydra.run.dir={tmp_path / name}"]
        assert run(arguments, tmp_path / name.upper(), paths) == 0, (tmp_path / name.upper()).read_text()
    one, two = (
        load_checkpoint(tmp_path / name / "checkpoints" / "last.ckpt")["state_dict"]
        for name in ("one", "two")
    )
    for name in one:
        assert (one[name] - two[name]).abs().max() <= 1e-10 * max(1.0, float(one[name].abs().max())), name
    column = "energy" if settings is VMC else "loss"
    for mine, theirs in zip(rows(tmp_path / "one"), rows(tmp_path / "two"), strict=True):
        assert float(theirs[column]) == pytest.approx(float(mine[column]), rel=1e-10)


def forked(then: Callable[[int], None] | None = None, number: int = 0) -> None:
    """The other rank is forked, which saves it from loading torch; `then(number)` is called in the first one alone."""
    paths()
    forked_ranks()
    if then is not None:
        then(number)


@pytest.mark.slow
@pytest.mark.parametrize("system", ["separable", "jpsi"])
def test_two_ranks_killed_and_resumed(system: str, tmp_path: Path) -> None:
    """Also where the ranks round differently: the parameters of rank 0, which a checkpoint holds, are everyone's."""
    arguments = [
        *(SEPARABLE if system == "separable" else SMALL_VMC),
        "strategy=ddp_cpu",
        "trainer.max_steps=40",
        "callbacks.checkpoints.every_n_steps=10",
        "trainer.log_every_n_steps=5",
        "+callbacks.rounding._target_=faults.OtherRounding",
    ]
    reference, directory, log = tmp_path / "reference", tmp_path / "run", tmp_path / "log"
    assert run([*arguments, f"hydra.run.dir={reference}"], log, forked) == 0, log.read_text()
    again = [*arguments, f"hydra.run.dir={directory}", "resume=auto"]
    assert run(again, log, forked, kill_in_the_nth_write, 5) == -9, log.read_text()
    assert 0 < last_step(directory) < 39
    assert run(again, log, forked) == 0, log.read_text()
    assert_same_state(directory, reference)


@pytest.mark.slow
@pytest.mark.parametrize("bomb", ["FrozenWalkers", "LostWalker"])
def test_a_fault_of_one_rank_is_repaired_on_both(bomb: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    settings = [
        *SMALL_VMC,
        "strategy=ddp_cpu",
        "trainer.max_steps=40",
        "sampler.sweeps=10",
        "callbacks.guards.patience=5",
        "callbacks.guards.every_n_steps=1",
        f"+callbacks.bomb._target_=faults.{bomb}",
        "+callbacks.bomb.rank=1",
        "+callbacks.bomb.at=15",
        f"hydra.run.dir={tmp_path / 'run'}",
    ]
    assert run(settings, log, forked) == 0, log.read_text()
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    (line,) = [w for w in result["warnings"] if "back to the last checkpoint" in w]
    assert ("walkers frozen" if bomb == "FrozenWalkers" else "another process failed") in line
    assert log.read_text().count(line) == 1  # rank 0 speaks for all
    assert load_checkpoint(tmp_path / "run" / "checkpoints" / "last.ckpt")["global_step"] == 40


@pytest.mark.slow
def test_a_signal_to_rank_zero_saves_and_ends_both(tmp_path: Path) -> None:
    directory, log = tmp_path / "run", tmp_path / "log"
    again = [
        *SMALL_VMC,
        "strategy=ddp_cpu",
        "trainer.log_every_n_steps=2",
        f"hydra.run.dir={directory}",
        "resume=auto",
    ]
    process = start([*again, "trainer.max_steps=100000"], log, forked)
    wait_for_steps(directory, 10, process)
    os.kill(process.pid or 0, signal.SIGTERM)
    process.join(60)
    assert process.exitcode == 75, log.read_text()
    saved = load_checkpoint(directory / "checkpoints" / "last.ckpt")["global_step"]
    assert f"interrupted by SIGTERM at step {saved}" in log.read_text()
    assert run([*again, f"trainer.max_steps={saved + 4}"], log, forked) == 0, log.read_text()


@pytest.mark.slow
def test_a_rank_that_is_gone_ends_the_run_with_a_line(tmp_path: Path) -> None:
    directory, log = tmp_path / "run", tmp_path / "log"
    bomb = ["+callbacks.bomb._target_=faults.Killed", "+callbacks.bomb.rank=1", "+callbacks.bomb.at=15"]
    arguments = [*SMALL_VMC, *bomb, "strategy=ddp_cpu", "trainer.max_steps=40", f"hydra.run.dir={directory}"]
    assert run(arguments, log, forked) == 1
    line = f"another process of this run has ended: continue with resume={directory}"
    assert log.read_text().splitlines()[-1] == f"error: {line}"
    assert (directory / "stopped.txt").read_text() == line + "\n"
    assert (directory / "checkpoints" / "last.ckpt").exists()


@pytest.mark.slow
def test_torchrun_starts_the_ranks(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", "hadronlab.train", *SEPARABLE,
               "strategy=ddp_cpu", "trainer.max_steps=20", f"hydra.run.dir={tmp_path / 'run'}"]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=200, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip().splitlines()[-1] == str(tmp_path / "run" / "result.json")
    assert last_step(tmp_path / "run") == 18


@pytest.mark.slow
def test_a_full_disk_of_rank_zero_leaves_no_rank_waiting(tmp_path: Path) -> None:
    directory, log = tmp_path / "run", tmp_path / "log"
    arguments = [*SEPARABLE, *FAST, "strategy=ddp_cpu", "trainer.max_steps=40", f"hydra.run.dir={directory}"]
    assert run(arguments, log, forked, fill_the_disk_after, 2) == 1
    assert log.read_text().count("No space left on device; that of step 10 stands") == 3, log.read_text()
    saved = [load_checkpoint(directory / "checkpoints" / f"{name}.ckpt") for name in ("previous", "last")]
    assert [checkpoint["global_step"] for checkpoint in saved] == [0, 10]
