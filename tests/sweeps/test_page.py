"""The page and the pictures of a sweep, from jobs made by hand."""

from html.parser import HTMLParser

import numpy as np

from hadronlab.estimates.estimate import Estimate
from hadronlab.plotting.style import figure, save
from hadronlab.sweeps.figures import against, draw_sweep, heat_map, mean_and_error
from hadronlab.sweeps.job_results import Job
from hadronlab.sweeps.page import write_page

EVIL = "<script>alert(1)</script>\"onerror='x'&amp;"


class Tags(HTMLParser):
    """Tags, links and text of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.links, self.text = [], [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("href", "src")]
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data):
        self.text += data


def jobs(keys=("depth", "width"), values=((1, 2, 3), (4, 8)), name="energy"):
    made = []
    for i, a in enumerate(values[0]):
        for j, b in enumerate(values[1]):
            for seed in (1, 2):
                quantity = Estimate.quoted(10.0 ** (i + j) + seed, 0.3, "MeV")
                at = {keys[0]: a, keys[1]: b, "seed": seed}
                made.append(
                    Job(str(len(made)), at, "ok", observables={name: quantity}, references={name: 1.0})
                )
    return made


def test_texts_of_others_stay_texts_and_links_move_with_the_folder(tmp_path):
    picture = save(figure(figsize=(2, 2))[0], tmp_path / "a.png")
    bad = [
        Job(f"{EVIL}", {EVIL: EVIL, "n": 1}, EVIL, EVIL),
        Job("1", {EVIL: "b", "n": 2}, "ok", observables={EVIL: Estimate.quoted(1.0, 0.1, EVIL)}),
    ]
    page = write_page(bad, {EVIL: picture}, tmp_path / "sweep.html", EVIL, [(EVIL,) * 5])
    seen = Tags(page.read_text(encoding="utf-8"))
    assert seen.tags.count("script") == 1 and seen.tags.count("table") == 3 and seen.text.count(EVIL) > 10
    links = [link for link in seen.links if not link.startswith("data:image/png;base64,")]
    assert links[0] == "./1/" and all(link.startswith("./") and "<" not in link for link in links)


def test_rows_and_reasons(tmp_path):
    made = [*jobs(), Job("12", {"depth": 9, "width": 4, "seed": 1}, "failed", "depth = 9 is too deep")]
    text = Tags(write_page(made, {}, tmp_path / "sweep.html").read_text(encoding="utf-8")).text
    assert (
        "12 of 13 jobs have a result" in text and "depth = 9 is too deep" in text and "energy [MeV]" in text
    )
    assert text.index("energy [MeV]") < text.index("did not end well")


def test_figures_of_numbers_texts_and_seeds_alone(tmp_path):
    drawn = draw_sweep(jobs(), tmp_path)
    assert list(drawn) == ["energy against depth", "energy against width", "energy over depth and width"]
    assert all(file.stat().st_size > 5000 for file in drawn.values())
    alone = [
        Job(str(s), {"seed": s}, "ok", observables={"energy": Estimate.quoted(s, 0.1)}) for s in (1, 2, 3)
    ]
    assert list(draw_sweep(alone, tmp_path)) == ["energy against seed"]
    assert draw_sweep(alone[:1], tmp_path) == {}


def test_scales_error_bars_and_what_is_averaged():
    fig = against(jobs(values=((1, 2), (4, 8))), "energy", "depth", "width")
    ax = fig.axes[0]
    assert ax.get_yscale() == "linear" and ax.get_title() == "mean over seed"
    assert against(jobs(), "energy", "depth", "width").axes[0].get_yscale() == "log"
    assert [text.get_text() for text in fig.legends[0].get_texts()] == ["4", "8"]
    first, second = (container.lines[0].get_xdata() for container in ax.containers)
    assert np.all(first != second) and np.allclose(first, [1, 2], atol=0.05)


def test_systems_stand_below_each_other_against_their_references():
    ax = against(jobs(("system", "width"), (("D", "B"), (4, 8))), "energy", "system").axes[0]
    assert ax.get_xlabel() == "energy − reference [MeV]"
    assert [label.get_text() for label in ax.get_yticklabels()] == ["B", "D"]
    assert np.allclose(ax.containers[0].lines[0].get_xdata(), [55 + 0.5, 5.5 + 0.5])


def test_a_random_search_is_points_on_logarithmic_axes():
    generator = np.random.default_rng(1)
    made = [
        Job(str(i), {"lr": 10 ** generator.uniform(-5, -1), "width": int(generator.integers(4, 99)), "seed": i}, "ok",
            observables={"loss": Estimate.quoted(generator.uniform(1, 5), 0.1)})
        for i in range(50)
    ]  # fmt: skip
    ax = against(made, "loss", "lr").axes[0]
    assert ax.get_xscale() == "log" and ax.get_title() == "width, seed varied too"
    assert ax.containers[0].lines[0].get_linestyle() == "None"
    fig = heat_map(made, "loss", "lr", "width")
    assert len(fig.axes[0].collections[0].get_offsets()) == 50 and fig.get_figwidth() < 10
    made += [
        Job("x", {"lr": "auto", "width": 3, "seed": 0}, "ok", observables={"loss": Estimate.quoted(1.0)})
    ]
    assert heat_map(made, "loss", "lr", "width") is None and against(made, "loss", "lr") is None


def test_a_field_without_a_job_stays_empty():
    made = [job for job in jobs() if job.overrides["depth"] != 3 or job.overrides["width"] != 8]
    texts = [text.get_text() for text in heat_map(made, "energy", "depth", "width").axes[0].texts]
    assert len(texts) == 5 and texts[0] == "2.50(50)"


def test_a_mean_is_no_surer_than_its_members():
    """Two that agree by chance."""
    assert mean_and_error([Estimate.quoted(1.0, 0.3), Estimate.quoted(1.0, 0.4)]).error == 0.25
    assert np.isclose(mean_and_error([Estimate.quoted(0.0, 0.1), Estimate.quoted(2.0)]).error, 1.0)
