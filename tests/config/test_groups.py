"""Every system, experiment and choice of a group that is shipped composes, passes the checks, and is trusted in a run directory."""

from __future__ import annotations

from pathlib import Path

import pytest
from omegaconf import OmegaConf

from hadronlab.api import composed
from hadronlab.config.check import check
from hadronlab.config.groups import choices, groups
from hadronlab.config.messages import one_line, user_errors
from hadronlab.config.shipped import place_of
from hadronlab.run.directory.trust import read_run_config

# what a user has to give, where the shipped files leave it open
GIVEN = {
    "system=multiquark": ["system.quarks=c c u~ d~", "system.spin=1", "system.isospin=0"],
    "model=gaussians": ["system=tcc"],
    "system=hadron": ["system.hadron=D"],
    "experiment=atlas": ["system.hadron=D"],
    "experiment=atlas_p_waves": ["system.hadron=D"],
    "system=lattice": ["data.path=mine.h5"],
    "system=xixi": ["data.path=mine.h5"],
    "system=coupled": ["data.path=mine.h5"],
    "system=xixi_3s1": ["data.path=mine.h5"],
    "experiment=xixi_3s1_best": ["data.path=mine.h5"],
    "experiment=xixi_best": ["data.path=mine.h5"],
    "experiment=xixi_convex": ["data.path=mine.h5"],
    "system=pair": ["system.mass1=938.3", "loss.correlation.data.path=mine.csv"],
    "loss=correlation": ["loss.correlation.data.path=mine.csv"],
    "measurement@loss.correlation.data=file": ["loss.correlation.data.path=mine.csv"],
    "observables=volume_prediction": ["observables.volume_prediction.path=mine.h5"],
    "source@loss.correlation.source=table": ["loss.correlation.source.path=mine.dat"],
}
# runs of either kind, with data of either kind and with particles of either kind: a choice fits one of them
RUNS = [f"system={name}" for name in ("omega_ccc", "nucleon", "separable", "tcc", "positronium", "lattice")]
RUNS += ["loss=correlation", "experiment=n_omega_joint", "model=gaussians"]
FITTED: dict[
    str, str
] = {}  # by group, which of them took its last choice: it is the first to be offered the next one
OTHERS = [(place_of(group), choice) for group in groups() if group not in ("base", "system", "experiment") for choice in choices(group)]  # fmt: skip


def may_stand(directory: Path, choice: str, *others: str) -> None:
    """Composed, checked, recorded as a run records it, and read again."""
    config = composed(*others, choice, *GIVEN.get(choice, ()))
    check(config)
    text = OmegaConf.to_yaml(config, resolve=True)
    (directory / "config.yaml").write_text(text, encoding="utf-8")
    assert read_run_config(directory / "config.yaml") == OmegaConf.create(text)


@pytest.mark.parametrize("system", choices("system"))
def test_every_system(system: str, tmp_path: Path) -> None:
    may_stand(tmp_path, f"system={system}")


@pytest.mark.parametrize("experiment", choices("experiment"))
def test_every_experiment(experiment: str, tmp_path: Path) -> None:
    may_stand(tmp_path, f"experiment={experiment}")


@pytest.mark.slow
@pytest.mark.parametrize(("group", "choice"), OTHERS, ids=map("=".join, OTHERS))
def test_every_choice_fits_some_run(
    group: str, choice: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLURM_JOB_ID", "1")
    refused = []
    for run in sorted(RUNS, key=lambda run: run != FITTED.get(group)):
        try:
            may_stand(tmp_path, f"{group}={choice}", run, *GIVEN.get(run, ()))
            FITTED[group] = run
            return
        except user_errors() as error:
            refused.append(f"{run}: {one_line(error)}")
    pytest.fail("\n".join(refused))


@pytest.mark.parametrize("launcher", ["joblib_devices", "slurm_ddp", "slurm_one_gpu"])
def test_every_launcher(launcher: str) -> None:
    check(composed(f"hydra/launcher={launcher}"))
