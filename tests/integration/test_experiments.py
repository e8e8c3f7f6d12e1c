"""Every experiment that is shipped runs from its first step to its result, smaller and for a few steps."""

from __future__ import annotations

import json
import os
from math import prod
from pathlib import Path

import pytest
from omegaconf import OmegaConf
from processes import run

from hadronlab.config.groups import choices
from hadronlab.data.ingest.raw.convert import convert_raw

CONF = Path(__file__).parents[2] / "conf"
DATA = Path(os.environ.get("HADRONLAB_DATA", Path(__file__).parents[2] / "../shared/data")).resolve()

POTENTIAL = ["trainer.max_epochs=2"]
GROUND_STATE = ["trainer.max_steps=2", "sampler.n_walkers=40", "sampler.sweeps=2", "task.burn_in=4", "task.evaluation_walkers=40",
                "task.evaluation_samples=80"]  # fmt: skip
PUBLISHED = [f"schedule.stages.{stage}.n_walkers=40" for stage in ("rough", "finer", "final")]


def smaller(experiment: str) -> list[str]:
    """The settings that leave an experiment its parts and take its length."""
    if not experiment.startswith("deepquark/"):
        return POTENTIAL
    return (
        [*GROUND_STATE, *PUBLISHED, "schedule.compare_samples=80"]
        if experiment.endswith("recipe")
        else GROUND_STATE
    )


def swept(experiment: str) -> dict[str, list[str]]:
    """What its file sweeps over: every value where that is one setting, two of each where the jobs are their products."""
    file = OmegaConf.load(CONF / "experiment" / f"{experiment}.yaml")
    params = OmegaConf.select(file, "hydra.sweeper.params") or {}
    values = {str(key): str(text).split(",") for key, text in params.items()}
    return values if len(values) < 2 else {key: some[:2] for key, some in values.items()}


@pytest.mark.slow
@pytest.mark.parametrize("experiment", choices("experiment"))
def test_an_experiment_comes_to_its_results(experiment: str, tmp_path: Path) -> None:
    values, log = swept(experiment), tmp_path / "log"
    arguments = [f"experiment={experiment}", *smaller(experiment), "quiet=true", f"hydra.run.dir={tmp_path}/run",
                 f"hydra.sweep.dir={tmp_path}/sweep"]  # fmt: skip
    if experiment.startswith("xixi"):
        file = DATA / "xixi_1s0_L64.h5"
        if not file.exists() or not (DATA / "xixi_raw").exists():
            pytest.skip("the public lattice files are not here")
        if experiment.startswith("xixi_3s1"):
            file = tmp_path / "xixi_3s1.h5"
            convert_raw(DATA / "xixi_raw", file, spin="3s1", bin_size=2)
        arguments.append(f"data.path={file}")
    if values:
        arguments += ["--multirun", *(f"{key}={','.join(some)}" for key, some in values.items())]
    assert run(arguments, log) == 0, log.read_text()
    results = [json.loads(path.read_text()) for path in tmp_path.glob("*/**/result.json")]
    assert len(results) == prod(map(len, values.values())), log.read_text()
    for result in results:
        assert {"loss_final", "energy"} & set(result["observables"])
