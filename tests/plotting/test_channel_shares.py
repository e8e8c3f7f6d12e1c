"""The picture of channels over the distance of their hadrons."""

import numpy as np
import pytest

from hadronlab.estimates.estimate import Estimate, Part
from hadronlab.observables.results import Results
from hadronlab.plotting.channel_shares import channel_densities


@pytest.mark.parametrize("states", [("",), ("", ".0", ".1")])
def test_a_panel_a_state_with_the_channels_that_are_there(states):
    r = np.linspace(0.05, 10, 60)
    rows = np.stack([np.exp(-r), 1e-4 * np.exp(-r), 0.1 * np.exp(-r)])
    part = Part(1.1 * rows[None], "systematic")
    results = Results()
    for k in states:
        shares = dict(zip(("B B*", "B* B*", "B_s B_s*"), rows.sum(1) * (r[1] - r[0]), strict=True))
        results.estimates |= {f"channel_share.{name}{k}": Estimate(x) for name, x in shares.items()}
        results.estimates[f"channel_distance{k}"] = Estimate(r, "fm")
        parts = {"walkers": part} if k else {}
        results.estimates[f"channel_density{k}"] = Estimate(rows, "1/fm", parts, rows=tuple(shares))
    axes = channel_densities(results).axes
    assert len(axes) == max(1, len(states) - 1)
    for ax in axes:
        assert [line.get_label().split()[0] for line in ax.lines] == [
            r"$\mathrm{B\,B^{*}}$",
            r"$\mathrm{B_{s}\,B_{s}^{*}}$",
        ]
        assert 5 < ax.get_xlim()[1] < 9  # e^{-7} = 0.001
    assert channel_densities(Results()) is None
