"""A setting of a part that is not chosen says how to choose it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hadronlab.api import composed
from hadronlab.config.check import check
from hadronlab.config.messages import one_line, user_errors
from hadronlab.config.parts import known_parts, not_chosen


@pytest.mark.parametrize(("overrides", "line"), [
    (["system=D", "observables=radii", "observables.densities.bins=9"], "observables.densities is not chosen: observables=[default,densities] adds it"),
    (["system=D", "observables=radii", "+observables.densities.bins=9"], "observables.densities is not chosen: observables=[default,densities] adds it"),
    (["system=D", "observables=radii", "++observables.densities.bins=9"], "observables.densities is not chosen: observables=[default,densities] adds it"),
    (["system=D", "observables=densities", "observables.energy_parts.x=9"],
     "observables.energy_parts is not chosen: observables=[default,energy_parts] adds it"),
    (["system=omega_ccc", "loss=r_correlator", "loss.asymptotic.cutoff=3"], "loss.asymptotic is not chosen: loss=r_correlator_asymptotic adds it"),
    (["system=separable", "loss=schrodinger", "loss.asymptotic.cutoff=3"],
     "loss.asymptotic is not chosen: loss=schrodinger_asymptotic adds it"),
    (["system=omega_ccc", "loss=schrodinger", "loss.ridge.weight=3"], "loss.ridge is not chosen: it is a part of loss=r_correlator_ridge"),
    (["experiment=omega_ccc_best", "loss=r_correlator"], "loss.ridge is not chosen: loss=r_correlator_ridge adds it"),
    (["logger.wandb.project=x"], "logger.wandb is not chosen: logger=wandb adds it"),
    (["optimizer=adam", "optimizer.natural_gradient.shift=1"],
     "optimizer.natural_gradient is not chosen: optimizer=natural_gradient or sr adds it"),
    (["optimizer=adam", "optimizer.scheduler.T_max=3"], "optimizer.scheduler is not chosen: optimizer=adam_cosine adds it"),
    (["system=D", "observables.densitys.bins=3"], "observables.densitys is not a setting: did you mean 'densities'?"),
    (["callbacks.checkpoint.every_n_steps=3"], "callbacks.checkpoint is not a setting: did you mean 'checkpoints'?"),
    (["observables=[default,densitys]"], "observables=densitys is not known: did you mean 'densities'?"),
    (["~observables.densities"], "~observables.densities leaves nothing out: there is no observables.densities here"),
    (["system=omega_ccc", "sampler.n_walkers=9"], "no sampler is chosen here, and only with one has it settings: choose sampler= one of"),
    (["system=D", "loss.asymptotic.cutoff=3"], "no loss is chosen here"),
    (["system=D", "model=deepquark", "model.conditioned_on=[m_Q]"],
     "model.conditioned_on is no setting of what is chosen here: choose model= one of equivariant, invariant"),
])  # fmt: skip
def test_one_line_says_how(overrides: list[str], line: str, tmp_path: Path) -> None:
    with pytest.raises(user_errors()) as error:
        check(composed(*overrides, directory=tmp_path))
    assert one_line(error.value).startswith(line)


def test_what_is_chosen_may_be_set(tmp_path: Path) -> None:
    chosen = [
        "system=D",
        "observables=[default,densities]",
        "observables.densities.bins=9",
        "~observables.radii",
    ]
    config = composed(*chosen, directory=tmp_path)
    check(config)
    assert config.observables.densities.bins == 9 and "radii" not in config.observables


def test_a_group_of_one_class_has_no_parts() -> None:
    assert known_parts("model") == set() and not_chosen("model", "widths", []) is None
    assert {"densities", "phase_shifts"} <= known_parts("observables")
    assert not_chosen("observables", "nothing", []) is None
