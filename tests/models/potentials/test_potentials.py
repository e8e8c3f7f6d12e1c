"""Potential networks: the paper's sizes, exact exchange symmetry, truncation, and one interface for all."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from hadronlab.errors import ConfigError
from hadronlab.models.potentials.hybrid import Hybrid
from hadronlab.models.potentials.local import LocalGaussians, LocalNetwork
from hadronlab.models.potentials.low_rank import LowRank
from hadronlab.models.potentials.potential import Potential
from hadronlab.models.potentials.sdnn import sdnn, sdnn_deep, sdnn_joint, sdnn_uniform

MODELS: dict[str, Callable[[], Potential]] = {
    "sdnn": lambda: sdnn(scale=-0.017),
    "sdnn_deep": sdnn_deep,
    "sdnn_uniform": lambda: sdnn_uniform(depth=2, width=8),
    "sdnn_joint": sdnn_joint,
    "low_rank": lambda: LowRank(learn_exponents=True),
    "hybrid": lambda: Hybrid(LocalGaussians(), sdnn_joint(), support=2.0),
}


def count(model: Potential) -> int:
    return sum(p.numel() for p in model.parameters())


def test_sizes_of_the_paper() -> None:
    assert count(sdnn()) == 1185
    assert count(sdnn_deep()) == 21377


@pytest.mark.parametrize("name", MODELS)
def test_exchange_symmetry_is_exact(name: str) -> None:
    torch.manual_seed(0)
    model, r = MODELS[name](), torch.rand(40, dtype=torch.float64) * 3
    U = model.on_grid(r, r)
    torch.testing.assert_close(U, U.T, rtol=1e-15, atol=1e-15 * float(U.detach().abs().max()))
    torch.testing.assert_close(
        model(r, r.flip(0)), model(r.flip(0), r), rtol=1e-15, atol=1e-15 * float(U.detach().abs().max())
    )


@pytest.mark.parametrize("name", MODELS)
def test_grid_and_pairs_agree(name: str) -> None:
    torch.manual_seed(0)
    model, r = MODELS[name](), torch.linspace(0.05, 3, 17, dtype=torch.float64)
    torch.testing.assert_close(model.on_grid(r[:5], r), model(r[:5, None], r[None, :]))


def test_nothing_acts_beyond_the_support() -> None:
    r = torch.linspace(0.1, 3.0, 30, dtype=torch.float64)
    U = sdnn_joint(support=1.5).on_grid(r, r)
    outside = r > 1.5
    assert not U[outside].any() and not U[:, outside].any() and U[~outside][:, ~outside].all()
    hybrid = Hybrid(LocalGaussians(), sdnn_joint(), support=2.0)
    edge = torch.tensor([1.999], dtype=torch.float64)
    assert abs(float(hybrid(edge, edge * 0.5).detach())) < 1e-4  # smoothly


def test_the_paper_s_network_has_one_sign() -> None:
    r = torch.rand(50, dtype=torch.float64) * 12
    assert (sdnn(scale=-0.017).on_grid(r, r) < 0).all()


def test_local_potentials() -> None:
    model = LocalGaussians(exponents=[1.0, 4.0], scale=10.0)
    with torch.no_grad():
        model.a.copy_(torch.tensor([1.0, -2.0]))
    r = torch.tensor([0.0, 0.5], dtype=torch.float64)
    expected = 10 * (torch.exp(-(r**2)) - 2 * torch.exp(-4 * r**2))
    torch.testing.assert_close(model.local(r), expected)
    assert LocalNetwork().has_local and not LocalNetwork().has_nonlocal


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: sdnn_uniform(depth=0), "depth = 0"),
        (lambda: sdnn(length=-1.0), "length = -1.0"),
        (lambda: sdnn(dtype="float16"), "dtype 'float16'"),
        (lambda: sdnn_joint(head=[]), "needs a hidden layer"),
        (lambda: sdnn(support=0.0), "support = 0.0"),
        (lambda: LowRank(exponents=[-1.0]), "positive"),
        (lambda: Hybrid(sdnn(), sdnn_joint()), "hybrid needs a part with V0"),
        (lambda: Hybrid(LocalGaussians(), sdnn_joint(support=1.0)), "give it as the support of the hybrid"),
    ],
)
def test_bad_settings_are_refused(build: Callable[[], Potential], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build()
