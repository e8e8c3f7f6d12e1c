"""Observables by config: added, left out, with settings of their own, and chosen anew for a run that has ended."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import h5py
import pytest

from hadronlab.api import composed, run
from hadronlab.errors import ConfigError
from hadronlab.run.evaluate import evaluate
from hadronlab.run.global_state import global_state_kept
from hadronlab.run.other_observables import with_observables

SMALL = (
    "system=separable",
    "model=sdnn_uniform",
    "model.depth=1",
    "model.width=4",
    "data.n_radii=24",
    "quiet=true",
)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("done") / "a=b run"
    run(*SMALL, "trainer.max_epochs=3", "~observables.hermiticity", directory=directory)
    return directory


def again(directory: Path, *overrides: str, config_dir: Path | None = None) -> dict[str, float]:
    """Names and values after an evaluation with `overrides`."""
    evaluate(directory, overrides=overrides, config_dir=config_dir)
    result = json.loads((directory / "result.json").read_text())
    assert result["status"] == "ok"
    return {name: entry["value"] for name, entry in result["observables"].items()}


@pytest.mark.parametrize("task", [["system=D"], ["system=D", "model=gaussians"], ["system=separable"]])
def test_those_of_every_task_can_be_chosen_anew(task: list[str], tmp_path: Path) -> None:
    with global_state_kept():
        config = composed(*task, directory=tmp_path)
        kept = set(config.observables)
        assert set(with_observables(config, tmp_path, ["observables=[default]"]).observables) == kept
        if task[0] == "system=D":
            more = with_observables(
                config, tmp_path, ["observables=[default,sensitivity]", "observables.sensitivity.models=[]"]
            )
            assert (
                set(more.observables) == kept | {"sensitivity"} and more.observables.sensitivity.models == []
            )


@pytest.mark.slow
def test_a_run_measures_what_is_chosen(done: Path) -> None:
    config = (done / "config.yaml").read_text()
    assert "hermiticity" not in config and "phase_shifts" in config
    found = again(done)
    assert "scattering_length" in found and "loss_final" in found
    few = again(done, "observables=[training_loss,phase_shifts]", "observables.phase_shifts.at=[0.25,0.5]")
    assert set(few) == {"loss_final", "loss_zero_potential", "phase_shift.0.25", "phase_shift.0.5"}
    with h5py.File(done / "result.h5") as file:
        assert "phase_shift_nonlocal" in file and "U" not in file
    assert few["loss_final"] == pytest.approx(found["loss_final"], rel=1e-12)  # nothing was trained
    less = again(done, "~observables.low_energy", "observables.phase_shifts.at=[0.25]")
    assert "scattering_length" not in less and "phase_shift.0.25" in less and "potential_error" in less
    assert (done / "config.yaml").read_text() == config
    assert set(again(done)) == set(found)


@pytest.mark.slow
@pytest.mark.parametrize("first", [["observables=[femtoscopy]"], ["+observables.femtoscopy={sources:{}}"]])
def test_a_source_is_chosen_for_an_evaluation(done: Path, first: list[str]) -> None:
    """From the shipped choices, of which a run directory may hold none of its own."""
    place = "observables.femtoscopy"
    again(done, *first, f"++{place}._target_=hadronlab.observables.femtoscopy.Femtoscopy", f"++{place}.k=[0.05,0.5]",
          f"++{place}.radii=[2.0]", f"++{place}.points=5", f"+source@{place}.sources.big=levy",
          f"{place}.sources.big.radius=2.0", f"{place}.sources.big.alpha=2.0")  # fmt: skip
    with h5py.File(done / "result.h5") as file:
        C = file["correlation"]
        assert list(C.attrs["rows"]) == ["R = 2", "big"]
        assert C[1] == pytest.approx(C[0], rel=1e-5)
    (done / "source").mkdir()
    (done / "source" / "levy.yaml").write_text("_target_: os.getcwd\n")
    with pytest.raises(ConfigError, match="is no part of a run, and Hydra would read it"):
        again(done, f"+source@{place}.sources.big=levy")
    (done / "source" / "levy.yaml").unlink()
    (done / "source").rmdir()


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["model=sdnn"], "an evaluation takes observables="),
        (["observables=[radii]"], "observables.radii: Radii is for task=vmc"),
    ],
)
def test_what_an_evaluation_cannot_take(done: Path, overrides: Sequence[str], message: str) -> None:
    before = (done / "result.json").read_text()
    with pytest.raises(ConfigError, match=message):
        evaluate(done, overrides=overrides)
    assert (done / "result.json").read_text() == before


@pytest.mark.slow
def test_an_observable_of_a_user_by_target(
    done: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "user_depth.py").write_text(
        "from hadronlab.observables.protocols import PotentialObservable\n"
        "from hadronlab.observables.results import Results\n\n\n"
        "class Depth(PotentialObservable):\n"
        "    def __init__(self, times: float = 1.0) -> None:\n"
        "        self.times = times\n\n"
        "    def observe(self, learned):\n"
        "        depth = self.times * learned.U.flatten(1).amin(1)\n"
        "        return Results({'depth': learned.estimate(depth, learned.kernel_unit)})\n\n"
        "    def draw(self, results, figure):\n"
        "        fig, axes = figure(figsize=(4, 3))\n"
        "        axes.plot([0, 1], [0, results.values['depth']])\n"
        "        return fig\n"
    )
    (tmp_path / "conf" / "observables").mkdir(parents=True)
    (tmp_path / "conf" / "observables" / "depth.yaml").write_text(
        "depth:\n  _target_: user_depth.Depth\n  times: 1.0\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    found = again(
        done, "observables=[default,depth]", "observables.depth.times=2", config_dir=tmp_path / "conf"
    )
    assert found["depth"] < 0 and "scattering_length" in found
    assert (done / "figures" / "depth.png").stat().st_size > 2000
