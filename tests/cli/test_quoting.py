"""Values that Hydra's grammar would misread."""

from __future__ import annotations

import pytest

from hadronlab.api import composed
from hadronlab.cli.quoting import quote_values
from hadronlab.errors import ConfigError


@pytest.mark.parametrize(
    "path", ["it's (1).h5", 'a "b" c.h5', "x=1~é.h5", "b\\c.h5", "../plain.h5", "'quoted'"]
)
def test_a_path_needs_no_quotes(path: str) -> None:
    config = composed("system=lattice", f"data.path={path}")
    assert config.data.path == path.strip("'")


def test_paths_that_are_left_to_hydra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/lee")
    assert quote_values(["data.path=~/mine.h5"]) == ["data.path='/home/lee/mine.h5'"]
    assert quote_values(["loss.correlation.data.path=~/c.csv", "loss.correlation.source.path=~/s.dat"]) == [
        "loss.correlation.data.path='/home/lee/c.csv'",
        "loss.correlation.source.path='/home/lee/s.dat'",
    ]
    kept = [
        "data.path=a.h5,b.h5",
        "hydra.run.dir=out/${system.name}",
        "data.path=glob(*)",
        "data.path='it\\'s'",
    ]
    assert quote_values(kept) == kept


def test_particles_on_the_command_line() -> None:
    assert quote_values(["system.quarks=c c u~ d~", "seed=1"]) == ["system.quarks='c c u~ d~'", "seed=1"]
    assert quote_values(["system.quarks=c u~,b u~"]) == ["system.quarks='c u~','b u~'"]
    assert quote_values(["system.quarks=[c,u~]"]) == ["system.quarks=['c','u~']"]
    kept = ["system.quarks='c u~'", "system.quarks=['c','u~']"]
    assert quote_values(kept) == kept


def test_a_number_for_a_group_and_an_argument_without_key() -> None:
    assert quote_values(["model=3", "seed=3", "loss=-inf", "model.depth=3"]) == [
        "model='3'",
        "seed=3",
        "loss='-inf'",
        "model.depth=3",
    ]
    assert quote_values(["source@loss.correlation.source=3"]) == ["source@loss.correlation.source='3'"]
    with pytest.raises(ConfigError, match=r"a group cannot be null; leave it out, or choose source="):
        quote_values(["source@loss.correlation.source=null"])
    with pytest.raises(ConfigError, match=r"'=0.5' names no setting"):
        quote_values(["=0.5"])
