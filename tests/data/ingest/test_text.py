"""Text tables as Fortran programs, spreadsheets and other systems write them."""

from __future__ import annotations

import bz2
import gzip
import lzma
from pathlib import Path

import numpy as np
import pytest

from hadronlab.data.ingest.text import read_text
from hadronlab.errors import DataError

T, RADIUS = [8, 9, 10], [0.5, 1.25]
VALUES = np.array([[1.5, -2.25e-3], [0.125, 3e4], [1e-103, 7.0]])
PLAIN = "\n".join(
    f"{t} {r} {value!r}"
    for t, row in zip(T, VALUES.tolist(), strict=True)
    for r, value in zip(RADIUS, row, strict=True)
)
DECIMAL_COMMAS = PLAIN.replace(".", ",")
SAME = {
    "plain": PLAIN,
    "D exponents": PLAIN.replace("e", "D").replace("-0.00225", "-2.25D-03").replace("30000.0", "3.d4"),
    "an exponent of three digits": PLAIN.replace("1e-103", "1.0-103"),
    "quadruple precision": PLAIN.replace("e", "Q"),
    "comments": "! by hand\n% MATLAB\n# numpy\n" + PLAIN.replace("\n", " ! first, with a comma; and more\n"),
    "a mark of byte order": "\ufeff" + PLAIN,
    "a Latin-1 comment": ("# R\u00f6mer, \u00b5\n" + PLAIN).encode("latin-1"),
    "UTF-16": PLAIN.encode("utf-16"),
    "CRLF": PLAIN.replace("\n", "\r\n") + "\r\n",
    "tabs": PLAIN.replace(" ", "\t"),
    "csv": PLAIN.replace(" ", ","),
    "csv with blanks": PLAIN.replace(" ", ", "),
    "csv with names": "t,r,R\n" + PLAIN.replace(" ", ","),
    "csv with quotes": PLAIN.replace(" ", '","').replace("\n", '"\n"').join('""'),
    "csv with a last comma": PLAIN.replace(" ", ",").replace("\n", ",\n") + ",",
    "names": "time radius value\n" + PLAIN,
    "semicolons": PLAIN.replace(" ", ";"),
    "decimal commas": DECIMAL_COMMAS,
    "decimal commas and tabs": DECIMAL_COMMAS.replace(" ", "\t"),
    "decimal commas and semicolons": "t;r;R\n" + DECIMAL_COMMAS.replace(" ", "; "),
    "a typographic minus": PLAIN.replace("-", "\u2212"),
    "gzip": gzip.compress(PLAIN.encode()),
    "bzip2": bz2.compress(PLAIN.encode()),
    "xz": lzma.compress(PLAIN.encode()),
}
SUFFIX = {"gzip": ".gz", "bzip2": ".bz2", "xz": ".xz"}


def stored(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("case", SAME)
def test_the_same_numbers_in_every_dress(tmp_path: Path, case: str) -> None:
    (table,) = read_text(stored(tmp_path / f"a.dat{SUFFIX.get(case, '')}", SAME[case]), "wall")
    assert table.source == "wall" and table.t.tolist() == T and table.error is None
    np.testing.assert_array_equal(table.radius, RADIUS)  # type: ignore[arg-type]
    np.testing.assert_array_equal(table.values, VALUES)


REFUSED = {
    "commas of two kinds": (PLAIN.replace(" ", ", ", 1).replace(".", ","), "may be decimal points"),
    "decimal commas between commas": (DECIMAL_COMMAS.replace(" ", ", "), "write points in numbers"),
    "thousands": (PLAIN.replace("30000.0", "30,000.0"), "may be decimal points"),
    "points, commas and semicolons": (
        DECIMAL_COMMAS.replace(" ", ";") + "\n11;0.5;1",
        "points, commas and semicolons",
    ),
    "an empty field": (
        PLAIN.replace(" ", ",").replace("1.25", "", 1),
        "not a table of numbers (line 2: '' is no number)",
    ),
    "a word": ("# first\n\n" + PLAIN.replace("7.0", "seven"), "(line 8: 'seven' is no number)"),
    "a short line": (PLAIN + "\n11 0.5", "(line 7 has 2 columns, the first has 3)"),
    "infinity": ("# comment\n" + PLAIN.replace("7.0", "inf"), "line 7 holds a number that is not finite"),
    "names alone": ("t r R", "holds no line of numbers"),
    "a control character": (PLAIN.replace("7.0", "\x1b[2J"), "is no number"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_clear_is_told(tmp_path: Path, case: str) -> None:
    content, message = REFUSED[case]
    with pytest.raises(DataError) as error:
        read_text(stored(tmp_path / "a.dat", content), "wall")
    assert message in str(error.value) and str(error.value).isprintable()


@pytest.mark.parametrize("suffix", SUFFIX.values())
def test_damaged_compression(tmp_path: Path, suffix: str) -> None:
    whole = next(SAME[case] for case, ending in SUFFIX.items() if ending == suffix)
    assert isinstance(whole, bytes)
    middle = bytes(255 - byte for byte in whole[20:40])
    for content in (b"text", whole[:-5], whole[:20] + middle + whole[40:]):
        with pytest.raises(DataError, match=r"cannot be read|not a table of numbers|needs the columns"):
            read_text(stored(tmp_path / f"a{suffix}", content), "wall")
