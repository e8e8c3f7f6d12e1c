"""The C++ files of this folder, each compiled once for this processor where there is a compiler.

CXX names the compiler, c++ by default; CXX= leaves all work to torch. What torch was told of the processor
(ATEN_CPU_CAPABILITY) holds here too. Every kernel has a twin in torch, which works without.
"""

from __future__ import annotations

import ctypes
import hashlib
import logging
import os
import shlex
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from hadronlab.config.cache_directory import private_directory

FLAGS = {  # by torch's name of the instruction set: bytes of a vector, and options. Without FMA torch is faster.
    "AVX2": (32, ["-mavx2", "-mfma"]),
    "AVX512": (64, ["-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mfma"]),
}
TYPES = {torch.float64: "double", torch.float32: "float"}
log = logging.getLogger(__name__)
integer = ctypes.c_int64


def at(x: Tensor) -> ctypes.c_void_p:
    return ctypes.c_void_p(x.data_ptr())


def integers(numbers: Sequence[int]) -> ctypes.Array[ctypes.c_int64]:
    return (ctypes.c_int64 * len(numbers))(*numbers)


def library_of(name: str) -> ctypes.CDLL | None:
    """NAME.cpp for this processor; None: not to be had."""
    return compiled(name, torch.backends.cpu.get_cpu_capability())


@cache
def compiled(name: str, capability: str) -> ctypes.CDLL | None:
    """NAME.cpp for a processor of this capability, from the cache if it was compiled before; None: not to be had."""
    compiler = shlex.split(os.environ.get("CXX", "c++"))
    if capability not in FLAGS or not compiler:
        return None
    here = Path(__file__).parent
    vector, flags = FLAGS[capability]
    options = ["-std=c++17", "-O3", "-fPIC", "-shared", *flags, f"-DVECTOR={vector}"]
    digest = hashlib.sha256(repr((compiler, options)).encode())
    for source in (here / f"{name}.cpp", *sorted(here.glob("*.h"))):
        digest.update(source.read_bytes())
    with tempfile.TemporaryDirectory(prefix="hadronlab-") as scratch:
        folder = private_directory("compiled") or Path(scratch)
        library = folder / f"{name}-{digest.hexdigest()[:32]}.so"
        made = library.with_suffix(f".{os.getpid()}")
        try:
            if not library.exists():
                command = [*compiler, *options, str(here / f"{name}.cpp"), "-o", str(made)]
                subprocess.run(command, check=True, capture_output=True, timeout=120)
                made.replace(library)
            return ctypes.CDLL(str(library))
        except (OSError, subprocess.SubprocessError) as error:
            log.debug("%s.cpp is not compiled, torch does its work: %s", name, error)
            made.unlink(missing_ok=True)
            return None
