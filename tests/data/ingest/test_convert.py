"""Conversion: numbers survive it, and what does not fit ends in one line and exit status 1."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from hadronlab import api, convert
from hadronlab.data.r_correlator import read
from hadronlab.data.wedge import wedge_sites
from hadronlab.errors import DataError
from hadronlab.estimates.resampling import resampled_error


def main(arguments: Sequence[str]) -> int:
    """Exit status of `hadronlab-convert tables`."""
    try:
        convert.main(["tables", *map(str, arguments)])
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


UNITS = ["--mass", "1500", "--spacing", "0.1"]
T, RADIUS = np.arange(3, 7), 0.1 * np.arange(1, 6)
R = 1 + np.random.default_rng(0).random((4, 5))
BINS = R[:, None] * (1 + 0.01 * np.random.default_rng(1).standard_normal((4, 6, 5)))


def table(path: Path, body: np.ndarray, shuffle: bool = True) -> Path:
    """Lines `t r body…`; body (4, 5, columns)."""
    t, r = np.meshgrid(T, RADIUS, indexing="ij")
    lines = np.concatenate([t[..., None], r[..., None], body], axis=-1).reshape(20, -1)
    if shuffle:
        lines = np.random.default_rng(2).permutation(lines)
    np.savetxt(path, lines, fmt="%.17g", header="t r R")
    return path


def test_table_without_errors(tmp_path: Path) -> None:
    out = tmp_path / "out.h5"
    assert main([f"wall={table(tmp_path / 'a.dat', R[..., None])}", str(out), *UNITS, "--mass2", "900"]) == 0
    back = read(out)
    np.testing.assert_array_equal(back.values["wall"], R[None])
    np.testing.assert_allclose(back.radius, RADIUS / 0.1)  # type: ignore[arg-type]
    assert back.spacing_fm == pytest.approx(0.1) and back.t.tolist() == [3, 4, 5, 6]
    assert back.mass * back.inverse_spacing == pytest.approx(1500)
    assert back.mass2 * back.inverse_spacing == pytest.approx(900)


def test_table_of_bins_and_two_sources(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = np.moveaxis(BINS, 1, 2)
    inputs = [f"{s}={table(tmp_path / f'{s}.dat', body * k)}" for s, k in (("wall", 1), ("smeared", 2))]
    out = tmp_path / "out.h5"
    assert main([*inputs, str(out), *UNITS, "--unit", "lattice", "--kind", "bootstrap"]) == 0
    assert "6 bootstrap bins of wall, smeared" in capsys.readouterr().out
    back = read(out)
    np.testing.assert_allclose(back.values["smeared"][1:], 2 * np.swapaxes(BINS, 0, 1), rtol=1e-15)
    assert back.resampling == "bootstrap" and back.radius is not None and back.radius[0] == 0.1


def test_error_column_becomes_bins_with_that_error(tmp_path: Path) -> None:
    error = 0.01 * (1 + np.arange(20.0).reshape(4, 5))
    path = table(tmp_path / "a.dat", np.stack([R, error], axis=-1))
    assert main([str(path), str(tmp_path / "out.h5"), *UNITS, "--bins", "800"]) == 0
    back = read(tmp_path / "out.h5")
    import torch

    values = torch.from_numpy(back.values["a"])
    assert back.resampling == "bootstrap"
    np.testing.assert_array_equal(values[0].numpy(), R)
    np.testing.assert_allclose(resampled_error(values, "bootstrap").numpy(), error, rtol=0.12)


def test_configurations_become_jackknife_bins(tmp_path: Path) -> None:
    path = table(tmp_path / "a.dat", np.moveaxis(BINS, 1, 2))
    assert main([str(path), str(tmp_path / "o.h5"), *UNITS, "--kind", "configurations", "--bins", "3"]) == 0
    values = read(tmp_path / "o.h5").values["a"]
    np.testing.assert_allclose(values[1], BINS[:, 2:].mean(1), rtol=1e-14)


@pytest.mark.parametrize("bins", [False, True])
def test_npz(tmp_path: Path, bins: bool) -> None:
    site = wedge_sites(4)
    values = np.random.default_rng(0).random((4, 6, 10) if bins else (4, 10))
    np.savez_compressed(tmp_path / "a.npz", t=T, site=site, L=4, wall=values, point=2 * values)
    assert main([str(tmp_path / "a.npz"), str(tmp_path / "out.h5"), *UNITS]) == 0
    back = read(tmp_path / "out.h5")
    expected = np.swapaxes(values, 0, 1) if bins else values[None]
    np.testing.assert_array_equal(back.values["point"][-len(expected) :], 2 * expected)
    assert back.length == 4


def test_pickled_wedges(tmp_path: Path) -> None:
    values = np.random.default_rng(0).random((2, 4, 3, 10))
    for s, source in enumerate(("wall", "exp")):
        for i, t in enumerate(T):
            path = tmp_path / f"Rcorr_xixi_1s0_L4_t{t:03d}_{source}_3jkbins.pkl"
            path.write_bytes(pickle.dumps(values[s, i], 3))
    files = sorted(map(str, tmp_path.glob("*.pkl")), reverse=True)
    assert main([*files, str(tmp_path / "out.h5"), *UNITS]) == 0
    back = read(tmp_path / "out.h5")
    np.testing.assert_array_equal(back.values["exp"][1:], values[1].swapaxes(0, 1))
    assert back.t.tolist() == T.tolist() and back.length == 4


def _text(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def _npz(path: Path, **arrays: object) -> Path:
    np.savez(path, **arrays)  # type: ignore[arg-type]
    return path


def _cut(path: Path) -> Path:
    path.write_bytes(_npz(path, t=T, radius=RADIUS, wall=R).read_bytes()[:-40])
    return path


def _wedge(path: Path, value: object) -> Path:
    path.write_bytes(pickle.dumps(value))
    return path


LINES = "\n".join(f"{t} {r} 1.0" for t in range(3) for r in (1, 2, 3))
BAD: dict[str, tuple[Callable[[Path], Path], list[str], str]] = {
    "no file": (lambda p: p / "a.dat", UNITS, "no such file"),
    "a directory": (lambda p: p, UNITS, "is not a regular file"),
    "words": (lambda p: _text(p / "a.dat", "1 2 three\n"), UNITS, "not a table of numbers"),
    "binary": (lambda p: _npz(p / "a.npz", t=T).rename(p / "a.dat"), UNITS, "not a table of numbers"),
    "ragged": (lambda p: _text(p / "a.dat", "1 2 3\n1 2\n"), UNITS, "not a table of numbers"),
    "two columns": (lambda p: _text(p / "a.dat", "1 2\n"), UNITS, "needs the columns"),
    "nothing": (lambda p: _text(p / "a.dat", "# t r R\n"), UNITS, "needs the columns"),
    "nan": (lambda p: _text(p / "a.dat", "1 2 nan\n"), UNITS, "line 1 holds a number that is not finite"),
    "half a time": (lambda p: _text(p / "a.dat", "1.5 2 3\n"), UNITS, "whole lattice times"),
    "hole": (lambda p: _text(p / "a.dat", LINES[: LINES.rindex("\n")]), UNITS, "the same 3 radii"),
    "line twice": (lambda p: _text(p / "a.dat", LINES + "\n2 3 1.0"), UNITS, "the same 3 radii"),
    "two slices": (
        lambda p: _text(p / "a.dat", "\n".join(LINES.splitlines()[:6])),
        UNITS,
        "three time slices",
    ),
    "error of zero": (
        lambda p: _text(p / "a.dat", LINES.replace("1.0", "1.0 0")),
        UNITS,
        "an error is not positive",
    ),
    "negative mass": (
        lambda p: _text(p / "a.dat", LINES),
        ["--mass", "-1", "--spacing", "1"],
        "mass must be",
    ),
    "no spacing": (lambda p: _text(p / "a.dat", LINES), ["--mass", "1"], "--spacing"),
    "mass of text": (lambda p: _text(p / "a.dat", LINES), ["--mass", "x", "--spacing", "1"], "invalid float"),
    "bins": (lambda p: _text(p / "a.dat", LINES), [*UNITS, "--bins", "1"], "bins must lie"),
    "npz cut": (lambda p: _cut(p / "a.npz"), UNITS, "damaged npz"),
    "npz of text": (lambda p: _text(p / "a.npz", "text"), UNITS, "damaged npz"),
    "npz without t": (lambda p: _npz(p / "a.npz", radius=RADIUS, wall=R), UNITS, "needs t and one of"),
    "npz without source": (lambda p: _npz(p / "a.npz", t=T, radius=RADIUS), UNITS, "holds no array"),
    "npz of objects": (lambda p: _npz(p / "a.npz", t=np.array([None])), UNITS, "must hold real numbers"),
    "npz misshapen": (
        lambda p: _npz(p / "a.npz", t=T, radius=RADIUS, wall=R[:2]),
        UNITS,
        "wall is (2, 5); needed is (T, S) = (4, 5)",
    ),
    "pickle of what": (lambda p: _wedge(p / "a.pkl", R), UNITS, "the name must tell"),
    "pickle of a list": (lambda p: _wedge(p / "a_L4_t010_wall.pkl", [1]), UNITS, "must hold one array"),
    "pickle of another box": (
        lambda p: _wedge(p / "a_L8_t010_wall.pkl", np.ones((3, 10))),
        UNITS,
        "35 sites",
    ),
    "pickle of one time": (lambda p: _wedge(p / "a_L4_t010_wall.pkl", np.ones((3, 10))), UNITS, "three time"),
    "pickle of one bin": (lambda p: _wedge(p / "a_L4_t010_wall.pkl", np.ones((1, 10))), UNITS, "one bin"),
}


@pytest.mark.parametrize("case", BAD)
def test_one_line_and_exit_status_one(tmp_path: Path, capsys: pytest.CaptureFixture[str], case: str) -> None:
    make, options, expected = BAD[case]
    out = tmp_path / "out.h5"
    try:
        status = main([str(make(tmp_path)), str(out), *options])
    except SystemExit as exit:
        status = exit.code
    captured = capsys.readouterr()
    assert status == 1 and not captured.out and not out.exists()
    assert captured.err.startswith("error: ") and captured.err.count("\n") == 1
    assert expected in captured.err, captured.err


def test_existing_output_is_kept_without_force(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = table(tmp_path / "a.dat", R[..., None]), tmp_path / "out.h5"
    assert main([str(source), str(out), *UNITS]) == 0
    assert main([str(source), str(out), *UNITS]) == 1
    assert "--force overwrites" in capsys.readouterr().err
    assert main([str(source), str(out), *UNITS, "--force"]) == 0


@pytest.mark.parametrize(
    ("given", "unit", "told"),
    [
        (np.arange(1.0, 25), "fm", "their squares are whole numbers"),
        (np.sqrt([1, 2, 3, 4, 5, 6, 8]).round(6), "fm", "their squares are whole numbers"),
        (np.arange(0.5, 9, 0.5), "fm", "the smallest is several spacings"),
        (0.1 * np.arange(1, 25), "lattice", "the largest is below 1 fm"),
        (0.1 * np.arange(1, 25), "fm", ""),
        (0.1 * np.sqrt([1, 2, 3, 4, 5, 6, 8]), "fm", ""),
        (np.arange(1.0, 25), "lattice", ""),
    ],
)
def test_radii_in_another_unit_are_doubted(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    given: np.ndarray,
    unit: str,
    told: str,
) -> None:
    np.savez(tmp_path / "a.npz", t=T, radius=given, wall=np.ones((4, len(given))))
    assert main([str(tmp_path / "a.npz"), str(tmp_path / "out.h5"), *UNITS, "--unit", unit]) == 0
    assert told in caplog.text and bool(told) == bool(caplog.text)
    fm = given * (1 if unit == "fm" else 0.1)
    assert (
        f"r = {fm[0]:.4g} … {fm[-1]:.4g} fm = {fm[0] / 0.1:.4g} … {fm[-1] / 0.1:.4g} a"
        in capsys.readouterr().out
    )


def test_paths_with_equals_signs_and_slashes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that exists wins, a source has no slash, and what is neither is named as it was given."""
    monkeypatch.chdir(tmp_path)
    for place in (Path("beta=1.95/wall.dat"), Path("a=1.dat"), Path("plain.dat")):
        place.parent.mkdir(exist_ok=True)
        table(place, R[..., None])
    for text, source in (
        ("beta=1.95/wall.dat", "wall"),
        ("wall=beta=1.95/wall.dat", "wall"),
        (f"smeared={tmp_path}/beta=1.95/wall.dat", "smeared"),
        ("a=1.dat", "a=1"),
        ("b=a=1.dat", "b"),
        ("./a=1.dat", "a=1"),
        ("x=plain.dat", "x"),
    ):
        assert main([text, "out.h5", *UNITS, "--force"]) == 0, capsys.readouterr().err
        assert list(read("out.h5").values) == [source], text
    for text in ("beta=1.95/none.dat", "wall=none.dat", "x/y=plain.dat", "=plain.dat", "x" * 300):
        assert main([text, "new.h5", *UNITS]) == 1
        assert f"error: {text}: " in capsys.readouterr().err


@pytest.mark.parametrize("name", ["t", "site", "radius"])
def test_a_source_is_not_called_like_a_dataset(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    path = table(tmp_path / f"{name}.dat", R[..., None])
    assert main([str(path), str(tmp_path / "out.h5"), *UNITS]) == 1
    assert f"a source cannot be called {name}" in capsys.readouterr().err
    assert main([f"wall={path}", str(tmp_path / "out.h5"), *UNITS]) == 0
    np.savez(tmp_path / "a.npz", t=T, radius=RADIUS, **{"wall/x": R})
    assert main([str(tmp_path / "a.npz"), str(tmp_path / "o.h5"), *UNITS]) == 1
    assert "a source cannot be called 'wall/x'" in capsys.readouterr().err


def test_an_input_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [str(table(tmp_path / name, R[..., None])) for name in ("a.dat", "b.dat")]
    before = Path(paths[1]).read_bytes()
    assert main([paths[0], f"x={paths[1]}", paths[1], *UNITS, "--force"]) == 1
    assert "is one of the inputs" in capsys.readouterr().err and Path(paths[1]).read_bytes() == before


def test_the_same_from_python(tmp_path: Path) -> None:
    path = table(tmp_path / "wall.dat", np.moveaxis(BINS, 1, 2))
    made = api.convert_tables(
        [path], tmp_path / "out.h5", mass=1500, spacing=0.1, kind="configurations", bins=3
    )
    np.testing.assert_array_equal(read(tmp_path / "out.h5").values["wall"], made.values["wall"])
    for settings in ({"kind": "magic"}, {"unit": "mm"}, {"columns": "five"}, {"mass": -1.0}, {"bins": 1}):
        with pytest.raises(DataError, match=next(iter(settings))):
            api.convert_tables([path], tmp_path / "new.h5", **({"mass": 1500, "spacing": 0.1} | settings))  # type: ignore[arg-type]
    with pytest.raises(DataError, match="force=True"):
        api.convert_tables([path], tmp_path / "out.h5", mass=1500, spacing=0.1)


@pytest.mark.parametrize("axes", [(1, 0, 2), (2, 1, 0), (2, 0, 1), (0, 2, 1)])
def test_axes_of_an_npz_in_another_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], axes: tuple
) -> None:
    np.savez(tmp_path / "a.npz", t=T, radius=RADIUS, wall=BINS.transpose(axes))
    assert main([str(tmp_path / "a.npz"), str(tmp_path / "out.h5"), *UNITS]) == 1
    told = capsys.readouterr().err
    assert f"wall is {BINS.transpose(axes).shape}; needed is (T, B, S) = (4, B, 5)" in told
    assert f"({', '.join('TBS'[axis] for axis in axes)})" in told
