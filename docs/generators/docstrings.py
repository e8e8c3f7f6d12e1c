"""Docstrings of hadronlab are plain text with `code` in backticks: made into what Sphinx reads, without touching them."""

from __future__ import annotations

import inspect
import re
from typing import Any

SPECIAL = re.compile(r"([\\*|]|_(?=\W|$)|:(?=`))")


def plain_text(_app: Any, _kind: str, _name: str, subject: Any, _options: Any, lines: list[str]) -> None:
    """Rewrite the lines of one docstring in place: parameters as a list, indented lines as they stand, the rest escaped."""
    names = parameters_of(subject)
    result: list[str] = []
    verbatim = False
    for line in lines:
        if not line.strip():
            result.append("")
        elif line[0].isspace():
            if not verbatim:
                result += ["", "::", ""]
            result.append("   " + line)
        elif (match := re.match(r"(\w+): (.*)", line)) and match[1] in names:
            result += ["", f":param {match[1]}: {escaped(match[2])}"]
        else:
            ends = verbatim and result[-1]
            after_field = bool(result) and result[-1].startswith((":param ", "    "))
            result += [""] * bool(ends) + [("    " if after_field else "") + escaped(line)]
        verbatim = line[:1].isspace() if line.strip() else verbatim
    lines[:] = result


def parameters_of(subject: Any) -> set[str]:
    """Names of what a function takes, or of the fields of a class."""
    try:
        return set(inspect.signature(subject).parameters)
    except (TypeError, ValueError):
        return set()


def escaped(text: str) -> str:
    """`code` becomes a literal; nothing else is markup."""
    parts = re.split(r"(`+[^`]+`+)", text)
    return "".join(
        f"``{part.strip('`')}``" if part.startswith("`") and part.strip("`") else SPECIAL.sub(r"\\\1", part)
        for part in parts
    )
