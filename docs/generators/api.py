"""The pages of the API: one for each room, with every public name of its modules."""

from __future__ import annotations

from pathlib import Path

from generators.rooms import PACKAGE, floors, place, purpose

HEAD = """API
===

One page a room, the highest floor first; public names only. Docstrings give shapes, units and the errors raised, and where
an equation is meant its number: [Wang, Eq. 5].

.. toctree::
   :maxdepth: 1

"""


def write(folder: Path) -> None:
    """api/ROOM.rst for every room, and api/index.rst, which lists them from the highest floor to the lowest."""
    pages = folder / "api"
    pages.mkdir(exist_ok=True)
    rooms = [room for floor in reversed(floors()) for room in floor if room != "__init__"]
    for old in set(pages.glob("*.rst")) - {pages / f"{room}.rst" for room in rooms}:
        old.unlink()
    for room in rooms:
        _write(pages / f"{room}.rst", _page(room))
    _write(pages / "index.rst", HEAD + "".join(f"   {room}\n" for room in rooms))


def _page(room: str) -> str:
    name = f"hadronlab.{room}"
    lines = [name, "=" * len(name), "", *([purpose(place(room)), ""] if place(room).is_dir() else [])]
    for path in _modules(place(room)):
        module = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        short = module.removeprefix(f"{name}.")
        if module != name:
            lines += [short, "-" * len(short), ""]
        lines += [f".. automodule:: {module}", ""]
    return "\n".join(lines)


def _modules(room: Path) -> list[Path]:
    if room.is_file():
        return [room]
    return sorted(path for path in room.rglob("*.py") if path.name != "__init__.py")


def _write(path: Path, text: str) -> None:
    """Write only what has changed: Sphinx reads a page again when its file is newer."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
