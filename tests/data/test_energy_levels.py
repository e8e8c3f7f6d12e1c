"""Tables of levels from elsewhere, and what is said of those that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from hadronlab.data.energy_levels import EnergyLevel, momentum, read_levels
from hadronlab.errors import DataError


def levels(folder: Path, text: str, **settings: str) -> list[EnergyLevel]:
    path = folder / "levels.csv"
    path.write_text(text, encoding="utf-8")
    return read_levels(path, **settings)


def test_a_table(tmp_path: Path) -> None:
    found = levels(
        tmp_path,
        '# a paper\nL,frame,Ecm,error\n48,"0 0 1",1.2,0.1\n48,P001,1.3,0.2\n64,"(0,0,-1)",1.4,0\n',
    )
    assert [level.d for level in found] == [(0, 0, 1), (0, 0, 1), (0, 0, -1)]
    assert [level.name for level in found] == ["001 L48 n0", "001 L48 n1", "00-1 L64 n0"]
    assert [level.value.error for level in found] == [pytest.approx(0.1), pytest.approx(0.2), None]
    assert {level.quantity for level in found} == {"Ecm"} and found[0].length == 48


def test_errors_of_different_rows_are_independent(tmp_path: Path) -> None:
    one, two = levels(tmp_path, "k2;low;high\n0,5;0,4;0,8\n1;0,9;1,1\n".replace(",", "."))
    assert one.value.error == pytest.approx(0.2)
    assert one.value.covariance(two.value)[0, 0] == 0


def test_bins_are_shared(tmp_path: Path) -> None:
    one, two = levels(tmp_path, "dE\tbin1\tbin2\tbin3\n5\t4\t5\t6\n7\t6\t7\t8\n", resampling="bootstrap")
    assert one.value.error == pytest.approx(1.0)
    assert one.value.covariance(two.value)[0, 0] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("# nothing\n", "no line of a table"),
        ("k2,error\n", "no level"),
        ("level,error\n1,2\n", "name one column k2, E, Ecm or dE"),
        ("k2,E,error\n1,2,3\n", "several of them"),
        ("k2,k2,error\n1,2,3\n", "names a column twice"),
        ("k2,sigma\n1,2\n", "the column 'sigma' is unknown; known are frame"),
        ("k2,error\n1\n", "line 2 has 1 columns, the heading has 2"),
        ("k2,error\n1,0.1\nx,0.1\n", "line 3: k2 is 'x', which is no number"),
        ("k2,error\nnan,0.1\n", "no number"),
        ("k2,error\n1,-0.1\n", "is negative"),
        ("frame,k2\n01,1\n", "the frame '01' is not three whole numbers"),
        ("k2,bin1\n1,2\n", "one bin"),
        ("PK\x03\x04", "zip file"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_line(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        levels(tmp_path, text)
    line = str(error.value)
    assert said in line and "\n" not in line and line.startswith(str(tmp_path))


def test_names_of_frames() -> None:
    assert momentum("P011") == momentum("0,1,1") == momentum("[0 1 1]") == (0, 1, 1)
    assert momentum("0 0 -2") == (0, 0, -2)
    assert momentum("1") is momentum("0111") is momentum("PSQ1") is None
