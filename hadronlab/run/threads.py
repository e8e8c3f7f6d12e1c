"""How many threads a run may take: its cores, shared with the other ranks and with the jobs beside it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import torch
from omegaconf import DictConfig

from hadronlab.run.ranks.ranks import number, started_by
from hadronlab.run.trainer_settings import processes_here


def cores(config: DictConfig) -> int:
    """Cores of this process: those it may run on, divided by the ranks here and the jobs of its sweep that run at once.

    OMP_NUM_THREADS, which a cluster and a sweep set too, bounds them.
    """
    there = machine_cores()
    own = there // (processes_here(config) * _jobs_at_once(there))
    return max(1, min(own, number("OMP_NUM_THREADS", there)))


def machine_cores() -> int:
    """Those that this process may run on."""
    if hasattr(os, "sched_getaffinity"):  # a cluster gives a job some of a node's
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def thread_counts(config: DictConfig) -> list[int]:
    """1, 2, 4, … up to the cores of this process; 1 alone where threads bring nothing or cannot be tried.

    Work on a GPU needs no threads, and ranks that torchrun or srun has started begin together: one would measure the others.
    """
    on_gpu = config.trainer.accelerator != "cpu" and torch.cuda.is_available()
    most = 1 if on_gpu or started_by() in ("torchrun", "srun") else cores(config)
    return [*(2**k for k in range(most.bit_length()) if 2**k < most), most]


def spare_cores(config: DictConfig) -> int:
    """Cores of this process beside those of its threads."""
    return max(0, cores(config) - torch.get_num_threads())


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """What a run is built from is the same before and after the number of its threads was chosen."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _jobs_at_once(most: int) -> int:
    """Jobs of a sweep that its launcher runs side by side on this machine."""
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode

    hydra: Any = HydraConfig.get() if HydraConfig.initialized() else {}
    if hydra.get("mode") != RunMode.MULTIRUN:  # nor has the configuration of another program
        return 1
    launcher = hydra.launcher
    if str(launcher.get("_target_")).endswith("LocalLauncher"):  # submitit's, which starts all of them
        return most
    jobs = launcher.get("n_jobs") or 1
    return jobs if jobs > 0 else max(1, most + 1 + jobs)  # joblib: -1 is all cores
