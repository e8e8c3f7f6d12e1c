"""Command-line arguments that Hydra's grammar would refuse."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from difflib import get_close_matches

from hadronlab.config.groups import choices, groups
from hadronlab.errors import ConfigError

OPTIONS = ("--help", "--hydra-help", "--version", "--cfg", "--resolve", "--package", "--run", "--multirun", "--shell-completion",
           "--config-path", "--config-name", "--config-dir", "--experimental-rerun", "--info")  # fmt: skip


def quote_particles(arguments: Sequence[str]) -> list[str]:
    """Quote particle contents, for Hydra knows no `~`: system.quarks=c c u~ d~ → system.quarks='c c u~ d~'.

    A comma separates the contents of a sweep, or in brackets the particles of a list; quotes stay as they are.
    Paths are quoted too: data.path=~/it's mine.h5.
    """
    return [_quote_path(_quote(argument)) for argument in quote_choices(arguments)]


def of_swept_groups(arguments: Sequence[str]) -> list[str]:
    """`arguments` with ++ before settings of groups, where a sweep chooses among groups: -m system=D,B model.widths=[8].

    Hydra composes a sweep's own configuration without the groups that are swept, and would miss the settings that
    come with them. Every job's configuration is checked as ever.
    """
    names = "|".join(groups())
    swept = any(re.match(rf"\+?({names})=[^'\"\[(]*,", argument) for argument in arguments)
    if not swept or not {"-m", "--multirun"} & set(arguments):
        return list(arguments)
    return [
        f"++{argument}" if re.match(rf"({names})\.[\w.]+=", argument) else argument for argument in arguments
    ]


def options_first(arguments: Sequence[str]) -> list[str]:
    """`arguments` with settings (key=value) behind options such as --config-dir DIR: Hydra knows no setting before one.

    Raises ConfigError for an option that it does not have.
    """
    for argument in arguments:
        name = argument.partition("=")[0]
        if name.startswith("--") and not any(option.startswith(name) for option in OPTIONS):
            meant = get_close_matches(name, OPTIONS, 1)
            raise ConfigError(
                f"{name}: no such option; {f'did you mean {meant[0]}?' if meant else 'settings are key=value, see --help'}"
            )
    settings = [argument for argument in arguments if re.match(r"(\+{0,2}[\w/@.]+=|~\w)", argument)]
    return [argument for argument in arguments if argument not in settings] + settings


def find_classes_here() -> None:
    """Let `_target_` name a class of the user's in the present directory, as `python -m hadronlab.train` does."""
    if not {"", os.getcwd()} & set(sys.path):
        sys.path.append(os.getcwd())


def quote_choices(arguments: Sequence[str]) -> list[str]:
    """Quote numbers given for a group, model=3 → model='3': Hydra then says that there is no such choice.

    Raises ConfigError for an argument without a key, and for a group that is to be null.
    """
    names = "|".join(groups())
    for argument in arguments:
        if argument.startswith("="):
            raise ConfigError(f"{argument!r} names no setting: write key=value")
        if match := re.fullmatch(rf"\+?({names})=(?:.*,)?\s*null\s*(?:,.*)?", argument, re.IGNORECASE):
            group = match.group(1)
            raise ConfigError(
                f"{argument}: a group cannot be null; leave it out, or choose {group}= one of {', '.join(choices(group))}"
            )
    pattern = re.compile(
        rf"(\+?(?:{names})=)([-+]?(?:[\d_.]+(?:e[-+]?\d+)?|inf|nan)|true|false)", re.IGNORECASE
    )
    return [
        f"{m.group(1)}'{m.group(2)}'" if (m := pattern.fullmatch(argument)) else argument
        for argument in arguments
    ]


def _quote_path(argument: str) -> str:
    match = re.fullmatch(
        r"(\+{0,2}(?:data\.path|hydra\.run\.dir|hydra\.sweep\.dir)=)([^'\"\[{$,][^,$]*)", argument
    )
    if match is None or re.fullmatch(r"[\w./-]+|\w+\(.*\)", match.group(2)):
        return argument
    path = os.path.expanduser(match.group(2)).replace("'", "\\'")
    return f"{match.group(1)}'{path}'"


def _quote(argument: str) -> str:
    match = re.fullmatch(r"(\+{0,2}system\.(?:quarks|leptons)=)(\[?)([^'\"\[\]{}()]+)(\]?)", argument)
    if match is None:
        return argument
    key, before, value, after = match.groups()
    return key + before + ",".join(f"'{part.strip()}'" for part in value.split(",")) + after
