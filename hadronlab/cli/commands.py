"""What every command has: arguments whose mistakes are one line, and errors that are."""

from __future__ import annotations

import argparse
import contextlib
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
def one_line_errors() -> Iterator[None]:
    """The body of an entry point: what a user can mend ends it with one line and exit status 1.

    HADRONLAB_DEBUG=1 shows the trace instead.
    """
    try:
        yield
    except user_errors() as error:
        if os.environ.get("HADRONLAB_DEBUG"):
            raise
        print(f"error: {one_line(error)}", file=sys.stderr)
        sys.exit(1)
