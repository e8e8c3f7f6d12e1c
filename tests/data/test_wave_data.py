"""What WaveData accepts."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from hadronlab.data.separable import separable_wave_data
from hadronlab.data.wave_data import WaveData
from hadronlab.errors import DataError


@pytest.fixture
def data() -> WaveData:
    return separable_wave_data(n_momenta=3, n_radii=12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"r": torch.zeros(12)}, "increase strictly"),
        ({"r": torch.ones(3)}, r"r must have shape \(12,\)"),
        ({"weight": torch.ones(11)}, "weight must have shape"),
        ({"lhs": torch.full((1, 3, 12), torch.nan)}, "lhs holds a value that is not finite"),
        ({"amplitude": torch.ones(3, 12)}, "amplitude must be"),
        ({"error": torch.zeros(3, 12)}, "error must be positive"),
        ({"equation": torch.zeros(12, dtype=torch.bool)}, "at least one true row"),
        ({"labels": ("a",)}, "labels needs one entry"),
        ({"momenta": torch.ones(4)}, "momenta must have shape"),
        ({"reduced_mass": -1.0}, "must be positive"),
    ],
)
def test_inconsistent_fields_are_refused(data: WaveData, change: dict, message: str) -> None:
    with pytest.raises(DataError, match=message) as error:
        replace(data, **change)
    assert "\n" not in str(error.value)


def test_to(data: WaveData) -> None:
    part = data.to(dtype=torch.float32)
    assert part.labels == data.labels
    assert part.amplitude.dtype == torch.float32 and part.equation.dtype == torch.bool
    torch.testing.assert_close(part.lhs[0, 0].double(), data.lhs[0, 0], rtol=1e-6, atol=1e-7)
    assert data.n_bins == 0 and data.rows.tolist() == list(range(12))
