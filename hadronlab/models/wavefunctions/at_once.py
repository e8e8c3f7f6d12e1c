"""How much of its work a pass takes at a time: on a CPU what stays in the cache, on a GPU what fits beside the rest."""

from __future__ import annotations

from torch import Tensor

GPU_COLUMNS = 2**20
"""Columns of a network on a GPU: enough to keep it busy, and at 40 nodes in double precision 0.3 GiB a buffer."""


def at_once(x: Tensor, in_cache: int, columns: int) -> int:
    """How many items to take at a time, each of so many `columns`; `in_cache` on a CPU. x: anything on the device."""
    return in_cache if x.device.type == "cpu" else max(1, GPU_COLUMNS // columns)
