"""Several processes acting as one, for what knows nothing of Lightning."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from hadronlab.errors import HadronlabError


def _same(x: Tensor) -> Tensor:
    return x


@dataclass(frozen=True)
class Processes:
    """How several processes act as one; the default is one process.

    total: sum of a tensor over the processes, on all of them. gather: concatenation along the first axis.
    """

    total: Callable[[Tensor], Tensor] = _same
    gather: Callable[[Tensor], Tensor] = _same
    rank: int = 0
    size: int = 1


ALONE = Processes()


@contextlib.contextmanager
def failing_together(processes: Processes) -> Iterator[None]:
    """Raise a HadronlabError of one process on all of them: the others would wait for it for ever."""
    failure: HadronlabError | None = None
    try:
        yield
    except HadronlabError as error:
        failure = error
    if float(processes.total(torch.tensor([float(failure is not None)]))) > 0:
        raise failure or HadronlabError("the walkers of another process failed")
