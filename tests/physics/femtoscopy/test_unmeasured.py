"""What brackets the channels whose force is unknown: ³S₁ of NΩ, between no force, a hard wall and a black disc."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from hadronlab.physics.femtoscopy.pair import pair_weights
from hadronlab.physics.femtoscopy.sources import Gaussian
from hadronlab.physics.femtoscopy.unmeasured import black_disc, hard_wall

BRACKETS = {"hard_wall": hard_wall, "black": black_disc}


@pytest.mark.parametrize("R", [0.8, 1.2])
@pytest.mark.parametrize("name", BRACKETS)
def test_reference(reference: dict[str, Any], published, momenta, name: str, R: float) -> None:
    entry, source = reference["d_potentials"]["n_omega"], Gaussian(R)
    expected, k = entry["coulomb"][f"R={R}"], momenta(entry["k_MeV"])
    pair = published("n_omega", charged=True)
    calculation = pair.koonin_pratt(source, k)
    terms = calculation.background(source.density)
    changes = {
        1.0: BRACKETS[name](k, source, 2.0, pair.bohr),
        2.0: calculation.change(pair.resolvent, source.density),
    }
    for found, key in (
        (terms[0] + changes[1.0], f"C_3S1_{name}_2fm"),
        (pair_weights(0.5, 1.5)(*terms, changes), f"C_pair_averaged_3S1_{name}"),
    ):
        reference_C = torch.tensor(expected[key], dtype=torch.float64)
        assert float(((found - reference_C) / reference_C.clamp(min=1)).abs().max()) < 1e-7


def test_a_wall_of_no_radius_changes_nothing() -> None:
    k = torch.tensor([0.2, 0.9], dtype=torch.float64)
    size = [float(hard_wall(k, Gaussian(1.0), radius).abs().max()) for radius in (1e-2, 1e-3)]
    assert size[1] < 0.11 * size[0] < 0.01
