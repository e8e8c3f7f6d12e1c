"""Which process of a distributed run this is, before Lightning knows."""

from __future__ import annotations

import os

from omegaconf import DictConfig


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
