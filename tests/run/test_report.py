"""The table at the end of a run, as wide as a terminal, and its result files."""

import h5py
import numpy as np
from rich.console import Console

from hadronlab.observables.observables import Observables, Quantity
from hadronlab.run.directory.results import write_results
from hadronlab.run.report import end_table


def table(capsys, observables: Observables, width: int = 80) -> str:
    end_table(observables, "x", Console(width=width))
    return capsys.readouterr().out


def test_eighty_columns_show_names_and_numbers_in_full(capsys):
    name, quantity = "color_fraction.(6)10-(6bar)10bar", Quantity(0.19987, 0.00045)
    found = Observables(
        {"energy": Quantity(28796.573, 0.012, "MeV"), name: quantity, "samples": Quantity(1e6)},
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
        "reference: a calculation",
        "[1/2]",
    ):
        assert text in shown
    assert "…" not in shown and max(map(len, shown.splitlines())) <= 80
    assert "0.19987(45)" in table(capsys, found, width=60)  # the name is folded, no number is


def test_sources_are_numbered_where_there_are_several(capsys):
    found = Observables(
        {"scattering_length": Quantity(1.57, 0.01, "fm"), "effective_range": Quantity(0.57, None, "fm")},
        reference={"scattering_length": {"value": 1.57, "source": "here"},
                   "effective_range": {"value": "0.5 to 0.6", "source": "there"}},
    )  # fmt: skip
    shown = table(capsys, found)
    assert "1.57 fm¹" in shown and "0.5 to 0.6²" in shown and "¹ here" in shown and "² there" in shown


def test_an_unbound_system_says_so_in_its_row(capsys):
    found = Observables(
        {"energy": Quantity(6020.0, 0.1, "MeV"), "threshold": Quantity(6010.5, None, "MeV", "A B")}
    )
    assert any(
        "binding_energy" in row and "no bound state" in row for row in table(capsys, found).splitlines()
    )
    assert "reference" not in table(capsys, found)


def test_arrays_say_their_unit_and_what_their_rows_are(tmp_path):
    density = Observables(
        arrays={"pair_density": np.ones((2, 5))},
        units={"pair_density": "1/fm"},
        labels={"pair_density": ["c-c", "c-q~"]},
    )
    write_results(tmp_path, density, system="x")
    with h5py.File(tmp_path / "result.h5") as file:
        attributes = dict(file["pair_density"].attrs)
    assert attributes["unit"] == "1/fm" and list(attributes["rows"]) == ["c-c", "c-q~"]
