"""The rooms of hadronlab and their floors, as the test of the imports has them."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "hadronlab"


def floors() -> list[tuple[str, ...]]:
    """FLOORS of tests/test_import_direction.py, the lowest first; the entry points are the last."""
    tree = ast.parse((ROOT / "tests" / "test_import_direction.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "FLOORS":
            return list(ast.literal_eval(node.value))
    raise LookupError("tests/test_import_direction.py assigns no FLOORS")


def purpose(path: Path) -> str:
    """First sentence of the docstring of a module or of a package."""
    source = path / "__init__.py" if path.is_dir() else path
    text = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""
    return text.split("\n\n")[0].replace("\n", " ")


def place(room: str) -> Path:
    """The directory or the file of a room."""
    return PACKAGE / room if (PACKAGE / room).is_dir() else PACKAGE / f"{room}.py"
