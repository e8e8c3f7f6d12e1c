"""Command-line arguments that Hydra's grammar would refuse."""

from __future__ import annotations

import re
from collections.abc import Sequence


def quote_particles(arguments: Sequence[str]) -> list[str]:
    """Quote particle contents, for Hydra knows no `~`: system.quarks=c c u~ d~ → system.quarks='c c u~ d~'.

    A comma separates the contents of a sweep; an argument that holds quotes or brackets stays as it is.
    """
    return [_quote(argument) for argument in arguments]


def _quote(argument: str) -> str:
    match = re.fullmatch(r"(\+{0,2}system\.(?:quarks|leptons)=)([^'\"\[\]{}()]+)", argument)
    if match is None:
        return argument
    key, value = match.groups()
    return key + ",".join(f"'{part.strip()}'" for part in value.split(","))
