"""Work divided among processes: the same results in the same order, whatever befalls one of them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time

import pytest
import torch

from hadronlab.errors import HadronlabError
from hadronlab.optim import side_by_side as module
from hadronlab.optim.side_by_side import can_fork, side_by_side

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux only")
HERE = os.getpid()


@pytest.fixture(autouse=True)
def worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WORTH", 0.0)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
    assert not multiprocessing.active_children()


def test_the_same_in_the_same_order_by_several_processes() -> None:
    def work(k: int) -> tuple[torch.Tensor, int]:
        return torch.arange(3.0) / (k + 1), os.getpid()

    found = side_by_side(work, range(7), 3)
    assert all(torch.equal(x, torch.arange(3.0) / (k + 1)) for k, (x, _) in enumerate(found))
    assert len({process for _, process in found}) == (3 if can_fork() else 1)
    assert {process for _, process in side_by_side(work, range(7), 1)} == {os.getpid()}
    assert side_by_side(work, [], 3) == []


def test_little_work_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WORTH", 10.0)
    assert set(side_by_side(lambda _: os.getpid(), range(9), 3)) == {os.getpid()}


def test_the_share_of_a_killed_process_is_done_here() -> None:
    here = os.getpid()

    def work(k: int) -> int:
        if k % 3 == 2 and os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return k * k

    assert side_by_side(work, range(8), 3) == [k * k for k in range(8)]


def test_an_error_in_another_process_is_raised_here() -> None:
    def work(k: int) -> int:
        if k == 2:
            raise HadronlabError("bin 2 is not finite")
        return k

    with pytest.raises(HadronlabError, match="bin 2"):
        side_by_side(work, range(6), 2)


def test_a_signal_here_ends_all() -> None:
    """Ctrl-C raises in this process; the others, in the midst of a minute's work, are gone."""
    here = os.getpid()

    def work(k: int) -> int:
        if k > 1 and os.getpid() != here:
            time.sleep(60)
        if k == 1:
            raise KeyboardInterrupt
        return k

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        side_by_side(work, range(6), 2)
    assert time.monotonic() - started < 30


def test_no_fork_where_it_would_compute_otherwise() -> None:
    torch.set_num_threads(2)
    assert not can_fork() and set(side_by_side(lambda _: os.getpid(), range(4), 2)) == {os.getpid()}
