"""Errors that a user caused and can mend: one clear line each, exit status 1."""

from __future__ import annotations


class HadronlabError(ValueError):
    """A mistake in the input: the message says what, where, and what to do instead."""


class ConfigError(HadronlabError):
    """A setting is unknown, of the wrong type, out of range, missing, or does not fit another one."""


class DataError(HadronlabError):
    """A data file is missing, damaged, or does not hold what it must."""
