"""One and two processes give the same parameters and energies, for both tasks; torchrun passes through."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from processes import SEPARABLE, assert_same_state, kill_in_the_nth_write, last_step, rows, run

from hadronlab.runner.checkpoint_io import load_checkpoint

HERE = str(Path(__file__).parent)
NATURAL = [
    *SEPARABLE,
    "optimizer=natural_gradient",
    "optimizer.natural_gradient.warmup_steps=20",
    "trainer.max_steps=25",
]
VMC = ["system=jpsi", "quiet=true", "trainer.max_steps=20", "trainer.log_every_n_steps=5", "sampler._target_=fixed_walkers.FixedWalkers",
       "sampler.n_walkers=400", "task.burn_in=2", "task.evaluation_samples=400", "task.evaluation_walkers=40",
       "+optimizer.natural_gradient.single_precision=false"]  # fmt: skip


def paths() -> None:
    """The other ranks import this folder too."""
    os.environ["PYTHONPATH"] = os.pathsep.join([HERE, os.environ.get("PYTHONPATH", "")])
    sys.path.insert(0, HERE)


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


def killed_in_the_nth_write(n: int) -> None:
    paths()
    kill_in_the_nth_write(n)


@pytest.mark.slow
@pytest.mark.parametrize("system", ["separable", "jpsi"])
def test_two_ranks_killed_and_resumed(system: str, tmp_path: Path) -> None:
    """Also where the ranks round differently: the parameters of rank 0, which a checkpoint holds, are everyone's."""
    small = SEPARABLE if system == "separable" else ["system=jpsi", "quiet=true", "sampler.n_walkers=60", "sampler.sweeps=2", "task.burn_in=10",
                                                     "task.evaluation_samples=600", "task.evaluation_walkers=60"]  # fmt: skip
    arguments = [
        *small,
        "strategy=ddp_cpu",
        "trainer.max_steps=40",
        "callbacks.checkpoints.every_n_steps=10",
        "trainer.log_every_n_steps=5",
        "+callbacks.rounding._target_=faults.OtherRounding",
    ]
    reference, directory, log = tmp_path / "reference", tmp_path / "run", tmp_path / "log"
    assert run([*arguments, f"hydra.run.dir={reference}"], log, paths) == 0, log.read_text()
    again = [*arguments, f"hydra.run.dir={directory}", "resume=auto"]
    assert run(again, log, killed_in_the_nth_write, 5) == -9, log.read_text()
    assert 0 < last_step(directory) < 39
    assert run(again, log, paths) == 0, log.read_text()
    assert_same_state(directory, reference)


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
