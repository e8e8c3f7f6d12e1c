"""Where ranks wait for each other, no handler of Python's is called; a signal ends the process all the same."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from hadronlab.callbacks.interrupt import BY_HAND, INTERRUPTED
from hadronlab.run.directory.files import write_text
from hadronlab.run.ranks.ranks import STARTED

GRACE = 3.0  # seconds that the handlers themselves have


@contextlib.contextmanager
def ended_by_signals(directory: Path, speaks: bool) -> Iterator[None]:
    """While the ranks meet: a signal that has a handler, and after GRACE seconds none that was called, ends the process.

    speaks: whether this process tells it, on stderr and in stopped.txt of the run `directory`.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    over = threading.Event()
    watch = threading.Thread(
        target=_watch, args=(reader, over, directory, speaks), daemon=True, name="signals"
    )
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    watch.start()
    try:
        yield
    finally:
        over.set()
        signal.set_wakeup_fd(before)
        os.write(writer, b"\0")
        watch.join()
        os.close(reader)
        os.close(writer)


def _watch(reader: int, over: threading.Event, directory: Path, speaks: bool) -> None:
    received = os.read(reader, 1)[0]
    if received == 0 or over.wait(GRACE):
        return
    if speaks:
        line = f"interrupted by {signal.Signals(received).name} while waiting for the other ranks: continue with resume={directory}"
        print(line, file=sys.stderr, flush=True)
        with contextlib.suppress(OSError):
            write_text(directory / "stopped.txt", line + "\n")
    for process in STARTED:
        process.kill()
    os._exit(BY_HAND if received == signal.SIGINT else INTERRUPTED)
