"""What six quarks on a command line bring with them."""

import pytest

from hadronlab.config.brought import with_brought

SIX = ["system=multiquark", "system.quarks='u u d d s s'", "system.spin=0", "system.isospin=0"]


def model_of(settings):
    return [s for s in settings if s.startswith("model=")]


@pytest.mark.parametrize("settings", [SIX, [*SIX, "model=equivariant"], ["system.quarks=c c c b b b"]])
def test_six_quarks_bring_the_network_that_needs_no_sum_over_permutations(settings):
    found = with_brought(settings)
    assert model_of(found) == ["model=equivariant"] and found[-len(settings) :] == settings
    assert {"sampler.n_walkers", "trainer.max_steps", "task.target_error"} <= {
        s.partition("=")[0] for s in found
    }


@pytest.mark.parametrize(
    "settings",
    [
        ["system=multiquark", "system.quarks=c c u~ d~"],
        ["system=multiquark", "system.quarks=u u d c c~"],
        [*SIX, "model=invariant"],
        [*SIX, "model=equivariant,invariant"],
        [*SIX, "experiment=of_ones_own"],  # may choose a model
    ],
)
def test_others_bring_nothing(settings):
    assert with_brought(settings) == settings


def test_the_command_line_goes_before():
    found = with_brought([*SIX, "trainer.max_steps=7", "sampler.n_walkers=50"])
    assert "trainer.max_steps=800" not in found and sum("n_walkers" in s for s in found) == 1
    assert model_of(with_brought([*SIX, "model=gaussians"])) == ["model=gaussians"]
