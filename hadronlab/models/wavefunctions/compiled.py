"""The passes of `HiddenLayers` by network.cpp, compiled once for this processor where there is a compiler.

CXX names the compiler, c++ by default; CXX= leaves all to torch. What torch was told of the processor
(ATEN_CPU_CAPABILITY) holds here too.
"""

from __future__ import annotations

import ctypes
import hashlib
import logging
import os
import shlex
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from hadronlab.config.cache_directory import private_directory
from hadronlab.models.wavefunctions.hidden_layers import HiddenLayers

if TYPE_CHECKING:
    from hadronlab.models.wavefunctions.dense import DenseNetwork

FLAGS = {  # by torch's name of the instruction set; bytes of a vector first. Without FMA torch's products win.
    "AVX2": (32, ["-mavx2", "-mfma"]),
    "AVX512": (64, ["-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mfma"]),
}
TYPES = {torch.float64: "double", torch.float32: "float"}
PART = 512  # columns of one thread, at least
log = logging.getLogger(__name__)


def hidden_layers(network: DenseNetwork, dtype: torch.dtype) -> HiddenLayers:
    """Compiled, where no derivative with respect to the parameters is asked for and the compiled code can be had."""
    weight = network.weights[0]
    plain = weight.device.type == "cpu" and dtype in TYPES and not torch.is_grad_enabled()
    library = compiled(torch.backends.cpu.get_cpu_capability()) if plain else None
    if library is None or not hasattr(library, f"values_{network.activation}_double"):
        return HiddenLayers(network, dtype)
    return CompiledLayers(network, dtype, library)


class CompiledLayers(HiddenLayers):
    """Columns are divided among torch's threads; the numbers do not depend on how."""

    def __init__(self, network: DenseNetwork, dtype: torch.dtype, library: ctypes.CDLL):
        super().__init__(network, dtype)
        rows = library.rows()
        self.vector = library.vector()
        self.sizes = [self.layers[0][0].shape[1], *(len(w) for w, _ in self.layers)]
        self.largest = -(-max(self.sizes) // rows) * rows
        self.block = library.value_vectors()
        self.weights = torch.cat([part for w, b in self.layers for part in _packed(w, b, rows)])
        self.of_values = getattr(library, f"values_{network.activation}_{TYPES[dtype]}")
        self.of_jets = getattr(library, f"jets_{network.activation}_{TYPES[dtype]}")

    def values(self, first: Tensor, bias: Tensor) -> Tensor:
        first, bias = first.contiguous(), bias.contiguous()
        (_, copies, n), (_, labels, columns) = first.shape, bias.shape
        out = first.new_empty(labels, copies, self.sizes[-1], n)
        arguments = [_at(first), _at(bias), _int(columns), _int(labels), _int(copies), _int(n)]
        self._run(self.of_values, arguments, self.block, out)
        return out

    def jets(self, value: Tensor, gradient: Tensor, laplacian: Tensor) -> Tensor:
        inputs = [x if x.stride(-1) == 1 else x.contiguous() for x in (value, gradient, laplacian)]
        copies, _, directions, n = gradient.shape
        out = value.new_empty(copies, self.sizes[-1], directions + 2, n)
        pointers = (ctypes.c_void_p * 3)(*(x.data_ptr() for x in inputs))
        strides = [s for x in inputs for s in x.stride()[:-1]]
        arguments = [pointers, _ints(strides), _int(directions), _int(copies), _int(n)]
        self._run(self.of_jets, arguments, directions + 2, out)
        return out

    def _run(self, function: Callable[..., None], arguments: list[object], vectors: int, out: Tensor) -> None:
        """Call `function` for all columns, in parts, each with room for two layers of `vectors` vectors a node."""
        half, n = self.largest * vectors, out.shape[-1]
        sizes, layers = _ints(self.sizes), _int(len(self.sizes))

        def part(start: int) -> None:
            room = ctypes.create_string_buffer(2 * half * self.vector + self.vector)
            aligned = ctypes.c_void_p(-(-ctypes.addressof(room) // self.vector) * self.vector)
            span = _int(start), _int(min(start + step, n))
            function(sizes, layers, _at(self.weights), *arguments, *span, aligned, _int(half), _at(out))

        step = max(PART, -(-n // torch.get_num_threads()))
        starts = range(0, n, step)
        if len(starts) > 1:
            with ThreadPoolExecutor(len(starts)) as pool:
                list(pool.map(part, starts))
        elif n:
            part(0)


_int = ctypes.c_int64


def _at(x: Tensor) -> ctypes.c_void_p:
    return ctypes.c_void_p(x.data_ptr())


def _ints(numbers: Sequence[int]) -> ctypes.Array[ctypes.c_int64]:
    return (ctypes.c_int64 * len(numbers))(*numbers)


def _packed(weight: Tensor, bias: Tensor, rows: int) -> list[Tensor]:
    """Weights (n_out, n_in) and biases (n_out, 1) with n_out padded to blocks of `rows` outputs, flat."""
    weight = nn.functional.pad(weight, (0, 0, 0, -len(weight) % rows))
    blocks = weight.view(-1, rows, weight.shape[1]).transpose(1, 2)
    return [blocks.reshape(-1), nn.functional.pad(bias[:, 0], (0, -len(bias) % rows))]


@cache
def compiled(capability: str) -> ctypes.CDLL | None:
    """network.cpp for a processor of this capability, from the cache if it was compiled before; None: not to be had."""
    compiler = shlex.split(os.environ.get("CXX", "c++"))
    if capability not in FLAGS or not compiler:
        return None
    vector, flags = FLAGS[capability]
    source = files("hadronlab.models.wavefunctions").joinpath("network.cpp").read_bytes()
    options = ["-std=c++17", "-O3", "-fPIC", "-shared", *flags, f"-DVECTOR={vector}"]
    name = hashlib.sha256(source + repr((compiler, options)).encode()).hexdigest()[:32]
    with tempfile.TemporaryDirectory(prefix="hadronlab-") as scratch:
        folder = private_directory("compiled") or Path(scratch)
        library, made = folder / f"network-{name}.so", folder / f"network-{name}-{os.getpid()}.so"
        try:
            if not library.exists():
                command = [*compiler, *options, "-x", "c++", "-", "-o", str(made)]
                subprocess.run(command, input=source, check=True, capture_output=True, timeout=120)
                made.replace(library)
            return ctypes.CDLL(str(library))
        except (OSError, subprocess.SubprocessError) as error:
            log.debug("network.cpp is not compiled, torch does its work: %s", error)
            made.unlink(missing_ok=True)
            return None
