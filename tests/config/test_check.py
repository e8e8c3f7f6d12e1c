"""Every kind of bad setting gets one line that names it and says what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf

from hadronlab.api import composed
from hadronlab.config.annotations import describe, fits
from hadronlab.config.check import check
from hadronlab.config.messages import one_line
from hadronlab.config.task_parts import models_for
from hadronlab.errors import ConfigError


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["system=separabl"], "did you mean 'separable'"),
        (["modl=sdnn"], "did you mean 'model'"),
        (["model="], "model= is not known: choose one of deepquark, equivariant, free, gaussians"),
        (
            ["experiment=separable_bes"],
            "experiment=separable_bes is not known: did you mean 'separable_best'?",
        ),
        (
            ["experiment=deepquark"],
            "is a group of its own: choose one of deepquark/leptons, deepquark/recipe",
        ),
        (["experiment=deepquark/tabel4"], "did you mean 'deepquark/table4'?"),
        (
            ["experiment=omega_ccc_best", "loss=r_correlator"],
            "loss.ridge is not chosen: loss=r_correlator_ridge adds it",
        ),
        (["system=tcc", "~sampler"], "sampler names no class, but no run is without it: choose sampler="),
        (["model.scal=3"], "model.scal is not a setting: did you mean 'scale'"),
        (["+model.scal=3"], "model.scal is not a setting of"),
        (["r_max=3"], "r_max is not a setting: did you mean data.r_max"),
        (["model=sdnn_uniform", "model.depth=abc"], "model.depth must be a whole number, got 'abc'"),
        (["model=sdnn_joint", "model.widths=[a,3]"], "model.widths must be a list of a whole number"),
        (["optimizer.optimizer.lr=fast"], "optimizer.optimizer.lr must be a number"),
        (
            ["system=separable", "trainer.max_epochs=many"],
            "trainer.max_epochs must be a whole number or null, got 'many'",
        ),
        (["quiet"], "quiet sets nothing: write quiet=value"),
        (["seed=-1"], "seed=-1: a seed lies between 0 and 4294967295"),
        (["seed=4294967296"], "a seed lies between 0 and"),
        (["+seed=3"], "seed exists already: leave out the plus, seed=…"),
        (["model=sdnn_uniform", "+model.width=3"], "model.width exists already: leave out the plus"),
        (["seed=one"], "seed must be a whole number, got 'one'"),
        (["scales.cutoff=far"], "scales.cutoff must be a number"),
        (["system=D", "+model.width=3"], "did you mean 'widths'"),
        (
            ["system=D", "task=conditioned", "+task.burn_inn=3"],
            "did you mean 'burn_in'",
        ),  # handed on to another class
        (["system=D", "task=conditioned", "task.burn_in=many"], "task.burn_in must be a whole number"),
        (
            ["system=D", "model.widths=many"],
            "model.widths must be a list of a whole number or null, got 'many'",
        ),
        (["system=D", "++optimizer.natural_gradiant.shift=1"], "did you mean 'natural_gradient'"),
        (["system=D", "++callbacks.convergense.min_steps=3"], "callbacks.convergense is not a setting"),
        (["system=lattice"], "data.path is missing"),
        (["model._target_=hadronlab.models.potentials.sdnn.nothing"], "cannot import"),
        (["model=[a,b"], "model=[a,b cannot be read (no viable alternative"),
        (["seed=it's"], "seed=it's cannot be read (LexerNoViableAltException): quote its value"),
        (
            [
                "system=separable",
                "+callbacks.convergence._target_=hadronlab.callbacks.convergence.Convergence",
            ],
            "callbacks.convergence: Convergence is for task=vmc, but system=separable learns a potential from lattice data: "
            "leave out callbacks.convergence",
        ),
        (
            ["task._target_=torch.nn.Linear"],
            "'torch.nn.Linear' is no task: derive it from hadronlab.tasks.base.Task",
        ),
        (["source=levy"], "it stands in a loss, loss=correlation source@loss.correlation.source=levy"),
        (
            [
                "system=n_omega",
                "observables=[default,femtoscopy]",
                "source@observables.femtoscopy.sources.big=levy",
            ],
            "write +source@observables.femtoscopy.sources.big=levy",
        ),
        (["measurement=synthetic"], "measurement@loss.correlation.data=synthetic"),
        (["source@loss.corelation.source=levy"], "loss=correlation source@loss.correlation.source=levy"),
        (["loss=correlation", "source@loss.correlation.source=levi"], "did you mean 'levy'?"),
        (["loss=correlation", "source@loss.correlation.source=3"], "source=3 is not known: choose one of"),
        (
            ["loss=correlation", "measurement@loss.correlation.data=sintetic"],
            "did you mean 'synthetic'?",
        ),
        (["+source=levy"], "source has no place of its own: leave out +source=…"),
        (
            [
                "system=pair",
                "system.mass1=938.3",
                "loss.correlation.data.path=c.csv",
                "loss.correlation.source.radius=abc",
            ],
            "loss.correlation.source.radius must be a number, got 'abc'",
        ),
        (["system=pair"], "system.mass1 is missing: give it a value on the command line, system.mass1=…"),
        (["system=pair", "system.mass1=938.3"], "loss.correlation.data.path is missing: give it a value"),
        (["optimizer.optimizer=null"], "optimizer.optimizer is null, but no run is without it"),
        (["system=jpsi", "sampler._target_=null"], "sampler._target_: cannot import None"),
        *(
            (
                ["system=jpsi", f"{group}=null"],
                f"{group}=null: a group cannot be null; leave it out, or choose",
            )
            for group in ("sampler", "schedule", "optimizer", "model", "callbacks")
        ),
    ],
)
def test_a_bad_setting_is_told_in_one_line(overrides: list[str], message: str) -> None:
    with pytest.raises(Exception) as caught:  # Hydra, OmegaConf or ours: the command catches all of them
        check(composed(*overrides))
    line = one_line(caught.value)
    assert message in line
    assert "\n" not in line


@pytest.mark.parametrize("part", ["sampler", "schedule", "optimizer.optimizer", "model", "callbacks", "task"])
def test_a_part_that_a_file_sets_to_null_is_told(part: str) -> None:
    config = composed("system=jpsi")
    OmegaConf.update(config, part, None)
    with pytest.raises(ConfigError, match=f"{part} is null, but no run is without it: choose"):
        check(config)


@pytest.mark.parametrize("loss", ["schrodinger", "schrodinger_asymptotic"])
@pytest.mark.parametrize("choice", ["system=separable", "experiment=separable_best"])
def test_every_loss_of_wave_functions_passes(choice: str, loss: str) -> None:
    check(composed(choice, f"loss={loss}"))


def test_models_that_build_on_others_are_choices_too() -> None:
    assert models_for("vmc") == ["deepquark", "equivariant", "invariant", "molecular", "unbound"]
    with pytest.raises(ConfigError, match=r"model: Hybrid .* system=tcc .* choose model= one of .*molecular"):
        check(composed("system=tcc", "experiment=xixi_best"))


def test_a_model_of_the_other_task_is_refused() -> None:
    with pytest.raises(
        ConfigError, match=r"for task=inverse, but system=positronium finds .*choose model= one of"
    ):
        check(composed("system=positronium", "model=sdnn"))


@given(
    st.integers()
    | st.floats(allow_nan=False, allow_subnormal=False)
    | st.text()
    | st.booleans()
    | st.none()
    | st.lists(st.integers())
)
def test_a_value_fits_its_own_type_only(value: Any) -> None:
    assert fits(value, Any)
    assert fits(value, int) == (type(value) is int)
    assert fits(value, float) == (type(value) in (int, float))
    assert fits(value, str | None) == (value is None or isinstance(value, str))
    assert fits(value, list[int]) == isinstance(value, list)
    assert fits(value, Literal["a", "b"]) == (value in ("a", "b"))


def test_types_in_words() -> None:
    assert describe(int | None) == "a whole number or null"
    assert describe(Literal["or", "and"]) == "one of or, and"
    assert describe(tuple[float, ...]) == "a list of a number"
    assert describe(Path) == "a path"


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ["model=gaussians", "system=omega_ccc"],
            "or is omega_ccc not made for a run that finds the lowest levels",
        ),
        (["system=D", "model=gaussians", "task=vmc"], "a sweep keeps to models of one task"),
    ],
)
def test_a_model_that_brings_its_task(overrides: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        check(composed(*overrides))
