"""What every command has: one-line errors, output that any terminal can show, and the user's own classes."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
from collections.abc import Iterator
from typing import NoReturn

from hadronlab.config.messages import one_line, user_errors


class Arguments(argparse.ArgumentParser):
    """The arguments of a command: a mistake in them, too, is one line and exit status 1."""

    def error(self, message: str) -> NoReturn:
        self.exit(1, f"error: {message}; see --help\n")


@contextlib.contextmanager
def command() -> Iterator[None]:
    """The body of an entry point: what a user can mend ends it with one line and exit status 1.

    HADRONLAB_DEBUG=1 shows the trace instead. Characters that the terminal lacks are replaced, and classes in the
    present directory are found, as `python -m` finds them.
    """
    replace_what_the_terminal_lacks()
    wait_briefly()
    os.environ["MPLBACKEND"] = (
        "Agg"  # figures are drawn to files, and matplotlib refuses a name that it no longer knows
    )
    try:
        if not {"", os.getcwd()} & set(sys.path):
            sys.path.append(os.getcwd())
        yield
    except user_errors() as error:
        if os.environ.get("HADRONLAB_DEBUG"):
            raise
        print(f"error: {one_line(error)}", file=sys.stderr)
        sys.exit(1)


def replace_what_the_terminal_lacks() -> None:
    """Print ? for characters that the encoding of the terminal does not have, in this process and those it starts."""
    output = sys.stdout
    if isinstance(output, io.TextIOWrapper) and output.errors == "strict":
        output.reconfigure(errors="replace")
        os.environ["PYTHONIOENCODING"] = f"{output.encoding}:replace"


def wait_briefly() -> None:
    """Threads that wait for each other give their cores up after a tenth of a millisecond, in this process and those it starts.

    Beside a busy program they would otherwise spin for as long as the one they wait for is not let run: a training on two
    threads took six times as long there. Read when torch is loaded; the user's own setting stands. NumPy's own threads, for
    matrices as small as here, only wait.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "2000")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
