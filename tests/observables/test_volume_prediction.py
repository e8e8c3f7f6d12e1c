"""A potential that was learned in one box and says what is measured in another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from wells import Known, Short, correlator, learned

from hadronlab.data.lattice import Derivatives, lattice_wave_data
from hadronlab.data.r_correlator import read, write
from hadronlab.errors import ConfigError
from hadronlab.observables.results import Results
from hadronlab.observables.volume_prediction import VolumePrediction
from hadronlab.plotting.style import figure, save, style


class Deeper(Short):
    depth = 1.3 * Short.depth


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The correlators of a box of 16 and of one of 12 sites."""
    folder = tmp_path_factory.mktemp("volumes")
    paths = folder / "L16.h5", folder / "L12.h5"
    for path, side in zip(paths, (16, 12), strict=True):
        write(correlator(side)[0], path)
    return paths


def observed(files: tuple[Path, Path], model: type[Known], **settings: object) -> Results:
    """With time derivatives of fourth order: those of second miss K R by 1.5 %."""
    data = lattice_wave_data(read(files[0]), times=[6], how=Derivatives(4))
    settings = {"time_order": 4} | settings
    return VolumePrediction(files[1], **settings).observe(learned(data, model=model))  # type: ignore[arg-type]


def test_the_potential_behind_both_volumes(files: tuple[Path, Path]) -> None:
    """K R to its time derivatives, C(t) to its third level, which lies above those that count."""
    found = observed(files, Short)
    assert found.scalars["volume_KR_ratio"].value == pytest.approx(1.0, abs=2e-3)
    assert found.scalars["volume_C_ratio"].value == pytest.approx(1.0, abs=5e-3)
    # both volumes have bins, which are independent: the error has both
    ratio = found.estimates["volume_KR_ratio"]
    assert set(ratio.parts) == {"lattice:L16", "lattice:L12"} and ratio.error > 0.01
    assert found.scalars["volume_KR_chi2"].value < 0.1  # no noise, but errors
    C = found.estimates["volume_C_predicted"]
    assert C.rows == ("smeared", "wall") and found.values["volume_t"].tolist() == [7, 8, 9]
    assert C.value == pytest.approx(found.values["volume_C_measured"], abs=5e-4)
    assert found.estimates["volume_V_measured"].rows == ("smeared t=6", "wall t=6")
    assert not found.warnings


def test_another_potential_does_not_predict(files: tuple[Path, Path]) -> None:
    found = observed(files, Deeper)
    assert found.scalars["volume_KR_ratio"].value == pytest.approx(1 / 1.3, abs=0.01)
    assert found.scalars["volume_KR_chi2"].value > 10
    for source in ("wall", "smeared"):
        assert found.scalars[f"volume_C_chi2_{source}"].value > 10


def test_one_source_and_other_times(files: tuple[Path, Path]) -> None:
    found = observed(files, Short, sources=["smeared"], times=[6, 7])
    assert found.estimates["volume_V_measured"].rows == ("smeared t=6", "smeared t=7")
    assert found.estimates["volume_C_measured"].rows == ("smeared",)
    assert "volume_KR_chi2_smeared" not in found.estimates
    assert found.values["volume_t"].tolist() == [7, 8, 9]


def test_a_figure(files: tuple[Path, Path], tmp_path: Path) -> None:
    found = observed(files, Short)
    observable = VolumePrediction(files[1])
    with style():
        assert save(observable.draw(found, figure), tmp_path / "volume.png").stat().st_size > 10_000
    assert observable.draw(Results(), figure) is None


def test_what_is_no_prediction_is_told(files: tuple[Path, Path]) -> None:
    data = lattice_wave_data(read(files[0]), times=[5])
    same = VolumePrediction(files[0]).observe(learned(data, model=Short))
    assert "is what the potential was learned from" in same.warnings[0]
    assert set(same.estimates["volume_KR_ratio"].parts) == {"lattice:L16", "lattice:L16:L16"}
    with pytest.raises(
        ConfigError, match="no such file; give the R-correlator of the volume that was left out"
    ):
        VolumePrediction("nothing.h5")


def test_without_bins(files: tuple[Path, Path], tmp_path: Path) -> None:
    whole, small = (read(path) for path in files)
    for each, name in ((whole, "a.h5"), (small, "b.h5")):
        object.__setattr__(each, "values", {source: R[:1] for source, R in each.values.items()})
        write(each, tmp_path / name)
    data = lattice_wave_data(read(tmp_path / "a.h5"), times=[5])
    found = VolumePrediction(tmp_path / "b.h5").observe(learned(data, model=Short))
    assert found.scalars["volume_KR_ratio"].value == pytest.approx(1.0, abs=2e-3)
    assert (
        "volume_KR_chi2" not in found.estimates and "neither volume has resampling bins" in found.warnings[0]
    )
    assert np.isfinite(found.values["volume_C_predicted"]).all()
