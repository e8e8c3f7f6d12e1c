"""What the DeepQuark network sees of a channel: one-hot vectors of its colour, spin and isospin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from hadronlab.models.wavefunctions.cartesian import CartesianInputs

if TYPE_CHECKING:
    from hadronlab.systems.few_body import FewBodySystem


def one_hot_channels(system: FewBodySystem) -> Tensor:
    """(n_channels, n_labels) one-hot vectors of colour, spin and isospin side by side, as Table 5 counts
    them.

    Leptons carry none; quarks the colour where there is more than one singlet, the spin, and the isospin
    where there are light quarks.
    """
    color, spin, isospin = system.channel_indices.T
    used = []
    if system.color_labels:
        used = [color] * (len(system.color_labels) > 1) + [spin]
        used += [isospin] * any(flavor.startswith("q") for flavor in system.flavors)
    blocks = [torch.nn.functional.one_hot(column).double() for column in used]
    return torch.cat(blocks, 1) if blocks else torch.zeros(system.n_channels, 0, dtype=torch.float64)


def input_basis(inputs: CartesianInputs, one_hot: Tensor) -> Tensor:
    """Orthonormal, (inputs + labels + 1, k), of what the inputs, the labels and 1 span: the centre of mass rests, and
    every one-hot vector adds up to 1."""
    centred = torch.linalg.qr(inputs.directions)[0]
    labels = torch.cat([one_hot, torch.ones(len(one_hot), 1).double()], 1)
    _, size, rows = torch.linalg.svd(labels, full_matrices=False)
    identity = torch.eye(len(inputs.first), dtype=torch.float64)
    axes = torch.einsum("ik,xy->ixky", centred, torch.eye(3).double()).reshape(inputs.n_coordinates, -1)
    return torch.block_diag(axes, identity, rows[size > 1e-10 * size[0]].T)
