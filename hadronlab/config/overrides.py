"""Overrides as they stand on a command line or in a file: key=value, +key=value, ~key."""

from __future__ import annotations


def key_of(override: str) -> str:
    """The key of an override: model.depth of ++model.depth=3."""
    return override.partition("=")[0].lstrip("+~")


def value_of(override: str) -> str:
    """The value of an override as it was written, without the quotes around it."""
    value = override.partition("=")[2]
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value


def is_swept(override: str) -> bool:
    """Whether Hydra makes several jobs of an override; False of one that its grammar refuses."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    try:
        return OverridesParser.create().parse_overrides([override])[0].is_sweep_override()
    except HydraException:
        return False  # which Hydra tells in its place
