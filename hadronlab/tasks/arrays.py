"""Arrays within a state, which a checkpoint holds as tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor


def tensors_of(state: Any) -> Any:
    """Arrays as tensors, tuples as lists."""
    if isinstance(state, dict):
        return {key: tensors_of(value) for key, value in state.items()}
    if isinstance(state, tuple | list):
        return [tensors_of(value) for value in state]
    return torch.tensor(state) if isinstance(state, np.ndarray) else state


def arrays_of(state: Any) -> Any:
    """Tensors as arrays."""
    if isinstance(state, dict):
        return {key: arrays_of(value) for key, value in state.items()}
    if isinstance(state, list):
        return [arrays_of(value) for value in state]
    return state.numpy() if isinstance(state, Tensor) else state
