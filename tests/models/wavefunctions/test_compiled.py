"""The compiled passes through the hidden layers give the numbers of torch's."""

from __future__ import annotations

import pytest
import torch
from kernels import SUPPORTED, compiled_or_skip

from hadronlab.models.wavefunctions.compiled import CompiledLayers, hidden_layers
from hadronlab.models.wavefunctions.dense import DenseNetwork
from hadronlab.models.wavefunctions.hidden_layers import HiddenLayers

ROUNDING = {torch.float64: 1e-13, torch.float32: 2e-5}  # of sums over twenty nodes in three layers


@pytest.fixture(params=SUPPORTED)
def library(request: pytest.FixtureRequest) -> object:
    return compiled_or_skip("network", request.param)


@pytest.mark.parametrize("activation", ["tanh", "silu"])
@pytest.mark.parametrize("dtype", ROUNDING)
@pytest.mark.parametrize(("widths", "outputs"), [((32, 16, 16, 16), 1), ((5, 21, 3), 2), ((7,), 11)])
@pytest.mark.parametrize("n", [1, 37, 700])
@torch.no_grad()
def test_values_and_jets_are_those_of_torch(
    library: object, activation: str, dtype: torch.dtype, widths: tuple[int, ...], outputs: int, n: int
) -> None:
    torch.manual_seed(n)
    network = DenseNetwork(6, widths, outputs, activation=activation)
    for bias in network.biases:
        torch.nn.init.normal_(bias)
    fused, plain = CompiledLayers(network, dtype, library), HiddenLayers(network, dtype)  # type: ignore[arg-type]
    copies, labels, directions = 3, 2, 5
    first = 2.0 * torch.randn(widths[0], copies, n, dtype=dtype)
    for columns in (1, n):
        bias = torch.randn(widths[0], labels, columns, dtype=dtype)
        ours, theirs = fused.values(first, bias), plain.values(first, bias)
        torch.testing.assert_close(ours, theirs, rtol=0, atol=ROUNDING[dtype] * float(theirs.abs().max()))
    jet = torch.randn(widths[0], copies, directions + 2, n, dtype=dtype).transpose(
        0, 1
    )  # strided, as callers have it
    parts = jet[:, :, 0], jet[:, :, 1:-1], jet[:, :, -1]
    ours, theirs = fused.jets(*parts), plain.jets(*parts)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=ROUNDING[dtype] * float(theirs.abs().max()))


@torch.no_grad()
def test_activations_keep_to_their_limits_and_pass_on_what_is_not_a_number(library: object) -> None:
    z = torch.tensor(
        [0.0, 1e-9, 0.3, -0.3, 20.0, -20.0, 400.0, -400.0, 1e6, -1e6, float("inf"), float("nan")]
    ).double()
    for activation, exact in (("tanh", torch.tanh), ("silu", torch.nn.functional.silu)):
        network = DenseNetwork(1, [1], 1, activation=activation)
        network.weights[1].fill_(1.0)
        for dtype in ROUNDING:
            layers = CompiledLayers(network, dtype, library)  # type: ignore[arg-type]
            found = layers.values(z.to(dtype)[None, None], torch.zeros(1, 1, 1, dtype=dtype))[0, 0, 0]
            eps = torch.finfo(dtype).eps
            torch.testing.assert_close(found, exact(z.to(dtype)), rtol=4 * eps, atol=2 * eps, equal_nan=True)


@torch.no_grad()
def test_the_numbers_do_not_depend_on_the_threads(library: object) -> None:
    network = DenseNetwork(4, [8, 8], 1)
    layers = CompiledLayers(network, torch.float64, library)  # type: ignore[arg-type]
    first, bias, threads = (
        torch.randn(8, 2, 3001).double(),
        torch.randn(8, 1, 1).double(),
        torch.get_num_threads(),
    )
    try:
        torch.set_num_threads(1)
        alone = layers.values(first, bias)
        torch.set_num_threads(3)
        torch.testing.assert_close(layers.values(first, bias), alone, rtol=1e-15, atol=1e-15)
    finally:
        torch.set_num_threads(threads)


def test_gradients_and_other_activations_are_left_to_torch() -> None:
    network = DenseNetwork(2, [3], 1)
    assert type(hidden_layers(network, torch.float64)) is HiddenLayers
    with torch.no_grad():
        assert type(hidden_layers(DenseNetwork(2, [3], 1, activation="sine"), torch.float64)) is HiddenLayers
        assert type(hidden_layers(network, torch.bfloat16)) is HiddenLayers


@torch.no_grad()
def test_what_is_kept_while_parameters_stay_is_forgotten_when_they_move() -> None:
    torch.manual_seed(1)
    network, x = DenseNetwork(2, [3], 1), torch.randn(2, 5).double()
    with network.parameters_kept():
        first = network.values(x)
        torch.testing.assert_close(network.values(x), first, rtol=0, atol=0)
        torch.testing.assert_close(network.values(x.float()).double(), first, rtol=1e-5, atol=1e-5)
    network.weights[0].mul_(2.0)
    doubled = network.values(x)
    assert float((doubled - first).abs().max()) > 1e-3
    with network.parameters_kept():
        torch.testing.assert_close(network.values(x), doubled, rtol=0, atol=0)
