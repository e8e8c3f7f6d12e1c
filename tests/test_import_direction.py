"""Who may import whom: physics ← systems ← {models, data, sampling} ← {losses, estimators, optim} ← tasks ← callbacks ← runner."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "hadronlab"
RANK = {"physics": 0, "systems": 1, "models": 2, "data": 2, "sampling": 2, "losses": 3, "estimators": 3, "optim": 3,
        "tasks": 4, "callbacks": 5, "plotting": 6, "runner": 6}  # fmt: skip
FRAMEWORKS = {"pytorch_lightning", "hydra", "omegaconf", "wandb", "matplotlib"}
FILES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent.name in RANK)


def imported(path: Path) -> set[str]:
    """Names of the modules that a file imports when it runs, without those for type checkers only."""
    names: set[str] = set()

    def visit(node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
                continue
            if isinstance(child, ast.Import):
                names.update(alias.name for alias in child.names)
            elif isinstance(child, ast.ImportFrom) and child.module:
                names.add(child.module)
            visit(child)

    visit(ast.parse(path.read_text(encoding="utf-8")))
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_imports_point_downwards(path: Path) -> None:
    rank = RANK[path.parent.name]
    for name in imported(path):
        parts = name.split(".")
        if parts[0] == "hadronlab" and len(parts) > 1 and parts[1] in RANK:
            assert RANK[parts[1]] <= rank, f"{path.name} imports {name}"
        if rank < RANK["tasks"]:
            assert parts[0] not in FRAMEWORKS, f"{path.name} imports {name}"


def test_the_two_tasks_do_not_know_each_other() -> None:
    assert not any("tasks.vmc" in name for name in imported(PACKAGE / "tasks" / "inverse.py"))
    assert not any("tasks.inverse" in name for name in imported(PACKAGE / "tasks" / "vmc.py"))
