"""Everything that is shipped in conf/ composes and passes the checks: every system, every experiment, every choice of a group."""

from __future__ import annotations

import pytest

from hadronlab.api import composed
from hadronlab.config.check import check
from hadronlab.config.groups import choices, groups
from hadronlab.errors import HadronlabError

# what a user has to give, where the shipped files leave it open
GIVEN = {
    "system=multiquark": ["system.quarks=c c u~ d~", "system.spin=1", "system.isospin=0"],
    "system=lattice": ["data.path=mine.h5"],
    "system=xixi": ["data.path=mine.h5"],
    "experiment=xixi_best": ["data.path=mine.h5"],
    "experiment=xixi_convex": ["data.path=mine.h5"],
}
# runs of either kind, with data of either kind and with particles of either kind: a choice fits one of them
RUNS = [f"system={name}" for name in ("omega_ccc", "nucleon", "separable", "tcc", "positronium", "lattice")]
OTHERS = [(group, choice) for group in groups() if group not in ("base", "system", "experiment") for choice in choices(group)]  # fmt: skip


@pytest.mark.parametrize("system", choices("system"))
def test_every_system(system: str) -> None:
    choice = f"system={system}"
    config = composed(choice, *GIVEN.get(choice, ()))
    check(config)
    assert config.system.name == system or choice in GIVEN


@pytest.mark.parametrize("experiment", choices("experiment"))
def test_every_experiment(experiment: str) -> None:
    choice = f"experiment={experiment}"
    check(composed(choice, *GIVEN.get(choice, ())))


@pytest.mark.parametrize(("group", "choice"), OTHERS, ids=map("=".join, OTHERS))
def test_every_choice_fits_some_run(group: str, choice: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_JOB_ID", "1")
    refused = []
    for run in RUNS:
        try:
            return check(composed(run, f"{group}={choice}", *GIVEN.get(run, ())))
        except HadronlabError as error:
            refused.append(f"{run}: {error}")
    pytest.fail("\n".join(refused))


@pytest.mark.parametrize("launcher", ["joblib_devices", "slurm_ddp", "slurm_one_gpu"])
def test_every_launcher(launcher: str) -> None:
    check(composed(f"hydra/launcher={launcher}"))
