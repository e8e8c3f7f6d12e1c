"""Weights of spin and statistics against the free reference and against counting states."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from hadronlab.errors import HadronlabError
from hadronlab.physics.femtoscopy.background import Background
from hadronlab.physics.femtoscopy.pair import channel_weights, pair_weights
from hadronlab.physics.femtoscopy.sources import Gaussian
from hadronlab.physics.scattering.quadrature import panels


def test_free_identical_hadrons(reference: dict[str, Any], momenta) -> None:
    for entry in reference["a_free"]:
        source, k = Gaussian(entry["R_fm"]), momenta([entry["k_MeV"]])
        spin = entry["two_s"] / 2
        assert (entry["statistics"] == "fermion") == bool(entry["two_s"] % 2)
        terms = Background(k, *panels(0.0, source.reach, 1.0, 1.0))(source.density)
        found = pair_weights(spin, spin, identical=True)(*terms, {})
        assert float(found) == pytest.approx(entry["C"], abs=1e-13)


def test_two_protons_have_one_half_of_everything() -> None:
    weights = pair_weights(0.5, 0.5, identical=True)
    assert weights.exchange == -0.5 and weights.change == {0.0: 0.5}


def test_two_omegas() -> None:
    """g = 1/16 and 5/16, doubled; the odd spins have no S wave."""
    weights = pair_weights(1.5, 1.5, identical=True)
    assert weights.exchange == -0.25 and weights.change == {0.0: 1 / 8, 2.0: 5 / 8}


@pytest.mark.parametrize("spin", [0.0, 0.5, 1.0, 1.5, 2.0])
def test_exchange_counts_even_minus_odd(spin: float) -> None:
    """Σ_S ±g_S = ±1/(2s + 1), and even channels make ½(1 ± 1/(2s + 1)) of all."""
    weights = pair_weights(spin, spin, identical=True)
    assert sum(weights.change.values()) / 2 == pytest.approx(0.5 * (1 + weights.exchange))
    assert (weights.exchange > 0) == (spin % 1 == 0)


def test_distinguishable_hadrons() -> None:
    weights = pair_weights(0.5, 1.5)
    assert weights.exchange == 0.0 and weights.change == {1.0: 3 / 8, 2.0: 5 / 8}
    one, two = torch.ones(2), torch.tensor([1.0, 2.0])
    torch.testing.assert_close(weights(one, 9 * one, {2.0: two}), one + 0.625 * two)


def test_a_channel_by_itself() -> None:
    assert channel_weights(0.0, identical=True).change == {0.0: 2.0}
    assert channel_weights(2.0).exchange == 0.0


def test_bad_spins_are_refused() -> None:
    with pytest.raises(HadronlabError, match=r"spin 0\.3"):
        pair_weights(0.3, 0.5)
    with pytest.raises(HadronlabError, match="one spin"):
        pair_weights(0.5, 1.5, identical=True)
    with pytest.raises(HadronlabError, match="no S wave of total spin 1"):
        pair_weights(0.5, 0.5, identical=True)(torch.ones(1), torch.ones(1), {1.0: torch.ones(1)})
