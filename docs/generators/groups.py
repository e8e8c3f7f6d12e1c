"""Tables of the configuration: every group with its choices, each with the comment that its yaml begins with."""

from __future__ import annotations

import re
from pathlib import Path

from generators.rooms import ROOT
from hadronlab.config.shipped import place_of

CONF = ROOT / "conf"
HIDDEN = ("base", "hydra", "schema", "task")  # building blocks of the others


def write(folder: Path) -> None:
    """generated/groups.md: one table a group."""
    parts = []
    for group in sorted(path for path in CONF.iterdir() if path.is_dir() and path.name not in HIDDEN):
        files = sorted(group.rglob("*.yaml"), key=lambda path: (len(path.parts), path.name.lower()))
        if files:
            rows = [
                f"| `{place_of(group.name)}={path.relative_to(group).with_suffix('')}` | {comment(path)} |"
                for path in files
            ]
            parts += [f"### {group.name}\n", "| choice | what it is |", "|---|---|", *rows, ""]
    (folder / "groups.md").write_text("\n".join(parts), encoding="utf-8")


def comment(path: Path) -> str:
    """The comment at the head of a yaml file, or the class that it names."""
    text = path.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("# @package")]
    head: list[str] = []
    for line in lines:
        if not line.startswith("#") or line == "#":
            break
        head.append(line.removeprefix("#").strip())
    if head:
        return markdown(" ".join(head))
    named = re.search(r"_target_: (\S+)", text)
    return f"`{named[1]}`" if named else ""


def markdown(text: str) -> str:
    """A comment as one cell of a table: settings in code, special characters escaped."""
    parts = re.split(r"((?:hadronlab-\w+ )?(?:[\w/.+]+=\S+[^\s:;,.)]))", text)
    return "".join(
        f"`{part}`" if k % 2 else re.sub(r"([*|_<>])", r"\\\1", part) for k, part in enumerate(parts)
    )
