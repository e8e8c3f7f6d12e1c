"""Every experiment that is shipped runs from its first step to its result, smaller and for a few steps."""

from __future__ import annotations

import json
import os
from math import prod
from pathlib import Path

import numpy as np
import pytest
from hydra.utils import instantiate
from omegaconf import OmegaConf
from processes import run

from hadronlab.api import composed
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
    """What its file sweeps over."""
    file = OmegaConf.load(CONF / "experiment" / f"{experiment}.yaml")
    params = OmegaConf.select(file, "hydra.sweeper.params") or {}
    return {str(key): str(text).replace(" ", "").split(",") for key, text in params.items()}


def some(values: dict[str, list[str]]) -> dict[str, list[str]]:
    """Two values of each setting where the jobs are their products, else from the first to the last as many as are soon done."""
    few = 2 if len(values) > 1 else 6
    return {
        key: [every[round(i)] for i in np.linspace(0, len(every) - 1, min(few, len(every)))]
        for key, every in values.items()
    }


@pytest.mark.parametrize(
    "experiment", [one for one in choices("experiment") if "system.hadron" in swept(one)]
)
def test_every_hadron_of_an_atlas_is_known(experiment: str) -> None:
    """The runs below are of some."""
    hadrons = swept(experiment)["system.hadron"]
    system = composed(f"experiment={experiment}", f"system.hadron={hadrons[0]}").system
    for hadron in hadrons:
        made = instantiate(system, hadron=hadron.strip('"'), _convert_="all")
        assert made.L == system.L and made.n_channels > 0


@pytest.mark.slow
@pytest.mark.parametrize("experiment", choices("experiment"))
def test_an_experiment_comes_to_its_results(experiment: str, tmp_path: Path) -> None:
    values, log = some(swept(experiment)), tmp_path / "log"
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
        arguments += ["--multirun", *(f"{key}={','.join(each)}" for key, each in values.items())]
    assert run(arguments, log) == 0, log.read_text()
    results = [json.loads(path.read_text()) for path in tmp_path.glob("*/**/result.json")]
    assert len(results) == prod(map(len, values.values())), log.read_text()
    for result in results:
        assert {"loss_final", "energy"} & set(result["observables"])
