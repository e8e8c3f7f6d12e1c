"""C(k*) in text, as spreadsheets, programs and HEPData write it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import fields

import numpy as np
import pytest

from hadronlab.config.annotations import fits, hints_of
from hadronlab.data.correlations.correlation_data import CorrelationData
from hadronlab.data.correlations.correlation_file import CorrelationFile, shipped
from hadronlab.physics.constants import HBAR_C

from .conftest import EDGES, ERROR, SYSTEMATIC, C, K

Store = Callable[..., CorrelationFile]


def rows(*columns: np.ndarray, separator: str = ",") -> str:
    return "\n".join(separator.join(map(repr, row)) for row in np.stack(columns, axis=1).tolist())


THREE = rows(K, C, ERROR)
LOW, HIGH = EDGES.T
SAME = {
    "no names": THREE,
    "names": "k_MeV,C,error\n" + THREE,
    "another order": "C,stat_err,k*\n" + rows(C, ERROR, K),
    "GeV": "kstar [GeV/c],CF,dC\n" + rows(K / 1000, C, ERROR),
    "inverse fm": "k (1/fm),C(k),sigma\n" + rows(K / HBAR_C, C, ERROR),
    "Q": "Q_GeV,C,error\n" + rows(2 * K / 1000, C, ERROR),
    "q_inv": "q_{inv} (MeV/c),Correlation function,uncertainty\n" + rows(2 * K, C, ERROR),
    "TeX": "$k^{\\rm *}$ (MeV/$c$),$C(k^{*})$,$\\sigma$ err\n" + THREE,
    "blanks": "k C error\n" + rows(K, C, ERROR, separator="  "),
    "semicolons and decimal commas": "k;C;error\n" + rows(K, C, ERROR, separator="; ").replace(".", ","),
    "tabs": "k\tC\terror\n" + rows(K, C, ERROR, separator="\t"),
    "other columns": "k,C,error,fit,note\n" + "\n".join(line + ",9.0,good" for line in THREE.split("\n")),
    "widths of bins": "x,k_err,C,err\n".replace("x", "k") + rows(K, K, C, ERROR),
    "comments": "# k* of pairs\n%more\n\n" + THREE + "\n# end\n",
    "names in a comment": "# pairs\n# Q_GeV C error\n" + rows(2 * K / 1000, C, ERROR, separator=" "),
    "a mark of byte order": "\ufeffk,C,error\n" + THREE,
    "UTF-16": ("k,C,error\n" + THREE).encode("utf-16"),
    "CRLF": ("k,C,error\n" + THREE).replace("\n", "\r\n"),
    "a comma at the ends": "k,C,error,\n" + THREE.replace("\n", ",\n") + ",",
    "Fortran": "k,C,error\n" + THREE.replace("0.25\n", "2.5D-01\n"),
    "quotes": '"k* [MeV/c]","C","stat, total"\n' + THREE,
    "statistical beside total": "k,C,total error,stat\n" + rows(K, C, 9 * ERROR, ERROR),
}


def check(data: CorrelationData) -> None:
    """The measurement of conftest; units cost a rounding."""
    np.testing.assert_allclose(data.k, K / HBAR_C, rtol=1e-14)
    np.testing.assert_array_equal(data.value, C)
    np.testing.assert_array_equal(data.error, ERROR)


@pytest.mark.parametrize("case", SAME)
def test_the_same_points_in_every_dress(stored: Store, case: str) -> None:
    data = stored(SAME[case]).load()
    check(data)
    assert data.edges is None and data.label == "mine" and not data.systematic.any()


def test_edges_and_systematic_errors(stored: Store) -> None:
    data = stored("k_low_MeV,k_high_MeV,C,stat,sys\n" + rows(LOW, HIGH, C, ERROR, SYSTEMATIC)).load()
    check(data)
    assert data.edges is not None
    np.testing.assert_allclose(data.edges * HBAR_C, EDGES, rtol=1e-14)
    np.testing.assert_array_equal(data.systematic, SYSTEMATIC)
    np.testing.assert_array_equal(data.covariance, np.diag(ERROR**2 + SYSTEMATIC**2))


HEPDATA = f"""#: table_doi: 10.17182/hepdata.1.v1/t1
#: name: Table 1
#: description: p p pairs
k* [MeV/c],k* [MeV/c] LOW,k* [MeV/c] HIGH,C(k*),stat +,stat -,"sys,a +","sys,a -",sys b
{rows(K, LOW, HIGH, C, ERROR * 1.5, -ERROR * 0.5, SYSTEMATIC * 0.6, -SYSTEMATIC * 0.6, SYSTEMATIC * 0.8)}

#: RE,second
k* [MeV/c],k* [MeV/c] LOW,k* [MeV/c] HIGH,C model,error
{rows(K, LOW, HIGH, 2 * C, ERROR)}
"""


def test_hepdata(stored: Store, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        data = stored(HEPDATA, table=1).load()
    check(data)
    np.testing.assert_allclose(data.systematic, SYSTEMATIC, rtol=1e-15)
    assert data.label == "mine, Table 1" and "10.17182" in data.source
    told = [record.getMessage() for record in caplog.records]
    assert (
        told[1] == "the errors stat + and stat - differ: their mean is taken for both sides"
        and len(told) == 2
    )
    np.testing.assert_array_equal(stored(HEPDATA, table="C model").load().value, 2 * C)


def test_what_the_user_says_comes_first(stored: Store, caplog: pytest.LogCaptureFixture) -> None:
    text = "Q_GeV,a,b,c\n" + rows(K, C, ERROR, 3 * ERROR)
    check(stored(text, variable="kstar", unit="MeV", columns={"C": "a", "error": "b"}, label="mine").load())
    assert [r.levelname for r in caplog.records] == ["WARNING"] * 2  # both contradict the name
    five = rows(K, C, SYSTEMATIC, ERROR)
    data = stored(five, variable="kstar", columns={"k": 1, "C": 2, "systematic": 3, "error": 4}).load()
    check(data)
    np.testing.assert_array_equal(data.systematic, SYSTEMATIC)


def test_cuts(stored: Store) -> None:
    data = stored(SAME["GeV"], k_min=15.0, k_max=40.0).load()  # 0.015 GeV/c is 15 MeV/c
    np.testing.assert_allclose(data.momentum, K[1:], rtol=1e-14)
    assert data.covariance.shape == (3, 3)


@pytest.mark.parametrize(("name", "n", "first"), [("star_pp_2015", 57, (8.75, 1.22776, 0.216045)),
                                                  ("star_antipp_2015", 57, (8.75, 1.01077, 0.275385)),
                                                  ("star_lambdalambda_2015", 25, (5.0, 0.8228, 0.0767992))])  # fmt: skip
def test_shipped_tables(name: str, n: int, first: tuple[float, float, float]) -> None:
    data = CorrelationFile(name).load()
    assert len(data.k) == n and data.label == name and name in shipped()
    assert [round(float(x[0]), 9) for x in (data.momentum, data.value, data.error)] == list(first)
    assert "doi: 10." in data.source and "licence: CC0" in data.source
    assert bool(data.systematic.any()) == ("lambda" in name)


def test_a_file_goes_before_a_shipped_table_and_a_directory_before_its_name_does_no_harm(
    stored: Store,
) -> None:
    assert len(stored(THREE, "star_pp_2015").load().k) == 4
    assert len(CorrelationFile("/no/such/directory/star_pp_2015").load().k) == 57


def test_settings_are_checked_before_a_run() -> None:
    """By the annotations, as those of every class that a configuration names."""
    hints = hints_of(CorrelationFile.__init__)
    assert {field.name for field in fields(CorrelationFile)} <= set(hints)
    assert fits("Q", hints["variable"]) and fits(None, hints["unit"]) and fits({"C": 2}, hints["columns"])
    assert (
        not fits("q", hints["variable"])
        and not fits("keV", hints["unit"])
        and not fits("all", hints["systematic"])
    )
