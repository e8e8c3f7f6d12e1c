"""A flat vector as the gradient of a model, for an optimizer to step along."""

from __future__ import annotations

from torch import Tensor, nn


def set_gradient(model: nn.Module, vector: Tensor) -> None:
    """Write a flat vector (P,) into the gradients of the parameters."""
    parameters = list(model.parameters())
    for p, part in zip(parameters, vector.split([p.numel() for p in parameters]), strict=True):
        p.grad = part.reshape(p.shape).to(p)
