"""What the two starting factors of the joint network do."""

from __future__ import annotations

import torch

from hadronlab.models.potentials.sdnn import sdnn_joint


def test_initial_scale_shrinks_every_parameter() -> None:
    torch.manual_seed(5)
    plain = sdnn_joint([6], [5, 4])
    torch.manual_seed(5)
    small = sdnn_joint([6], [5, 4], initial_scale=0.5)
    for a, b in zip(plain.parameters(), small.parameters(), strict=True):
        torch.testing.assert_close(b, 0.5 * a)


def test_last_layer_scales_the_kernel() -> None:
    r = torch.linspace(0.1, 2.0, 7, dtype=torch.float64)
    torch.manual_seed(5)
    plain = sdnn_joint([6], [5, 4], scale=30.0)
    torch.manual_seed(5)
    small = sdnn_joint([6], [5, 4], scale=30.0, last_layer=0.01)
    torch.testing.assert_close(small.on_grid(r, r), 0.01 * plain.on_grid(r, r))
