"""An optimizer: any torch.optim.Optimizer."""

from collections.abc import Callable, Iterable
from typing import Any

import torch


class SignDescent(torch.optim.Optimizer):
    """θ ← θ − lr · sign(∂L/∂θ)."""

    def __init__(self, params: Iterable[torch.nn.Parameter], lr: float = 1e-2) -> None:
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        loss = None if closure is None else torch.enable_grad()(closure)()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p -= group["lr"] * p.grad.sign()
        return loss
