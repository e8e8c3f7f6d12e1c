"""Command lines that Hydra would refuse or misread."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NoReturn

from hadronlab.cli.quoting import quote_values
from hadronlab.config.brought import with_brought
from hadronlab.config.groups import choices, groups
from hadronlab.config.overrides import is_swept, key_of, value_of
from hadronlab.errors import ConfigError

FLAGS = ("--help", "-h", "--hydra-help", "--version", "--resolve", "--run", "-r", "--multirun", "-m", "--shell-completion", "-sc",
         "--info", "-i")  # fmt: skip
WITH_VALUE = ("--config-path", "-cp", "--config-name", "-cn", "--config-dir", "-cd", "--cfg", "-c", "--package", "-p",
              "--experimental-rerun")  # fmt: skip
MULTIRUN = ("--multirun", "-m")


def hydra_arguments(arguments: Sequence[str]) -> list[str]:
    """`arguments` as Hydra reads them: options before settings, values quoted, settings of swept groups kept, and what a model
    brings with it.
    """
    options, settings = split(arguments)
    if (own := parsed(options).config_dir) is not None:
        _refuse_shadowed(Path(own), settings)
    settings = with_brought(quote_values(settings))
    return [*options, *(settings_of_swept_groups(settings) if is_multirun(options) else settings)]


def split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """(options with their values, settings) of a command line in which they stand in any order.

    What follows an option that takes a value belongs to it: --config-dir beta=1.95/conf. Raises ConfigError for an
    option that Hydra does not have, and for one without its value or with a wrong one.
    """
    options: list[str] = []
    settings: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if not argument.startswith("-"):
            settings.append(argument)
            continue
        options.append(argument)
        name, equals, _ = argument.partition("=")
        _refuse_unknown(name)
        if not equals and _means(name, WITH_VALUE):
            value = next(rest, None)
            if value is None:
                raise ConfigError(f"{name} needs a value behind it, see --hydra-help")
            options.append(value)
    parsed(options)
    return options, settings


def parsed(options: Sequence[str]) -> argparse.Namespace:
    """`options` as Hydra's own parser reads them. Raises ConfigError where that would answer with its usage."""
    from hydra._internal.utils import get_args_parser

    def refuse(message: str) -> NoReturn:
        raise ConfigError(f"{message}; see --hydra-help")

    parser = get_args_parser()
    parser.error = refuse  # type: ignore[method-assign]
    return parser.parse_args(options)


def _refuse_shadowed(own: Path, settings: Sequence[str]) -> None:
    """Raise ConfigError for a choice of one's own that has the name of a shipped one: Hydra would take that, and not say so."""
    for setting in settings:
        group = key_of(setting).split("@")[0]
        for choice in re.split(r"[\[\], ]+", value_of(setting)):
            path = own / group / f"{choice}.yaml"
            if choice and path.is_file() and choice in choices(group):
                raise ConfigError(
                    f"{group}={choice}: {path} has the name of a choice of hadronlab's, which would be taken in its place; "
                    "give the file another name"
                )


def is_multirun(options: Sequence[str]) -> bool:
    """Whether one of the options asks for a sweep."""
    return any(_means(option, MULTIRUN) for option in options)


def settings_of_swept_groups(settings: Sequence[str]) -> list[str]:
    """`settings` of a sweep with ++ before those of groups, where it chooses among groups: system=D,B model.widths=[8].

    Hydra composes a sweep's own configuration without the groups that are swept, and would miss the settings that
    come with them. Every job's configuration is checked as ever.
    """
    known = groups()
    if not any(key_of(setting) in known and is_swept(setting) for setting in settings):
        return list(settings)
    of_a_group = re.compile(rf"({'|'.join(known)})\.[\w.]+=")
    return [f"++{setting}" if of_a_group.match(setting) else setting for setting in settings]


def _means(name: str, options: Sequence[str]) -> bool:
    """Whether `name` is one of `options`, or the beginning of a long one."""
    return name in options or (
        len(name) > 2 and any(o.startswith(name) for o in options if o.startswith("--"))
    )


def _refuse_unknown(name: str) -> None:
    known = (*FLAGS, *WITH_VALUE)
    if name.startswith("--") and not _means(name, known):
        meant = get_close_matches(name, known, 1)
        raise ConfigError(
            f"{name}: no such option; {f'did you mean {meant[0]}?' if meant else 'settings are key=value, see --help'}"
        )
