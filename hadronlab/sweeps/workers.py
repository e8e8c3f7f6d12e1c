"""Worker processes of a sweep: they do not outlive it, and joblib keeps its workings to itself."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import multiprocessing
import os
import signal
import sys
import warnings
from collections.abc import Iterator

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


@contextlib.contextmanager
def ending_with_parent() -> Iterator[None]:
    """Around a job in a worker of joblib: when the sweep's own process dies, the job saves its state and the worker ends.

    Without it a worker trains on after its sweep was killed, and holds its device and its run directory. Linux sends
    SIGTERM then, as it is asked for here; nothing is done on another system or in a process that is no worker.
    """
    worker, sweep = multiprocessing.current_process(), multiprocessing.parent_process()
    if not worker.name.startswith("LokyProcess") or sweep is None or sys.platform != "linux":
        yield
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != sweep.pid:  # it died before the signal was asked for
        os._exit(0)
    try:
        yield
    except SystemExit as interrupted:
        if os.getppid() != sweep.pid:
            os._exit(int(interrupted.code or 0))  # or it waits for its next job for ever
        raise


def quiet_joblib() -> None:
    """Leave out what joblib says of its own workings."""
    # it begins a new worker where one that had skipped its jobs loads torch: it takes that for a leak
    warnings.filterwarnings("ignore", message="A worker stopped while some jobs were given")
    own = os.environ.get("PYTHONWARNINGS")  # of its process that clears up after an interrupted sweep
    os.environ["PYTHONWARNINGS"] = ",".join(filter(None, [own, "ignore:resource_tracker"]))
    launcher = logging.getLogger("hydra_plugins.hydra_joblib_launcher._core")
    launcher.addFilter(lambda record: not str(record.msg).startswith("Joblib.Parallel"))
