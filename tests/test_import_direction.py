"""Who may import whom: every room stands on a floor, and its imports point down."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "hadronlab"
FLOORS = (
    ("errors",), ("config",), ("kernels",), ("estimates",), ("physics",), ("systems",), ("models", "data"), ("sampling",), ("losses",),
    ("optim",), ("observables",), ("tasks",), ("callbacks",), ("plotting",), ("run",), ("sweeps",), ("cli",),
    ("train", "evaluate", "sweep", "dashboard", "convert", "average", "export", "femto", "luescher", "api", "__init__"),
)  # fmt: skip
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}

FRAMEWORKS = {"pytorch_lightning", "lightning_fabric", "hydra", "omegaconf", "wandb", "matplotlib"}
PLAIN = (
    "kernels",
    "physics",
    "models",
    "losses",
    "sampling",
    "observables",
    "optim",
    "systems",
    "data",
    "estimates",
)
FILES = sorted(path for path in PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def imported(path: Path) -> set[str]:
    """Names of the modules that a file imports, also within functions, without those for type checkers only."""
    names: set[str] = set()

    def visit(node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
                continue
            if isinstance(child, ast.Import):
                names.update(alias.name for alias in child.names)
            elif isinstance(child, ast.ImportFrom) and child.module:
                names.update(f"{child.module}.{alias.name}" for alias in child.names)
            visit(child)

    visit(ast.parse(path.read_text(encoding="utf-8")))
    return names


def test_every_room_has_a_floor() -> None:
    assert {room(path) for path in FILES} == set(FLOOR)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_downwards(path: Path) -> None:
    here = room(path)
    for name in imported(path):
        parts = name.split(".")
        if parts[0] == "hadronlab" and len(parts) > 1 and parts[1] in FLOOR and parts[1] != here:
            assert FLOOR[parts[1]] < FLOOR[here], f"{path.relative_to(PACKAGE)} imports {name}"
        if here in PLAIN:
            assert parts[0] not in FRAMEWORKS, f"{path.relative_to(PACKAGE)} imports {name}"


def test_no_circle_within_a_room() -> None:
    """Files of one room import each other in one direction only."""
    modules = {
        ".".join(("hadronlab", *path.relative_to(PACKAGE).with_suffix("").parts)): path for path in FILES
    }
    arrows = {m: {n for n in modules if n != m and any(x == n or x.startswith(n + ".") for x in imported(p)) and not n.endswith("__init__")}
              for m, p in modules.items()}  # fmt: skip
    done: set[str] = set()

    def walk(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, " → ".join((*trail[trail.index(module) :], module))
        if module not in done:
            for other in arrows[module]:
                walk(other, (*trail, module))
            done.add(module)

    for module in modules:
        walk(module, ())


def test_the_tasks_do_not_know_each_other() -> None:
    tasks = ("inverse", "vmc", "spectrum")
    for task in tasks:
        others = [f"tasks.{other}" for other in tasks if other != task]
        found = imported(PACKAGE / "tasks" / f"{task}.py")
        assert not any(other in name for other in others for name in found)
