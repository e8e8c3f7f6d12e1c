"""Independent pieces of work on several cores: forked processes that each do a share and hand it home."""

from __future__ import annotations

import ctypes
import multiprocessing
import pickle
import signal
import sys
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from typing import TypeVar

import torch

T = TypeVar("T")
R = TypeVar("R")

WORTH = 0.5  # seconds of work that are left, below which no process is started
PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def side_by_side(work: Callable[[T], R], items: Sequence[T], processes: int) -> list[R]:
    """[work(item) for item in items] by at most so many processes, this one among them; the same to the last bit.

    work: must not depend on the items before. The first item tells whether more than one process is worth it; where one
    cannot fork safely there is none. The share of a process that fails or is killed is done here, and raises here what it
    raises.
    """
    started = time.monotonic()
    done = [work(item) for item in items[:1]]
    rest = items[1:]
    n = min(processes, len(rest))
    if n < 2 or (time.monotonic() - started) * len(rest) < WORTH or not can_fork():
        return [*done, *map(work, rest)]
    context = multiprocessing.get_context("fork")
    others: list[tuple[Connection, ForkProcess]] = []
    try:
        for number in range(1, n):
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=_share, args=(work, rest[number::n], theirs), daemon=True)
            process.start()
            theirs.close()
            others.append((ours, process))
        shares = [[work(item) for item in rest[::n]]]
        for number, (ours, _) in enumerate(others, 1):
            try:
                shares.append(pickle.loads(ours.recv_bytes()))
            except EOFError:
                shares.append([work(item) for item in rest[number::n]])
    finally:  # a signal ends this process's work, and theirs with it
        for ours, process in others:
            process.kill()
            process.join()
            ours.close()
    return [*done, *(shares[k % n][k // n] for k in range(len(rest)))]


def can_fork() -> bool:
    """Whether a fork of this process computes as it does: one thread, no GPU, no ranks, and not itself such a fork."""
    alone = not (torch.distributed.is_available() and torch.distributed.is_initialized())
    plain = torch.get_num_threads() == 1 and not torch.cuda.is_available() and alone
    return sys.platform == "linux" and plain and not multiprocessing.current_process().daemon


def _share(work: Callable[[T], R], items: Sequence[T], home: Connection) -> None:
    """In the other process: it says nothing, is ended by the first, and does not outlive it."""
    for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the first one ends the others
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    try:
        found = pickle.dumps(
            [work(item) for item in items]
        )  # not as shared memory, which would go with this process
    except Exception:
        return  # the first process meets it again, and tells it
    home.send_bytes(found)
