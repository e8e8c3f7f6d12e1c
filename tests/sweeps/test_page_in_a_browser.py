"""The page of a sweep in a real Chromium: what its script does, and whether a person can read it."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hadronlab.estimates.estimate import Estimate
from hadronlab.sweeps.figures import draw_sweep
from hadronlab.sweeps.job_results import Job
from hadronlab.sweeps.page import write_page

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
WIDTH = 1000  # CSS pixels: half of a large screen, or a small one

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed: apt-get install chromium"),
]

NAMES = [f"rms_radius.{a}{b}" for a in ("u", "d", "c") for b in ("u~", "d~", "c~")]
LONG = "step 1200: the energy has risen by 3.1 standard deviations of the local energy; " * 3


def jobs() -> list[Job]:
    """A sweep as a user has it: texts and numbers swept, many observables, some missing, jobs without a result."""
    made = []
    for number, (model, depth) in enumerate(
        (m, d) for m in ("deepquark/table1", "invariant") for d in (2, 10, 1)
    ):
        found = {
            "energy": Estimate.quoted(3863.2 - 0.7 * number, 0.1, "MeV"),
            **{n: Estimate.quoted(0.5 + depth / 7, 0.01, "fm") for n in NAMES},
        }
        if number == 4:
            found["energy"] = Estimate.quoted(math.nan, None, "MeV")
        name = f"model={model},model.depth={depth},optimizer.optimizer.lr=0.{number}1234567,seed=1"
        made.append(
            Job(
                name, {"model": model, "model.depth": depth}, "ok", observables=found, objective=float(number)
            )
        )
    failed = {"model": "invariant", "model.depth": 99}
    return [
        *made,
        Job("model=invariant,model.depth=99,seed=1", failed, "failed", LONG),
        Job("7", failed, "unfinished", "/a/path" * 30),
    ]


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("sweep")
    figures = draw_sweep(jobs(), directory / "figures")
    compared = [("tcc (seed 1)", "binding_energy [MeV]", "15.30(10)", "15", "15.411(30)")] * 3
    return write_page(jobs(), figures, directory / "sweep.html", compared=compared)


@pytest.fixture
def page(page_file: Path, tmp_path: Path) -> Iterator[Any]:
    """The page, open at WIDTH; fails at the end where the browser had anything to complain of."""
    complaints: list[str] = []
    with playwright.sync_playwright() as engine:
        context = engine.chromium.launch_persistent_context(
            str(tmp_path / "profile"), executable_path=BROWSER, args=FLAGS, viewport={"width": WIDTH, "height": 800}, color_scheme="light")  # fmt: skip
        shown = context.new_page()
        shown.on("console", lambda message: complaints.append(message.text))
        shown.on("pageerror", lambda error: complaints.append(str(error)))
        shown.on("requestfailed", lambda request: complaints.append(request.url))
        shown.goto(page_file.as_uri())
        yield shown
        context.close()
    assert complaints == []


def column(page: Any, head: str) -> list[str]:
    """The cells below a heading of the first table, from top to bottom."""
    return page.evaluate(
        """head => { const table = document.querySelector("table"), heads = [...table.tHead.rows[0].cells];
           const index = heads.findIndex(cell => cell.textContent == head);
           return [...table.tBodies[0].rows].map(row => row.cells[index].textContent) }""", head)  # fmt: skip


def click(page: Any, head: str) -> None:
    page.locator("table").first.get_by_role("button", name=head, exact=True).click()


def test_a_click_sorts_numbers_as_numbers_and_again_the_other_way(page: Any) -> None:
    assert column(page, "model.depth") == ["2", "10", "1"] * 2
    click(page, "model.depth")
    assert column(page, "model.depth") == ["1", "1", "2", "2", "10", "10"]
    assert page.locator("th[aria-sort=ascending]").count() == 1
    click(page, "model.depth")
    assert column(page, "model.depth") == ["10", "10", "2", "2", "1", "1"]
    assert page.locator("th[aria-sort=descending]").inner_text().startswith("model.depth")


def test_a_number_that_is_none_comes_last_either_way_and_texts_are_sorted_too(page: Any) -> None:
    for _ in range(2):
        click(page, "energy [MeV]")
        assert column(page, "energy [MeV]")[-1] == "none"
    assert page.locator("th[aria-sort]").count() == 1
    click(page, "model")
    assert column(page, "model") == ["deepquark/table1"] * 3 + ["invariant"] * 3


def test_a_heading_is_reached_and_pressed_by_keyboard(page: Any) -> None:
    page.locator("table").first.get_by_role("button", name="model.depth", exact=True).focus()
    page.keyboard.press("Enter")
    assert column(page, "model.depth")[0] == "1"


def test_all_pictures_are_shown(page: Any) -> None:
    widths = page.evaluate("[...document.images].map(image => [image.naturalWidth, image.clientWidth])")
    assert len(widths) > 4 and all(natural > 400 and shown > 300 for natural, shown in widths)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_its_width(page: Any, scheme: str) -> None:
    """A wide table scrolls within itself, and what tells its rows apart stays in sight."""
    page.emulate_media(color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH
    assert (
        page.evaluate(
            "Math.max(...[...document.querySelectorAll('h1, h2, p, figure, .table')].map(e => e.getBoundingClientRect().right))"
        )
        <= WIDTH
    )
    assert page.evaluate("parseFloat(getComputedStyle(document.querySelector('td')).fontSize)") >= 12
    page.evaluate("document.querySelector('.table').scrollLeft = 1e6")
    job = page.locator("tbody tr td").first
    assert job.bounding_box()["x"] >= 0 and job.bounding_box()["width"] < WIDTH / 2
    page.set_viewport_size({"width": 400, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
