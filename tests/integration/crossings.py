"""Counts what makes a device and its host wait for each other, on the second device that a machine without one has.

A number that is read (`float`, `bool`, `tolist`), a size that depends on numbers (a boolean index), a copy from one to the
other: each lets a GPU run dry. Operations that do so inside, such as `multinomial`, are known by their names.
"""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from second_device import DEVICE, INDEXED, Remote, watchers
from torch import Tensor

PACKAGE = Path(__file__).parents[2] / "hadronlab"
READS = {
    "aten::_local_scalar_dense", "aten::nonzero", "aten::masked_select", "aten::equal", "aten::multinomial",
    "aten::_unique2", "aten::unique_dim", "aten::repeat_interleave", "aten::_linalg_eigh",
}  # fmt: skip


@contextlib.contextmanager
def crossings() -> Iterator[Counter[str]]:
    """How often each function of the package reads a number of the second device, or copies from or to it."""
    found: Counter[str] = Counter()

    def watch(name: str, args: Any, kwargs: Any) -> None:
        if number := _number(name, args, kwargs):
            found[_caller()] += number

    watchers.append(watch)
    try:
        yield found
    finally:
        watchers.remove(watch)


def _number(name: str, args: Any, kwargs: Any) -> int:
    if name == "aten::copy_":
        return int(isinstance(args[0], Remote) != isinstance(args[1], Remote))
    if name == "aten::_to_copy":
        there = kwargs.get("device")
        return int(there is not None and (torch.device(there) == DEVICE) != isinstance(args[0], Remote))
    if name in INDEXED:
        indices = [x for x in args[1] if isinstance(x, Tensor)]
        return sum(x.dtype == torch.bool or (x.dim() > 0 and not isinstance(x, Remote)) for x in indices)
    return int(name in READS)


def _caller() -> str:
    """The innermost function of the package on the stack, or else where the step was called."""
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
        if frame.f_code.co_filename.startswith(str(PACKAGE)):
            return f"{Path(frame.f_code.co_filename).relative_to(PACKAGE)}: {frame.f_code.co_qualname}"
    return "outside of the package"
