"""Every function and test that the page *Theory* names exists, and no page names a file that is not there."""

from __future__ import annotations

import importlib
import re
from functools import reduce
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"]
ROWS = re.findall(
    r"^\| (.+?) \| `([\w.]+)` \| `(tests/[\w/]+\.py)` \|$",
    (ROOT / "docs" / "theory.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)


def test_the_table_is_there() -> None:
    assert {paper for row in ROWS for paper in ("[Wang", "[DeepQuark") if paper in row[0]} == {
        "[Wang",
        "[DeepQuark",
    }


@pytest.mark.parametrize(("equation", "function", "test"), ROWS)
def test_function_and_test_exist(equation: str, function: str, test: str) -> None:
    depth, parts = find(function), function.split(".")
    text = (ROOT / test).read_text(encoding="utf-8")
    assert re.search(rf"\b{parts[-1]}\b", text) or parts[depth] in text, f"{test} does not name {parts[-1]}"


def find(name: str) -> int:
    """Import `name` of hadronlab; how many of its parts are those of the module."""
    parts = name.split(".")
    depth = next(n for n in range(len(parts), 0, -1) if module_exists(parts[:n]))
    reduce(getattr, parts[depth:], importlib.import_module(".".join(["hadronlab", *parts[:depth]])))
    return depth


def module_exists(parts: list[str]) -> bool:
    place = ROOT.joinpath("hadronlab", *parts)
    return place.with_suffix(".py").is_file() or place.is_dir()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_a_page_names_exist(page: Path) -> None:
    for name in re.findall(
        r"`((?:tests|benchmarks|conf|docs|notebooks|hadronlab)/[\w/.]+\.\w+)`",
        page.read_text(encoding="utf-8"),
    ):
        assert (ROOT / name).exists(), f"{page.name} names {name}"


def test_what_a_user_may_derive_from_exists() -> None:
    rooms = [path.name for path in (ROOT / "hadronlab").iterdir() if path.is_dir()]
    page = (ROOT / "docs" / "extend.md").read_text(encoding="utf-8")
    names = re.findall(rf"`((?:{'|'.join(rooms)})(?:\.\w+)+)`", page)
    assert len(names) > 8
    for name in names:
        find(name)


def test_every_benchmark_is_described() -> None:
    page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    for path in (ROOT / "benchmarks").glob("*.py"):
        if "__main__" in path.read_text(encoding="utf-8"):
            assert f"`{path.name}`" in page, f"performance.md does not say what {path.name} compares"
