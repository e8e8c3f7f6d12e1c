"""Options and settings in any order, and settings of swept groups."""

from __future__ import annotations

import pytest

from hadronlab.cli.arguments import hydra_arguments, is_multirun, split
from hadronlab.errors import ConfigError


def test_an_option_that_is_none_is_named() -> None:
    with pytest.raises(ConfigError, match=r"--hepl: no such option; did you mean --help\?"):
        split(["--hepl"])
    with pytest.raises(ConfigError, match=r"--depth: no such option; settings are key=value"):
        split(["seed=1", "--depth=3"])
    for option in ("--multi", "--info=plugins", "-m", "-h"):
        assert split([option]) == ([option], [])


@pytest.mark.parametrize("options", [["--cfg"], ["-cd"], ["--cfg", "jobs"], ["--config", "x"], ["-x"]])
def test_an_option_without_its_value_or_with_a_wrong_one_is_one_line(options: list[str]) -> None:
    with pytest.raises(ConfigError) as error:
        split(["seed=1", *options])
    assert "\n" not in str(error.value) and "see --hydra-help" in str(error.value)


def test_options_may_stand_anywhere() -> None:
    """Hydra itself wants settings after the last option: --config-dir between two of them is an error there."""
    typed = [
        "system=D",
        "--config-dir",
        "mine",
        "interaction=mine",
        "-m",
        "~logger",
        "+interaction.alpha=0.4",
        "seed=1,2",
    ]
    options, settings = split(typed)
    assert options == ["--config-dir", "mine", "-m"]
    assert settings == ["system=D", "interaction=mine", "~logger", "+interaction.alpha=0.4", "seed=1,2"]


@pytest.mark.parametrize("path", ["beta=1.95/conf", "model=3", "system=D,B", "~mine", "resume=x", "a b=c"])
@pytest.mark.parametrize(
    "option", ["--config-dir", "--config-d", "-cd", "--config-path", "-cp", "--experimental-rerun"]
)
def test_what_follows_an_option_is_no_setting(option: str, path: str) -> None:
    assert hydra_arguments(["seed=1,2", option, path, "-m"]) == [option, path, "-m", "seed=1,2"]
    assert hydra_arguments([f"--config-dir={path}", "seed=1"]) == [f"--config-dir={path}", "seed=1"]


def test_a_sweep_is_asked_for_in_short_and_long() -> None:
    assert is_multirun(["-m"]) and is_multirun(["--multirun"]) and is_multirun(["--multi"])
    assert not is_multirun(["--help", "--config-dir", "mine"])


@pytest.mark.parametrize("choice", ["system=D,B", "+system=D,B", "loss=r_correlator,[r_correlator,schrodinger]",
                                    "loss=[r_correlator],[schrodinger]", "system=choice(D,B)"])  # fmt: skip
def test_settings_of_swept_groups_are_kept_for_every_job(choice: str) -> None:
    others = ["seed=1,2", "hydra.sweep.dir=x", "~loss.ridge"]
    assert hydra_arguments(["-m", choice, "model.widths=[8]", *others]) == [
        "-m", choice, "++model.widths=[8]", *others]  # fmt: skip


@pytest.mark.parametrize("arguments", [["-m", "system=D", "model.widths=[8]"], ["system=D,B", "model.widths=[8]"],
                                       ["-m", "loss=[r_correlator,schrodinger]", "loss.ridge.weight=1,2"]])  # fmt: skip
def test_settings_of_groups_that_are_not_swept_stay(arguments: list[str]) -> None:
    assert hydra_arguments(arguments) == arguments


@pytest.mark.parametrize("setting", ["system=tcc", "system=B,tcc", "system=[tcc]"])
def test_a_choice_of_ones_own_is_not_shadowed_silently(tmp_path, setting):
    """Hydra looks for hadronlab's choices first."""
    (tmp_path / "system").mkdir()
    (tmp_path / "system" / "tcc.yaml").write_text("name: mine")
    (tmp_path / "system" / "mine.yaml").write_text("name: mine")
    with pytest.raises(ConfigError, match=r"system=tcc: .*tcc\.yaml has the name of a choice of hadronlab's"):
        hydra_arguments(["--config-dir", str(tmp_path), setting])
    for other in ("system=mine", "system=B", "system.name=tcc"):
        assert hydra_arguments(["--config-dir", str(tmp_path), other])[-1] == other
