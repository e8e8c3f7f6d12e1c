"""The compiled kernels of the instruction sets that this processor has."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

import pytest
import torch

from hadronlab.kernels.library import compiled

SUPPORTED: dict[str, Callable[[], bool]] = {
    "AVX2": torch.cpu._is_avx2_supported,
    "AVX512": torch.cpu._is_avx512_supported,
}


def compiled_or_skip(name: str, capability: str) -> ctypes.CDLL:
    if not SUPPORTED[capability]():
        pytest.skip(f"this processor has no {capability}")
    library = compiled(name, capability)
    if library is None:
        pytest.skip("there is no compiler")
    return library
