"""A second device on a machine without one: tensors that say they are on `meta` but hold numbers, in the memory of the CPU.

Within `second_device()` every operation that mixes them with tensors of the CPU raises, as it would on a GPU, and all others
give the numbers of the CPU to the last bit: what runs there and agrees will find its tensors where they should be on a GPU.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import pytest
import torch
import torch._dynamo  # it would not be imported with another torch.Generator
from pytorch_lightning.accelerators import CPUAccelerator
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

from hadronlab.models.wavefunctions.at_once import GPU_COLUMNS
from hadronlab.sampling.metropolis import MetropolisSampler

DEVICE = torch.device("meta")
watchers: list[Callable[[str, Any, Any], None]] = []
"""called with the name and the arguments of every operation that sees a tensor of the second device, or makes one"""
INDEXED = ("aten::index", "aten::index_put_", "aten::_index_put_impl_")


class Remote(Tensor):
    """A tensor of the second device; `inner` has its numbers."""

    inner: Tensor

    @staticmethod
    def __new__(cls, inner: Tensor) -> Remote:
        return Tensor._make_wrapper_subclass(  # type: ignore[attr-defined]
            cls, inner.size(), inner.stride(), inner.storage_offset(), dtype=inner.dtype, device=DEVICE
        )

    def __init__(self, inner: Tensor) -> None:
        self.inner = inner

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return dispatch(func, args, kwargs or {})

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self.cpu().__reduce_ex__(protocol)


def dispatch(func: Any, args: Any, kwargs: Any) -> Any:
    """Run an operation on the inner tensors; its result lives where its arguments do, or where it is told to."""
    leaves = tree_leaves((args, kwargs))
    remote = any(isinstance(x, Remote) for x in leaves)
    local = any(isinstance(x, Tensor) and not isinstance(x, Remote) and x.dim() > 0 for x in leaves)
    name = func._schema.name
    if name == "aten::copy_" or (name in INDEXED and isinstance(args[0], Remote)):  # these may mix
        remote = isinstance(args[0], Remote)
    elif remote and local:
        raise RuntimeError(f"{func} mixes two devices")
    if kwargs.get("device") is not None:
        remote = torch.device(kwargs["device"]) == DEVICE
    if remote or any(isinstance(x, Remote) for x in leaves):
        for watch in watchers:
            watch(name, args, kwargs)
    inner_args, inner_kwargs = tree_map(_inner, (args, kwargs))
    out = func(*inner_args, **inner_kwargs)
    if func._schema.is_mutable and isinstance(out, Tensor) and out is inner_args[0]:
        return args[0]
    return tree_map(lambda x: Remote(x) if remote and isinstance(x, Tensor) else x, out)


def _inner(x: Any) -> Any:
    if isinstance(x, Remote):
        return x.inner
    return torch.device("cpu") if isinstance(x, torch.device) else x


class _Dispatch(TorchDispatchMode):
    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return dispatch(func, args, kwargs or {})


class _Functions(TorchFunctionMode):
    """What makes tensors out of Python numbers without an operation that could be seen."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        if func is Tensor.new_tensor:
            device = kwargs.pop("device", args[0].device)
            return torch.tensor(*args[1:], **{"dtype": args[0].dtype, **kwargs}).to(device)
        if func in (torch.tensor, torch.as_tensor) and kwargs.get("device") is not None:
            device = kwargs.pop("device")
            return func(*args, **kwargs).to(device)
        if func == Tensor.data.__get__ and isinstance(args[0], Remote):  # type: ignore[attr-defined]
            return Remote(args[0].inner)
        if func == Tensor.data.__set__ and isinstance(args[0], Remote):  # type: ignore[attr-defined]
            args[0].inner = args[1].inner
            return None
        if func is Tensor.tolist and isinstance(args[0], Remote):
            return args[0].cpu().tolist()
        if func is Tensor.__getitem__ and isinstance(args[0], Remote):
            index = args[1] if isinstance(args[1], tuple) else (args[1],)
            args = (args[0], tuple(torch.tensor(x) if isinstance(x, list) else x for x in index))
        return func(*args, **kwargs)


@contextlib.contextmanager
def second_device() -> Iterator[torch.device]:
    """The device; its random numbers are those of the CPU."""
    generator = torch.Generator
    with patch("torch.Generator", lambda device="cpu": generator()), _Functions(), _Dispatch():
        yield DEVICE


def trains_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a Trainer of the CPU train on the second device, whose tensors know no inference mode."""
    monkeypatch.setattr(
        CPUAccelerator, "setup_device", lambda self, device: None
    )  # it would insist on the CPU
    monkeypatch.setattr(MetropolisSampler, "sample", torch.no_grad()(MetropolisSampler.sample.__wrapped__))


def works_as_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the CPU do the same operations as the second device: nothing compiled, nothing divided to suit a cache."""
    monkeypatch.setattr("hadronlab.models.wavefunctions.compiled.library_of", lambda name: None)
    wavefunctions = (
        f"models.wavefunctions.{user}" for user in ("deepquark", "dense", "hidden_layers", "invariant")
    )
    for user in (*wavefunctions, "sampling.metropolis", "sampling.local_energy"):
        monkeypatch.setattr(
            f"hadronlab.{user}.at_once", lambda x, in_cache, columns: max(1, GPU_COLUMNS // columns)
        )
    monkeypatch.setattr(
        "torch.get_num_threads", lambda: 2
    )  # one thread multiplies by BLAS what others do by blocks
