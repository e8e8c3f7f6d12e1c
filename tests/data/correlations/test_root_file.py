"""C(k*) in histograms and graphs of ROOT files."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hadronlab.data.correlations.correlation_file import CorrelationFile
from hadronlab.errors import DataError
from hadronlab.physics.constants import HBAR_C

from .conftest import EDGES, ERROR, SYSTEMATIC, C, K
from .test_csv_table import check

uproot: Any = pytest.importorskip("uproot")
EMPTY = [70.0]  # the upper edge of a bin without entries


def histogram(values: np.ndarray, errors: np.ndarray | None, title: str = "#it{k}* (MeV/#it{c})") -> Any:
    """A TH1D over the bins of conftest and an empty one."""
    from uproot.writing.identify import to_TAxis, to_TH1x

    edges = np.array([0.0, *EDGES[:, 1], *EMPTY])
    n = len(edges) - 1

    def with_flow(x: np.ndarray) -> np.ndarray:
        return np.concatenate([[0.0], x, np.zeros(n + 1 - len(x))])

    axis = to_TAxis(fName="xaxis", fTitle=title, fNbins=n, fXmin=0.0, fXmax=edges[-1], fXbins=edges)
    squares = np.array([]) if errors is None else with_flow(errors**2)
    return to_TH1x(fName=None, fTitle="C", data=with_flow(values), fEntries=4.0, fTsumw=1.0, fTsumw2=1.0, fTsumwx=1.0,
                   fTsumwx2=1.0, fSumw2=squares, fXaxis=axis)  # fmt: skip


def write(path: Path, **objects: Any) -> Path:
    with uproot.recreate(path) as file:
        for name, thing in objects.items():
            file[name.replace("__", "/")] = thing
    return path


@pytest.fixture
def graphs(monkeypatch: pytest.MonkeyPatch) -> None:
    """uproot writes no graphs with errors yet; what ROOT's streamers say they look like is little: a byte, and the numbers."""
    from uproot.models import TGraph
    from uproot.serialization import numbytes_version

    def serialize(self: Any, out: list[bytes], header: bool, name: str, flags: Any) -> None:
        where = len(out)
        for base in self._bases:
            base._serialize(out, True, name, flags)
        for member in self.member_names:
            out += [b"\x01", np.asarray(self._members[member]).astype(">f8").tobytes()]
        out.insert(where, numbytes_version(sum(map(len, out[where:])), 3))

    for kind in (TGraph.Model_TGraphErrors_v3, TGraph.Model_TGraphAsymmErrors_v3):
        monkeypatch.setattr(kind, "_serialize", serialize)


def test_a_histogram(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = write(tmp_path / "mine.root", femto__C_pp=histogram(C, ERROR))
    with caplog.at_level(logging.INFO):
        data = CorrelationFile(str(path)).load()
    # the squares of errors are stored, and bins without a centre have it in the middle
    np.testing.assert_allclose(data.error, ERROR, rtol=1e-15)
    np.testing.assert_array_equal(data.value, C)
    np.testing.assert_allclose(data.momentum, K, rtol=1e-14)
    assert data.edges is not None and data.label == "mine, femto/C_pp"
    np.testing.assert_allclose(data.edges * HBAR_C, EDGES, rtol=1e-14)
    assert "1 empty bins of femto/C_pp are left out" in caplog.text


def test_the_histograms_of_hepdata(tmp_path: Path) -> None:
    path = write(
        tmp_path / "mine.root",
        **{
            "Table 1__Hist1D_y1": histogram(C, None),
            "Table 1__Hist1D_y1_e1": histogram(ERROR, None),
            "Table 1__Hist1D_y1_e2plus": histogram(1.5 * SYSTEMATIC, None),
            "Table 1__Hist1D_y1_e2minus": histogram(-0.5 * SYSTEMATIC, None),
        },
    )
    data = CorrelationFile(str(path)).load()
    check(data)
    np.testing.assert_array_equal(data.systematic, SYSTEMATIC)


@pytest.mark.parametrize("sides", ["symmetric", "asymmetric"])
def test_a_graph(tmp_path: Path, graphs: None, sides: str) -> None:
    low, high = (K - EDGES[:, 0]) / 500, (EDGES[:, 1] - K) / 500
    if sides == "symmetric":
        spread = {"x_errors": low, "y_errors": ERROR}
    else:
        spread = {
            "x_errors_low": low,
            "x_errors_high": high,
            "y_errors_low": 0.5 * ERROR,
            "y_errors_high": 1.5 * ERROR,
        }
    graph = uproot.as_TGraph({"x": K / 500, "y": C, **spread}, title="C", xAxisLabel="Q_{inv} (GeV/c)")
    path = write(tmp_path / "mine.root", g=graph)
    data = CorrelationFile(str(path)).load()
    check(data)
    assert data.edges is not None
    np.testing.assert_allclose(data.edges * HBAR_C, EDGES, rtol=1e-13, atol=1e-13)


def test_error_bars_along_x_that_are_no_bins(tmp_path: Path, graphs: None) -> None:
    graph = uproot.as_TGraph(
        {"x": K, "y": C, "x_errors": 20 + 0 * K, "y_errors": ERROR}, title="C", xAxisLabel="k*"
    )
    assert CorrelationFile(str(write(tmp_path / "mine.root", g=graph))).load().edges is None


def test_what_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def message(path: Path, **settings: Any) -> str:
        with pytest.raises(DataError) as error:
            CorrelationFile(str(path), **settings).load()
        assert str(error.value).startswith(f"{path}: ") and str(error.value).isprintable()
        return str(error.value)

    two = write(tmp_path / "two.root", a=histogram(C, ERROR), b=histogram(C, ERROR))
    assert (
        "choose one of its TH1D, TH1F, TGraphErrors, TGraphAsymmErrors with table=NAME: 'a', 'b'"
        in message(two)
    )
    assert "table=NAME" in message(two, table="c")
    assert CorrelationFile(str(two), table="a;1").load().label == "two, a"
    bare = write(tmp_path / "bare.root", a=histogram(C, None))
    assert "'a' stores no errors: call Sumw2" in message(bare)
    counts = write(
        tmp_path / "counts.root",
        a=histogram(np.array([3.0, 20.0, 70.0, 400.0]), np.sqrt([3.0, 20.0, 70.0, 400.0])),
    )
    assert "look like counts" in message(counts)
    untitled = write(tmp_path / "untitled.root", a=histogram(C, ERROR, ""))
    assert "say variable=kstar or variable=Q" in message(untitled)
    momentum = CorrelationFile(str(untitled), variable="kstar").load().momentum
    np.testing.assert_allclose(momentum, K, rtol=1e-14)
    plain = write(tmp_path / "plain.root", g=uproot.as_TGraph({"x": K, "y": C}))
    assert "none, but ['TGraph']" in message(plain)

    whole = two.read_bytes()
    for at in range(0, len(whole), 97):  # whatever is damaged: numbers, or one line
        broken = tmp_path / "broken.root"
        broken.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :] if at % 2 else whole[:at])
        try:
            CorrelationFile(str(broken), table="a").load()
        except DataError as error:
            assert str(error).isprintable() and "\n" not in str(error)
    monkeypatch.setitem(sys.modules, "uproot", None)
    assert message(two).endswith("ROOT files are read by uproot: pip install hadronlab[root]")
