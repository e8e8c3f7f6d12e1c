"""Which process of a distributed run this is, before Lightning knows."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from omegaconf import DictConfig

from hadronlab.errors import HadronlabError

RANK_VARIABLES = ("MASTER_ADDR", "MASTER_PORT", "NODE_RANK", "LOCAL_RANK", "WORLD_SIZE")


def distributed(config: DictConfig) -> bool:
    """Whether the strategy splits one run over several processes."""
    strategy = config.trainer.get("strategy", "auto")
    return not isinstance(strategy, str) or "ddp" in strategy or config.trainer.num_nodes > 1


def rank(config: DictConfig) -> int:
    """The global rank as torchrun, srun or our own launcher tell it; 0 where the run is one process."""
    if not distributed(config):
        return 0
    for name in ("RANK", "SLURM_PROCID"):
        if name in os.environ:
            return int(os.environ[name])
    return max(int(os.environ.get("NODE_RANK", 0)), int(os.environ.get("LOCAL_RANK", 0)))


@contextlib.contextmanager
def lost_ranks_told(config: DictConfig, directory: Path) -> Iterator[None]:
    """Where another process of the run was killed, say so: gloo and NCCL speak of a connection. Raises HadronlabError then."""
    try:
        yield
    except RuntimeError as error:
        if not distributed(config) or not any(name in str(error) for name in ("gloo", "NCCL")):
            raise
        raise HadronlabError(
            f"another process of this run has ended: continue with resume={directory}"
        ) from error


@contextlib.contextmanager
def ranks_released() -> Iterator[None]:
    """Leave no rank variables, no process group and no other number of threads behind for the next job of a sweep."""
    import torch.distributed

    before = {name: os.environ.get(name) for name in (*RANK_VARIABLES, "OMP_NUM_THREADS")}
    threads = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
