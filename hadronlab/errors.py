"""Errors that a user caused and can mend: one clear line each, exit status 1."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator
from typing import NoReturn


class HadronlabError(ValueError):
    """A mistake in the input: the message says what, where, and what to do instead."""


class ConfigError(HadronlabError):
    """A setting is unknown, of the wrong type, out of range, missing, or does not fit another one."""


class DataError(HadronlabError):
    """A data file is missing, damaged, or does not hold what it must."""


class Arguments(argparse.ArgumentParser):
    """The arguments of a command: a mistake in them, too, is one line and exit status 1."""

    def error(self, message: str) -> NoReturn:
        self.exit(1, f"error: {message}; see --help\n")


def user_errors() -> tuple[type[Exception], ...]:
    """What a user can mend: our own errors, those of Hydra and OmegaConf, and those of the file system."""
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    return HadronlabError, HydraException, OmegaConfBaseException, OSError


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
        from hadronlab.config.messages import one_line

        print(f"error: {one_line(error)}", file=sys.stderr)
        sys.exit(1)
