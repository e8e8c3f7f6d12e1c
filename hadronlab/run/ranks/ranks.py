"""Which process of a distributed run this is, before Lightning knows."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from omegaconf import DictConfig

from hadronlab.errors import HadronlabError

OWN_RANK = "HADRONLAB_RANK"  # what a run tells the ranks that it starts itself; nobody else sets it
RANK_VARIABLES = ("MASTER_ADDR", "MASTER_PORT", "NODE_RANK", "LOCAL_RANK", "WORLD_SIZE")
STARTED: list[subprocess.Popen[bytes]] = []  # the other ranks of the run, of this process's starting
PATIENCE = 60.0  # seconds, in which gloo has long told that a rank is gone; NCCL waits half an hour


def distributed(config: DictConfig) -> bool:
    """Whether the strategy splits one run over several processes."""
    strategy = config.trainer.get("strategy", "auto")
    return not isinstance(strategy, str) or "ddp" in strategy or config.trainer.num_nodes > 1


def started_by() -> str | None:
    """Who has started this process as one of several: a run of ours, torchrun or srun; None where it stands alone.

    Variables such as RANK, WORLD_SIZE and SLURM_PROCID do not tell: a shell, a pod or a job script leaves them behind.
    """
    if OWN_RANK in os.environ:
        return "hadronlab"
    if "TORCHELASTIC_RUN_ID" in os.environ:
        return "torchrun"
    return "srun" if number("SLURM_STEP_NUM_TASKS", 1) > 1 else None


def rank(config: DictConfig) -> int:
    """0 in the process that holds the run directory, above 0 in the others; a run of one process is always 0."""
    if not distributed(config):
        return 0
    names = {"hadronlab": OWN_RANK, "torchrun": "RANK", "srun": "SLURM_PROCID"}
    starter = started_by()
    if starter is not None:
        return number(names[starter], 0)
    return number("NODE_RANK", 0) if config.trainer.num_nodes > 1 else 0  # started by hand on every node


def number(variable: str, default: int) -> int:
    """The whole number in an environment variable; `default` where there is none."""
    text = os.environ.get(variable, "")
    return int(text) if text.isdecimal() else default


@contextlib.contextmanager
def lost_ranks_told(config: DictConfig, directory: Path) -> Iterator[None]:
    """Where another process of the run was killed, say so: gloo and NCCL speak of a connection. Raises HadronlabError then.

    Where the communication waits for a rank that has failed and was started here, the process ends with that line.
    """
    line, over = f"another process of this run has ended: continue with resume={directory}", threading.Event()
    if distributed(config):
        threading.Thread(target=_watch, args=(over, line), daemon=True, name="other ranks").start()
    try:
        yield
    except RuntimeError as error:
        if not distributed(config) or not any(name in str(error) for name in ("gloo", "NCCL")):
            raise
        raise HadronlabError(line) from error
    finally:
        over.set()


def _watch(over: threading.Event, line: str) -> None:
    while not over.wait(1.0):
        if any(process.poll() for process in STARTED):
            if over.wait(PATIENCE):
                return
            print(f"error: {line}", file=sys.stderr, flush=True)
            for process in STARTED:
                process.kill()
            os._exit(1)


@contextlib.contextmanager
def ranks_released() -> Iterator[None]:
    """Leave no rank, no rank variables, no process group and no other number of threads behind for the next job of a sweep."""
    import torch.distributed

    before = {name: os.environ.get(name) for name in RANK_VARIABLES}
    threads = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()
        while STARTED:
            process = STARTED.pop()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
