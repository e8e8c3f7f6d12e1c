"""Matrices of potentials: the operators S12 and L·S by their algebra, Reid's numbers, symmetry."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from hadronlab.errors import HadronlabError
from hadronlab.physics.forces.coupled_separable import CoupledSeparable
from hadronlab.physics.forces.local_potentials import Gaussians
from hadronlab.physics.forces.tensor_force import OnePionTensor, TensorForce, reid_3s1_3d1

ZERO, ONE = Gaussians((0.0,), (1.0,)), Gaussians((1.0,), (0.0,))


def tensor(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.parametrize("J", [1, 2, 5])
def test_operators(J: int) -> None:
    """S12² = 8 − 2 S12 on the triplet; L·S = ½ [J(J+1) − l(l+1) − 2]."""
    s12 = TensorForce(ZERO, ONE, J=J).local(tensor(0.7))[..., 0]
    torch.testing.assert_close(s12 @ s12, 8 * torch.eye(2, dtype=torch.float64) - 2 * s12)
    force = TensorForce(ZERO, ZERO, ONE, J=J)
    expected = [0.5 * (J * (J + 1) - wave * (wave + 1) - 2) for wave in force.orbital]
    assert torch.diagonal(force.local(tensor(0.7))[..., 0]).tolist() == expected


def test_deuteron_waves() -> None:
    force = TensorForce(Gaussians((5.0,), (0.0,)), Gaussians((2.0,), (0.0,)), Gaussians((3.0,), (0.0,)))
    V = force.local(tensor(0.3, 1.0))
    mixed = 2 * math.sqrt(8)
    for i in range(2):
        assert V[..., i].flatten().tolist() == pytest.approx([5.0, mixed, mixed, 5.0 - 4.0 - 9.0])


def test_reid_at_one_radius() -> None:
    """V_C, V_T, V_LS at x = 1 by hand; the tensor force of the pion is c/x-regular: finite over 1/x at r = 0."""
    force, r, e = reid_3s1_3d1(), tensor(1 / 0.7), [math.exp(-n) for n in range(7)]
    assert float(force.central(r)) == pytest.approx(
        -10.463 * e[1] + 105.468 * e[2] - 3187.8 * e[4] + 9924.3 * e[6]
    )
    pion = -10.463 * (7 * e[1] - 15 * e[4])
    assert float(force.tensor(r)) == pytest.approx(pion + 351.77 * e[4] - 1673.5 * e[6])
    assert force.spin_orbit is not None
    assert float(force.spin_orbit(r)) == pytest.approx(708.91 * e[4] - 2713.1 * e[6])
    small = tensor(1e-4)
    assert abs(float(OnePionTensor(1.0, 1.0, 4.0)(small) * small)) == pytest.approx(23.5, rel=1e-2)


def test_separable_kernel_is_symmetric() -> None:
    truth = CoupledSeparable(((-95.0, 70.0), (70.0, -210.0)), (1.9, 2.3))
    r = tensor(0.2, 0.5, 1.1)
    U = truth.nonlocal_part(r[:, None], r)
    assert U.shape == (2, 2, 3, 3)
    torch.testing.assert_close(U, U.transpose(0, 1).transpose(2, 3))
    assert float(U[0, 1, 0, 2]) == pytest.approx(70.0 * math.exp(-1.9 * 0.2 - 2.3 * 1.1))


def test_refusals() -> None:
    with pytest.raises(HadronlabError, match="J=0"):
        TensorForce(ZERO, ZERO, J=0)
    for strengths, ranges in (
        (((1.0, 2.0), (3.0, 1.0)), (1.0, 1.0)),
        (((1.0,),), (1.0, 2.0)),
        (((1.0,),), (-1.0,)),
        ((), ()),
    ):
        with pytest.raises(HadronlabError, match="CoupledSeparable"):
            CoupledSeparable(strengths, ranges)
