"""Quotes around values that Hydra's grammar would refuse or misread."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from hadronlab.config.groups import choices, groups
from hadronlab.errors import ConfigError


def quote_values(settings: Sequence[str]) -> list[str]:
    """Quote values that Hydra's grammar would misread.

    Particle contents, for it knows no `~` (system.quarks=c c u~ d~; a comma separates the contents of a sweep, or in
    brackets the particles of a list), paths (data.path=~/it's mine.h5), and numbers given for a group (model=3).
    """
    return [_quote_path(_quote_particles(setting)) for setting in quote_choices(settings)]


def quote_choices(arguments: Sequence[str]) -> list[str]:
    """Quote numbers given for a group, model=3 → model='3': Hydra then says that there is no such choice.

    Raises ConfigError for an argument without a key, and for a group that is to be null.
    """
    names = "|".join(groups())
    for argument in arguments:
        if argument.startswith("="):
            raise ConfigError(f"{argument!r} names no setting: write key=value")
        if match := re.fullmatch(
            rf"\+?({names})(?:@[\w.]+)?=(?:.*,)?\s*null\s*(?:,.*)?", argument, re.IGNORECASE
        ):
            group = match.group(1)
            raise ConfigError(
                f"{argument}: a group cannot be null; leave it out, or choose {group}= one of {', '.join(choices(group))}"
            )
    pattern = re.compile(
        rf"(\+?(?:{names})(?:@[\w.]+)?=)([-+]?(?:[\d_.]+(?:e[-+]?\d+)?|inf|nan)|true|false)", re.IGNORECASE
    )
    return [
        f"{m.group(1)}'{m.group(2)}'" if (m := pattern.fullmatch(argument)) else argument
        for argument in arguments
    ]


def _quote_path(argument: str) -> str:
    match = re.fullmatch(
        r"(\+{0,2}(?:(?:loss\.\w+\.)?(?:data|source)\.path|hydra\.run\.dir|hydra\.sweep\.dir)=)([^'\"\[{$,][^,$]*)",
        argument,
    )
    if match is None or re.fullmatch(r"[\w./-]+|\w+\(.*\)", match.group(2)):
        return argument
    return match.group(1) + quoted(Path(os.path.expanduser(match.group(2))))


def _quote_particles(argument: str) -> str:
    match = re.fullmatch(r"(\+{0,2}system\.(?:quarks|leptons)=)(\[?)([^'\"\[\]{}()]+)(\]?)", argument)
    if match is None:
        return argument
    key, before, value, after = match.groups()
    return key + before + ",".join(f"'{part.strip()}'" for part in value.split(",")) + after


def quoted(path: Path) -> str:
    """A path as a value of Hydra's grammar."""
    return "'" + str(path).replace("'", "\\'") + "'"
