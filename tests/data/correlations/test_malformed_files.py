"""Whatever stands in a file, `load` gives a measurement or one DataError of one line that names the file."""

from __future__ import annotations

import gzip
import itertools
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from hadronlab.data.correlations import table
from hadronlab.data.correlations.correlation_file import CorrelationFile
from hadronlab.errors import DataError

from .conftest import ERROR, C, K
from .test_csv_table import THREE, rows
from .test_hepdata import of_the_site
from .test_hepdata import table as hepdata

Store = Callable[..., CorrelationFile]
PLAIN = "k,C,error\n" + THREE
GEV = "k_GeV,C,error\n" + rows(K / 1000, C, ERROR)


def message_of(file: CorrelationFile) -> str:
    """The error of reading a file that must not be readable."""
    with pytest.raises(DataError) as error:
        file.load()
    text = str(error.value)
    assert text.startswith(f"{file.path}: ") and text.isprintable() and len(text) < 700, text
    return text.removeprefix(f"{file.path}: ")


def line(k: object, c: object, error: object) -> str:
    """PLAIN with another point in front, or in the place of the first."""
    return f"k,C,error\n{k},{c},{error}\n" + "\n".join(THREE.split("\n")[1:])


@pytest.mark.parametrize(("content", "settings", "why"), [
    ("", {}, "is empty"),
    ("\n# nothing\n", {}, "holds no line of numbers"),
    ("k,C,error\n", {}, "holds no line of numbers"),
    (line(0, 1, 0.1), {}, "k* of point 1 is 0: it must be above zero; leave that point out"),
    (line(-5, 1, 0.1), {}, "k* of point 1 is -5: it must be above zero"),
    (line(5, 1, -0.1), {}, "error of point 1 is -0.1: it must be above zero"),
    (line(5, 1, 0), {}, "error of point 1 is 0: it must be above zero"),
    (line(5, "nan", 0.1), {}, "value of point 1 is nan: it must be a finite number"),
    (line(5, "-", 0.1), {}, "value of point 1 is nan"),
    (line(5, "inf", 0.1), {}, "value of point 1 is inf"),
    (line("nan", 1, 0.1), {}, "k of point 1 is nan"),
    (line("5 MeV", 1, 0.1), {}, "k of point 1 is nan"),
    (line(15, 1, 0.1), {}, "k* of point 2 is 15: it must increase; sort the points, each k* once"),
    (line("5,1", 1, 0.1), {}, "line 2 has 4 columns, the first has 3"),
    ("k,C,error\n1,1,.1\n20,1,.1", {}, "has 2 points, 3 or more are needed"),
    (PLAIN, {"k_min": 100.0}, "0 points with k* from 100.0 to None MeV/c"),
    # units: what was probably meant
    (rows(K / 1000, C, ERROR), {}, "k* reaches 0.04 MeV/c when read in MeV/c: probably GeV/c (unit=GeV) is meant"),
    (GEV, {"unit": "MeV"}, "probably GeV/c (unit=GeV) is meant"),
    (PLAIN, {"unit": "GeV"}, "k* reaches 4e+04 MeV/c when read in GeV/c: probably MeV/c (unit=MeV) is meant"),
    ("k_GeV,C,error\n" + rows(10 * K, C, ERROR), {}, "probably MeV/c (unit=MeV) is meant"),
    (PLAIN, {"unit": "fm"}, "k* reaches 7893 MeV/c when read in fm⁻¹: probably MeV/c (unit=MeV) is meant"),
    (rows(K / 100, C, ERROR), {}, "probably GeV/c (unit=GeV) or fm⁻¹ (unit=fm) is meant"),
    (PLAIN, {"unit": "keV"}, "unit must be one of MeV, GeV, fm, got 'keV'"),
    (PLAIN, {"variable": "q"}, "variable must be one of kstar, Q, got 'q'"),
    (PLAIN, {"systematic": "yes"}, "systematic must be one of uncorrelated, correlated, ignored"),
    (PLAIN, {"covariance": Path("m.csv"), "covariance_holds": "all"}, "covariance_holds must be one of total, statistical"),
    # columns
    ("x,C,error\n" + THREE, {}, "does not tell whether 'x' is k* or Q = 2 k*: say variable=kstar or variable=Q"),
    ("a,b,c\n" + THREE, {}, "has no column for k: name it with columns.k=NAME, one of 'a', 'b', 'c'"),
    ("k,C,model\n" + THREE, {}, "has no column for error: name it with columns.error=NAME"),
    ("k,a,error\n" + THREE, {}, "has no column for C"),
    ("k,C,CF,error\n" + rows(K, C, C, ERROR), {}, "several columns may be C: choose with columns.C=NAME, one of 'C', 'CF'"),
    ("k,C,error,err\n" + rows(K, C, ERROR, ERROR), {}, "several columns may be error"),
    (PLAIN, {"columns": {"C": "D"}}, "has no column 'D' for C, but 'k', 'C', 'error'"),
    (PLAIN, {"columns": {"value": "C"}}, "columns.value is unknown: choose from k, low, high, C, error, systematic"),
    (rows(K, C, ERROR, ERROR), {}, "name it with columns.k=NAME, one of '1', '2', '3', '4'"),
    (PLAIN + "\nk,C,error\n" + THREE, {}, "has 2 tables, choose one with table=NUMBER: 1 ('C'), 2 ('C')"),
    # counts
    (rows(K, 1000 * C, ERROR), {}, "these look like counts (1750, …), not C(k*): divide same by mixed events"),
    (rows(K, np.array([0.0, 7.0, 60.0, 400.0]), ERROR), {}, "these look like counts"),
    # other files
    (b"\x7fELF\0\0\1", {}, "is a binary file"),
    (b"root\0\0\xf3\xff", {}, "is a ROOT file; csv, HEPData's yaml and json (unpacked), and .root are read"),
    (b"\x89HDF\r\n\x1a\n", {}, "is a HDF5 file"),
    (gzip.compress(PLAIN.encode(), mtime=0), {}, "is a gzip file"),
    ("<!DOCTYPE html><html><body>Sign in</body></html>", {}, "is a web page, not a table; download the file itself"),
    ("\n <HTML>\n", {}, "is a web page"),
    ("<?xml version='1.0'?>", {}, "is a web page"),
    ("lorem ipsum dolor\nsit amet", {}, "holds no line of numbers"),
    ("k,C,error\n" + '"' + "x" * 200_000 + '",1,1', {}, "line 2 is no line of a table"),
])  # fmt: skip
def test_text(stored: Store, content: str | bytes, settings: dict[str, Any], why: str) -> None:
    assert why in message_of(stored(content, **settings))


def changed(change: Callable[[dict[str, Any]], Any]) -> str:
    content = hepdata()
    change(content)
    return yaml.safe_dump(content)


def first(content: dict[str, Any]) -> dict[str, Any]:
    return content["dependent_variables"][1]["values"][0]


BOMB = "a: &a [x, x]\n" + "\n".join(
    f"{new}: &{new} [*{old}, *{old}]" for old, new in itertools.pairwise("abcdefghijklmnop")
)
NONE = "is no HEPData table of independent_variables and dependent_variables"


@pytest.mark.parametrize(("content", "why"), [
    ("- 1\n- 2", NONE),
    ("text", NONE),
    ("name: x", "holds 0 tables, choose one with table=NAME: none with independent_variables"),
    ("independent_variables: 3\ndependent_variables: 4", NONE),
    ("independent_variables: []\ndependent_variables: []", "choose the correlation function"),
    ("values: {}\nheaders: []", NONE),
    ("a: [1, 2", "cannot be read as yaml at line"),
    ("a: !!python/object/apply:os.system ['true']", "cannot be read as yaml at line"),
    ("a: !!python/name:os.system", "cannot be read as yaml at line"),
    ("independent_variables: !custom {}", "cannot be read as yaml at line"),
    ("? [a]\n: 1", "cannot be read as yaml"),
    ("a: " + "9" * 5000, "cannot be read as yaml"),
    ("a: 2024-13-45", "cannot be read as yaml"),
    ("[" * 5000 + "]" * 5000, "is nested, aliased or merged as no table is"),
    ("a: &a {x: 1}\nb: {<<: *a}", "is nested, aliased or merged as no table is"),
    ("a: &a 1\nb: [" + "*a," * 20_000 + "]", "is nested, aliased or merged as no table is"),
    (BOMB, "holds 0 tables"),
    (BOMB + "\nindependent_variables: *p\ndependent_variables: *p", NONE),
    (changed(lambda c: c["dependent_variables"][1]["values"].pop()), "its variables have different lengths, 3 of"),
    (changed(lambda c: c["independent_variables"][0].pop("header")), NONE),
    (changed(lambda c: first(c).update(value=[1])), "value of point 1 is nan"),
    (changed(lambda c: first(c).update(value=True)), "value of point 1 is nan"),
    (changed(lambda c: first(c).update(value=int("9" * 400))), "value of point 1 is inf"),
    (changed(lambda c: first(c).pop("value")), NONE),
    (changed(lambda c: first(c).update(errors=3)), NONE),
    (changed(lambda c: first(c)["errors"].pop(0)), "error of point 1 is nan"),
    (changed(lambda c: first(c)["errors"][0].update(symerror=-0.1)), "error of point 1 is -0.1: it must be above zero"),
    (changed(lambda c: first(c)["errors"][0].pop("symerror")), NONE),
    (changed(lambda c: [v.pop("errors") for v in c["dependent_variables"][1]["values"]]), "has no column for error"),
    (changed(lambda c: c["independent_variables"][0]["header"].update(name="PT", units="GEV")), "does not tell whether"),
    (changed(lambda c: c["independent_variables"].append(c["independent_variables"][0])), "several columns may be k"),
])  # fmt: skip
def test_yaml(stored: Store, content: str, why: str) -> None:
    assert why in message_of(stored(content, "mine.yaml"))


@pytest.mark.parametrize(("content", "why"), [
    ("{", "cannot be read as json at line 1"),
    ("[]", NONE),
    ("[" * 200_000, "cannot be read as json"),
    ("NaN", NONE),
    (json.dumps(of_the_site() | {"values": []}), NONE),
    (json.dumps(of_the_site() | {"headers": [{"name": "k", "colspan": 10**9}]}), NONE),
    (json.dumps(of_the_site() | {"values": [{"x": [], "y": []}]}), NONE),
])  # fmt: skip
def test_json(stored: Store, content: str, why: str) -> None:
    assert why in message_of(stored(content, "mine.json"))


def test_files_that_are_none(stored: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert message_of(CorrelationFile(str(tmp_path / "none.csv"))) == "no such file"
    assert "none of the tables that are shipped: star_antipp_2015" in message_of(
        CorrelationFile(str(tmp_path / "none"))
    )
    assert message_of(CorrelationFile(str(tmp_path))) == "is not a regular file"
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.csv", PLAIN)
    assert "is a zip file" in message_of(CorrelationFile(str(tmp_path / "a.zip")))
    for name in ("mine.root", "mine.json"):
        assert message_of(stored("", name)) == "is empty"
    monkeypatch.setattr(table, "MAX_BYTES", 20)
    assert "the limit is" in message_of(stored(PLAIN))


DRESSES = {"mine.csv": PLAIN, "mine.yaml": yaml.safe_dump(hepdata()), "mine.json": json.dumps(of_the_site())}


@pytest.mark.parametrize("name", DRESSES)
def test_damage(stored: Store, name: str) -> None:
    """A file that is cut, or has a foreign byte, is read or refused in one line."""
    whole = DRESSES[name].encode()
    places = range(0, len(whole), max(1, len(whole) // 20))
    for at, byte in itertools.product(
        places, (b"", b"\0", b"\xff", b"-", b",", b"\n", b'"', b"&", b"*a", b"{")
    ):
        broken = whole[:at] + byte + whole[at + 1 :] if byte else whole[:at]
        try:
            stored(broken, name).load()
        except DataError as error:
            assert str(error).isprintable() and len(str(error)) < 700, error
