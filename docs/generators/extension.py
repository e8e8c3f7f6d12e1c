"""The user's package of tests/integration/plugin/ as a page: a section for each noun, with its files literally."""

from __future__ import annotations

import re
from pathlib import Path

from generators.rooms import ROOT, purpose

PLUGIN = ROOT / "tests" / "integration" / "plugin"


def write(folder: Path) -> None:
    """generated/extension.md. A section's title and text are the docstring of its module: "A loss: every wave alike."."""
    parts = []
    for module, choices in files().items():
        title, _, text = purpose(PLUGIN / module).partition(": ")
        parts.append(f"## {title}\n\n{text[:1].upper()}{text[1:]}\n")
        parts += [included(path, "yaml") for path in choices] + [included(module, "python")]
    (folder / "extension.md").write_text("\n".join(parts), encoding="utf-8")


def files() -> dict[str, list[str]]:
    """Every module of the package, with the yaml files that name a class of it."""
    found: dict[str, list[str]] = {}
    for path in sorted(PLUGIN.glob("conf/*/*.yaml"), reverse=True):
        target = re.search(r"_target_: ([\w.]+)\.\w+", path.read_text(encoding="utf-8"))
        if target:
            module = target[1].replace(".", "/") + ".py"
            found.setdefault(module, []).append(str(path.relative_to(PLUGIN)))
    return dict(sorted(found.items(), key=lambda item: purpose(PLUGIN / item[0])))


def included(path: str, language: str) -> str:
    """A file, with its name above it."""
    place = f"../{(PLUGIN / path).relative_to(ROOT)}"
    return f"```{{literalinclude}} {place}\n:language: {language}\n:caption: {path}\n```\n"
