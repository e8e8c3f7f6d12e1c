"""The table at the end of a run, as wide as a terminal, and its result files."""

import json

import h5py
import numpy as np
import pytest
from rich.console import Console

from hadronlab.errors import DataError
from hadronlab.estimates.estimate import Estimate, Part
from hadronlab.observables.results import Results
from hadronlab.run.directory.results import read_estimate, write_results
from hadronlab.run.report import end_table


def table(capsys, observables: Results, width: int = 80) -> str:
    end_table(observables, "x", Console(width=width))
    return capsys.readouterr().out


def test_eighty_columns_show_names_and_numbers_in_full(capsys):
    name, quantity = "color_fraction.(6)10-(6bar)10bar", Estimate.quoted(0.19987, 0.00045)
    found = Results(
        {"energy": Estimate.quoted(28796.573, 0.012, "MeV"), name: quantity, "samples": Estimate.quoted(1e6)},
        reference={name: {"value": 0.2, "error": 0.001, "source": "a calculation " * 5}},
        warnings=["[1/2] is no markup"],
    )
    shown = table(capsys, found)
    for text in (
        name,
        "0.19987(45)",
        "0.2000(10)",
        "28796.573(12) MeV",
        "1000000",
        "compared with: a calculation",
        "[1/2]",
    ):
        assert text in shown
    assert "…" not in shown and max(map(len, shown.splitlines())) <= 80
    assert "0.19987(45)" in table(capsys, found, width=60)  # the name is folded, no number is


def test_sources_are_numbered_where_there_are_several(capsys):
    found = Results(
        {"scattering_length": Estimate.quoted(1.57, 0.01, "fm"), "effective_range": Estimate.quoted(0.57, None, "fm")},
        reference={"scattering_length": {"value": 1.57, "source": "here"},
                   "effective_range": {"value": "0.5 to 0.6", "source": "there"}},
    )  # fmt: skip
    shown = table(capsys, found)
    assert "1.57 fm¹" in shown and "0.5 to 0.6²" in shown and "¹ here" in shown and "² there" in shown


def test_other_potentials_stand_beside_the_full_one(capsys):
    kinds = ("local", "leading_order", "expansion", "expansion_non_hermitian")
    found = Results({"inverse_scattering_length": Estimate.quoted(0.62, 0.02, "fm⁻¹")})
    for number, kind in enumerate(kinds):
        found.estimates[f"inverse_scattering_length.{kind}"] = Estimate.quoted(
            0.5 + 0.01 * number, 0.02, "fm⁻¹"
        )
    shown = table(capsys, found)
    assert "inverse_scattering_length.local" not in shown and max(map(len, shown.splitlines())) <= 80
    assert all(f"0.5{number}0(20)" in shown for number in range(4)) and "hermitian" in shown


def test_many_values_have_a_row_each(capsys):
    numbers = {f"energy.m_b={k}.5": Estimate.quoted(100.0 + k, 0.1, "MeV", name="B B*") for k in range(9)}
    shown = table(capsys, Results({"energy": Estimate.quoted(104.0, 0.1, "MeV"), **numbers}))
    rows = [line for line in shown.splitlines() if "m_b=" in line]
    assert len(rows) == 9 and "m_b=8.5 (B B*)" in rows[-1] and "108.00(10)" in rows[-1]
    assert "energy [MeV]" in shown and max(map(len, shown.splitlines())) <= 80


def test_an_unbound_system_says_so_in_its_row(capsys):
    found = Results(
        {
            "energy": Estimate.quoted(6020.0, 0.1, "MeV"),
            "threshold": Estimate.quoted(6010.5, unit="MeV", name="A B"),
        }
    )
    assert any(
        "binding_energy" in row and "no bound state" in row for row in table(capsys, found).splitlines()
    )
    assert "reference" not in table(capsys, found)


def test_truth_and_published_values_stand_side_by_side(capsys):
    found = Results(
        {"binding_energy": Estimate.quoted(5.6, 0.1, "MeV")},
        truth={"binding_energy": {"value": 5.629, "source": "the potential"}},
        reference={"binding_energy": {"value": 5.68, "error": 0.77, "source": "a paper"}},
    )
    shown = table(capsys, found)
    assert "5.629 MeV¹" in shown and "5.68(77) MeV²" in shown and "¹ the potential" in shown
    assert found.known("binding_energy") == {"value": 5.629, "source": "the potential"}


def test_arrays_say_their_unit_their_rows_their_errors_and_bins(tmp_path):
    bins = 1.0 + 0.1 * np.arange(8.0)[:, None, None] * np.ones((2, 5))
    density = Estimate(np.ones((2, 5)), "1/fm", {"walkers": Part(bins)}, rows=("c-c", "c-q~"))
    scalar = Estimate(1.5, "fm", {"lattice:L48": Part(bins[:, 0, 0]), "lattice:L64": Part(bins[:, 0, 0])})
    written = Results({"pair_density": density, "radius": scalar, "exact/odd": Estimate(float("nan"))})
    path = write_results(tmp_path, written, system="x")
    with h5py.File(tmp_path / "result.h5") as file:
        attributes = dict(file["pair_density"].attrs)
        assert attributes["unit"] == "1/fm" and list(attributes["rows"]) == ["c-c", "c-q~"]
        np.testing.assert_allclose(file["pair_density_error"][()], density.error, rtol=1e-15)
        np.testing.assert_allclose(file["pair_density_bins"][()], bins, rtol=0)  # copied
        assert file["pair_density_bins"].attrs["kind"] == "jackknife"
        assert file["radius_bins.lattice:L64"].shape == (8,)
    back = read_estimate(tmp_path, "pair_density")
    assert (
        back.unit == "1/fm" and back.rows == density.rows and np.array_equal(back.error, density.error)
    )  # copied
    assert read_estimate(tmp_path, "radius").covariance(scalar)[0, 0] == pytest.approx(scalar.error**2)
    assert read_estimate(tmp_path, "exact/odd").error is None
    with pytest.raises(DataError, match="no estimate 'mass'; it has radius, exact/odd"):
        read_estimate(tmp_path, "mass")
    result = json.loads(path.read_text(), parse_constant=pytest.fail)  # no NaN, no Infinity
    assert result["observables"]["exact/odd"]["value"] is None
    parts = result["observables"]["radius"]["parts"]
    assert result["observables"]["radius"]["error"] == pytest.approx(np.hypot(*parts.values()), rel=1e-12)
