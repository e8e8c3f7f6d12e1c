"""`hadronlab-average`: runs that differ in their choices become one number."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from average_coverage import candidates, fits, measured

from hadronlab import api, average
from hadronlab.errors import ConfigError
from hadronlab.estimates.estimate import Estimate, Part
from hadronlab.estimates.model_average import weights
from hadronlab.observables.results import Results
from hadronlab.run.directory.results import write_results


def make_run(directory: Path, value: float, chi2: float, override: str) -> Path:
    """A finished run with 20 bins of 1/a0."""
    (directory / ".hydra").mkdir(parents=True)
    (directory / ".hydra" / "overrides.yaml").write_text(f"- seed=1\n- {override}\n", encoding="utf-8")
    bins = value + 0.02 * np.random.default_rng(3).normal(size=20)
    numbers = {
        "lattice_chi2": chi2,
        "lattice_points": 100.0,
        "lattice_points_effective": 10.0,
        "fit_parameters": 4.0,
    }
    results = Results(
        {
            "inverse_scattering_length": Estimate(value, "fm⁻¹", {"lattice": Part(bins, "jackknife")}),
            **{name: Estimate(number) for name, number in numbers.items()},
        }
    )
    write_results(directory, results, system="xixi", task="inverse", status="ok", seed=1)
    return directory


def test_a_sweep_is_averaged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sweep").mkdir()
    for i, (value, chi2) in enumerate([(-0.9, 100.0), (-1.0, 100.0), (-5.0, 1000.0)]):
        make_run(tmp_path / "sweep" / str(i), value, chi2, f"data.times=[{12 + i}]")
    found = api.average([tmp_path / "sweep"], "inverse_scattering_length")["inverse_scattering_length"]
    assert found.value == pytest.approx(-0.95, abs=0.01) and set(found.parts) == {"lattice", "models"}
    monkeypatch.setattr(
        "sys.argv", ["hadronlab-average", str(tmp_path / "sweep"), "--figures", str(tmp_path / "figures")]
    )
    average.main()
    shown = capsys.readouterr().out
    assert "data.times=[13]" in shown and "seed=1" not in shown
    assert "inverse_scattering_length = -0.95" in shown and "models 0.05" in shown
    assert (tmp_path / "figures" / "inverse_scattering_length.png").stat().st_size > 5000


def test_the_page_of_a_sweep_has_the_average(tmp_path: Path) -> None:
    for i, (value, chi2) in enumerate([(-0.9, 100.0), (-1.0, 100.0)]):
        make_run(tmp_path / str(i), value, chi2, f"data.times=[{12 + i}]")
    api.summarise(tmp_path)
    page = (tmp_path / "sweep.html").read_text(encoding="utf-8")
    assert "Average over the choices" in page and "average of inverse_scattering_length" in page
    assert page.count("<td>0.500</td>") == 2 and "models 0.05" in page
    (tmp_path / "1" / "result.json").unlink()  # one is no average
    api.summarise(tmp_path)
    assert "Average over" not in (tmp_path / "sweep.html").read_text(encoding="utf-8")


def test_mistakes_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(tmp_path / "run", 1.0, 1.0, "seed=2")
    with pytest.raises(ConfigError, match="holds neither a finished run nor a sweep"):
        api.average([tmp_path / "nothing"], "inverse_scattering_length")
    monkeypatch.setattr("sys.argv", ["hadronlab-average", str(run), "--of", "scatering_length"])
    with pytest.raises(SystemExit) as ended:
        average.main()
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "no estimate 'scatering_length'" in said
    content = json.loads((run / "result.json").read_text(encoding="utf-8"))
    del content["observables"]["lattice_chi2"]
    (run / "result.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ConfigError, match="has no lattice_chi2: average runs whose loss is r_correlator"):
        api.average([run], "inverse_scattering_length")


@pytest.mark.slow
def test_twice_as_many_radii_do_not_change_the_weights() -> None:
    """Of the same lattice in steps of a/2 and a/4, by nine fits. Counted as they are, the points would square them."""
    coarse, dense = (candidates(fits(measured(1, step), ["wall"]), "effective_range") for step in (0.5, 0.25))
    assert dense[0].points == pytest.approx(2 * coarse[0].points, abs=2)
    assert dense[0].chi2 > 1.8 * coarse[0].chi2
    few, many = weights(coarse), weights(dense)
    assert many == pytest.approx(few, abs=0.02)
    as_independent = [replace(one, effective_points=one.points) for one in dense]
    assert np.abs(weights(as_independent) - few).max() > 0.5
