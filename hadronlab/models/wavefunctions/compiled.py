"""The passes of `HiddenLayers` by kernels/network.cpp, where it can be compiled."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from hadronlab.kernels.library import TYPES, at, integer, integers, library_of
from hadronlab.models.wavefunctions.hidden_layers import HiddenLayers

if TYPE_CHECKING:
    from hadronlab.models.wavefunctions.dense import DenseNetwork

COMPILED = ("tanh", "silu")  # activations
PART = 512  # columns of one thread, at least


def hidden_layers(network: DenseNetwork, dtype: torch.dtype) -> HiddenLayers:
    """Compiled, where no derivative with respect to the parameters is asked for and the compiled code can be had."""
    library = library_for("network", network, dtype)
    return HiddenLayers(network, dtype) if library is None else CompiledLayers(network, dtype, library)


def library_for(name: str, network: DenseNetwork, dtype: torch.dtype) -> ctypes.CDLL | None:
    """The kernel NAME, where it can do a pass of this network."""
    plain = network.weights[0].device.type == "cpu" and dtype in TYPES and not torch.is_grad_enabled()
    return library_of(name) if plain and network.activation in COMPILED else None


class CompiledLayers(HiddenLayers):
    """Columns are divided among torch's threads; the numbers do not depend on how."""

    def __init__(self, network: DenseNetwork, dtype: torch.dtype, library: ctypes.CDLL):
        super().__init__(network, dtype)
        rows = library.rows()
        self.vector = library.vector()
        self.sizes = [self.layers[0][0].shape[1], *(len(w) for w, _ in self.layers)]
        self.largest = -(-max(self.sizes) // rows) * rows
        self.block = library.value_vectors()
        self.weights = torch.cat([part for w, b in self.layers for part in packed(w, b, rows)])
        self.of_values = getattr(library, f"values_{network.activation}_{TYPES[dtype]}")
        self.of_jets = getattr(library, f"jets_{network.activation}_{TYPES[dtype]}")

    def values(self, first: Tensor, bias: Tensor) -> Tensor:
        first, bias = first.contiguous(), bias.contiguous()
        (_, copies, n), (_, labels, columns) = first.shape, bias.shape
        out = first.new_empty(labels, copies, self.sizes[-1], n)
        arguments = [at(first), at(bias), integer(columns), integer(labels), integer(copies), integer(n)]
        self._run(self.of_values, arguments, self.block, out)
        return out

    def jets(self, value: Tensor, gradient: Tensor, laplacian: Tensor) -> Tensor:
        inputs = [x if x.stride(-1) == 1 else x.contiguous() for x in (value, gradient, laplacian)]
        copies, _, directions, n = gradient.shape
        out = value.new_empty(copies, self.sizes[-1], directions + 2, n)
        pointers = (ctypes.c_void_p * 3)(*(x.data_ptr() for x in inputs))
        strides = [s for x in inputs for s in x.stride()[:-1]]
        arguments = [pointers, integers(strides), integer(directions), integer(copies), integer(n)]
        self._run(self.of_jets, arguments, directions + 2, out)
        return out

    def _run(
        self, function: Callable[..., None], arguments: Sequence[object], vectors: int, out: Tensor
    ) -> None:
        """Call `function` for all columns, with room for two layers of `vectors` vectors a node."""
        half = self.largest * vectors
        sizes, layers = integers(self.sizes), integer(len(self.sizes))

        def part(start: int, stop: int, room: object) -> None:
            span = integer(start), integer(stop)
            function(sizes, layers, at(self.weights), *arguments, *span, room, integer(half), at(out))

        in_parts(out.shape[-1], 2 * half * self.vector, self.vector, part)


def in_parts(n: int, size: int, alignment: int, work: Callable[[int, int, object], None]) -> None:
    """work(start, stop, room) for n columns, divided among torch's threads, each with room of `size` bytes."""
    step = max(PART, -(-n // torch.get_num_threads()))

    def part(start: int) -> None:
        room = ctypes.create_string_buffer(size + alignment)
        aligned = ctypes.c_void_p(-(-ctypes.addressof(room) // alignment) * alignment)
        work(start, min(start + step, n), aligned)

    starts = range(0, n, step)
    if len(starts) > 1:
        with ThreadPoolExecutor(len(starts)) as pool:
            list(pool.map(part, starts))
    elif n:
        part(0)


def packed(weight: Tensor, bias: Tensor, rows: int) -> list[Tensor]:
    """Weights (n_out, n_in) and biases (n_out, 1) with n_out padded to blocks of `rows` outputs, flat."""
    weight = nn.functional.pad(weight, (0, 0, 0, -len(weight) % rows))
    blocks = weight.view(-1, rows, weight.shape[1]).transpose(1, 2)
    return [blocks.reshape(-1), nn.functional.pad(bias[:, 0], (0, -len(bias) % rows))]
