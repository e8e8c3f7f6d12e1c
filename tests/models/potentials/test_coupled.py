"""Models of coupled channels: their symmetries, their derivatives, what is refused."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from hadronlab.errors import ConfigError
from hadronlab.models.potentials.coupled_local import LocalMatrix, TensorLocal
from hadronlab.models.potentials.coupled_nonlocal import KernelMatrix, PairNetwork, Unrestricted
from hadronlab.models.potentials.hybrid import Hybrid
from hadronlab.models.potentials.local import LocalGaussians
from hadronlab.models.potentials.low_rank import LowRank
from hadronlab.models.potentials.potential import Potential
from hadronlab.models.potentials.sdnn import sdnn_joint
from hadronlab.optim.slopes import FlatPotential, Slopes
from hadronlab.physics.forces.tensor_force import TensorForce

R = torch.linspace(0.2, 3.0, 6, dtype=torch.float64)


def filled(model: Potential, seed: int = 1) -> Potential:
    """With random parameters."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_()
    return model


def local(*exponents: float) -> LocalGaussians:
    return LocalGaussians(exponents)


def kernels(network: bool, orbital: list[int] | None = None) -> KernelMatrix:
    diagonal = (lambda: sdnn_joint((3,), (2,))) if network else (lambda: LowRank((0.5, 2.0)))
    between = PairNetwork((3,)) if network else Unrestricted((0.5, 2.0))
    return KernelMatrix([diagonal(), between, diagonal()], orbital)


def hybrid(network: bool = False) -> Potential:
    return filled(Hybrid(LocalMatrix([local(1.0), local(1.0), local(2.0)]), kernels(network), support=2.5))


@pytest.mark.parametrize("network", [False, True])
def test_a_kernel_is_symmetric_in_channels_and_radii_together(network: bool) -> None:
    model = hybrid(network)
    U = model.on_grid(R, R).detach()
    assert U.shape == (2, 2, 6, 6) and torch.allclose(U, U.permute(1, 0, 3, 2), rtol=1e-14, atol=0)
    assert not torch.allclose(U[0, 1], U[0, 1].T, rtol=1e-2)
    assert U[..., R > 2.5].abs().max() == 0
    pairwise = model(R[:, None], R[None, :]).detach()
    assert torch.allclose(U, pairwise, rtol=1e-13, atol=1e-15)
    V = model.local(R).detach()
    assert V.shape == (2, 2, 6) and torch.equal(V, V.transpose(0, 1))


@pytest.mark.parametrize("network", [False, True])
def test_derivatives_are_those_of_differences(network: bool) -> None:
    flat = FlatPotential(hybrid(network))
    theta = torch.cat([p.detach().reshape(-1) for p in flat.model.parameters()])
    slopes = Slopes.at(flat, theta, R)
    dU, dV = slopes.pairs(torch.arange(6), slice(0, 6)), slopes.local(R)
    assert dU.shape == (2, 2, 6, 6, len(theta)) and dV.shape == (2, 2, 6, len(theta))
    along, step = torch.randn_like(theta), 1e-6

    def at(x: float) -> tuple[Tensor, Tensor]:
        U, V = flat(theta + x * along, R, R)
        assert U is not None and V is not None
        return U, V

    for slope, ahead, behind in zip((dU, dV), at(step), at(-step), strict=True):
        want = (ahead - behind) / (2 * step)
        # differences of 1e-6: rounding eps/step and curvature step²
        assert torch.allclose(slope @ along, want, rtol=1e-6, atol=1e-7 * float(want.abs().max()))


def test_the_waves_of_a_tensor_force() -> None:
    """S12 and L·S are those of the known force, and V_T vanishes at the origin."""
    model = filled(TensorLocal(local(1.0), local(2.0), local(3.0)))
    assert isinstance(model, TensorLocal)
    found = {name: V.detach() for name, V in model.functions(R).items()}

    class Given:
        def __init__(self, name: str) -> None:
            self.name = name

        def __call__(self, r: Tensor) -> Tensor:
            return found[self.name]

    known = TensorForce(*(Given(name) for name in ("V_C", "V_T", "V_LS")))  # type: ignore[arg-type]
    assert torch.allclose(model.local(R), known.local(R), rtol=1e-14)
    near = {name: V.item() for name, V in model.functions(torch.tensor([1e-4]).double()).items()}
    assert abs(near["V_T"]) < 1e-7


def test_waves_of_higher_l_begin_with_their_powers() -> None:
    small = torch.tensor([1e-3, 2e-3], dtype=torch.float64)
    U = filled(kernels(False, [0, 2])).on_grid(small, small).detach()
    assert float(U[0, 1, 0, 1] / U[0, 1, 0, 0]) == pytest.approx(4.0, rel=1e-4)  # r'²
    assert float(U[1, 1, 1, 1] / U[1, 1, 0, 0]) == pytest.approx(16.0, rel=1e-4)  # r² r'²


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: LocalMatrix([local(1.0)] * 4), "two channels have three"),
        (lambda: LocalMatrix([LowRank()] * 3), "made of local potentials of one channel, got LowRank"),
        (lambda: KernelMatrix([local(1.0)] * 3), "made of kernels of one channel, got LocalGaussians"),
        (lambda: LocalMatrix([local(1.0)] * 3, orbital=[0]), "give l of each of 2 channels"),
        (lambda: Hybrid(local(1.0), kernels(False), support=2.0), "parts of 1 and 2 channels"),
        (lambda: TensorLocal(local(1.0), local(1.0), J=0), "J is 1 or more"),
    ],
)
def test_what_is_refused(build: object, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build()  # type: ignore[operator]
