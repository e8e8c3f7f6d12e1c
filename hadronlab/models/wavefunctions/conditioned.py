"""One network for a range of Hamiltonians: numbers of H, such as a mass, are inputs beside the distances."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import combinations_with_replacement, product
from math import log
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from hadronlab.errors import ConfigError
from hadronlab.models.wavefunctions.wavefunction import WaveFunction
from hadronlab.systems.parameters import Change, parameter_called

if TYPE_CHECKING:
    from hadronlab.systems.few_body import FewBodySystem
    from hadronlab.systems.threshold import Threshold

FOLLOWING = ("bias", "decay")
"""what the names of the parameters hold that follow the inputs"""


class ConditionedWaveFunction(WaveFunction):
    """ψ(r; p) of a system in which the numbers `names` have values p, from one set of parameters.

    The inputs are x_j = ln p_j, or p_j where a range holds zero, from the system's own values and over the range. Every layer
    and every envelope sees them: biases and decays at p are b + Σ_j x_j u_j + Σ_jk x_j x_k u_jk with weights u of their own. At
    a value p, ψ is then a wave function of the system there, whose parameters θ_p are linear in those of all values; as ψ(r)
    this one is that of the system's own values.

    Args:
        base: that of the system's own values, whose parameters are those at x = 0.
        changes: how the numbers are changed, by name.
        values: (n_names,) each; where it is trained.
    """

    def __init__(
        self, base: WaveFunction, changes: dict[str, Change], values: Sequence[tuple[float, ...]]
    ) -> None:
        super().__init__(base.system)
        self.base, self.changes, self.values = base, changes, list(values)
        self.names, self.conditioned_on = tuple(changes), tuple(changes)
        self.own = tuple(change.value for change in changes.values())
        columns = list(zip(*self.values, self.own, strict=True))
        self._logarithmic = [min(column) > 0 for column in columns]
        self._reach = [1.0] * len(columns)
        self._reach = [
            max(map(abs, column)) or 1.0 for column in zip(*map(self._inputs, self.values), strict=True)
        ]
        flags = [
            torch.full((p.numel(),), any(word in name for word in FOLLOWING))
            for name, p in base.named_parameters()
        ]
        self.register_buffer("following", torch.cat(flags).nonzero()[:, 0], persistent=False)
        shape = len(self.features(self.own)), len(self.get_buffer("following"))
        self.weights = nn.Parameter(torch.zeros(shape, dtype=torch.float64))
        self._members = tuple(self.at(value) for value in self.values)

    def forward(self, r: Tensor) -> Tensor:
        return self.base(r)

    def log_density(self, r: Tensor, channel: Tensor | None = None) -> Tensor:
        return self.base.log_density(r, channel)

    def state(self, index: int) -> WaveFunction:
        return self.base

    @property
    def members(self) -> Sequence[WaveFunction]:
        """Those of `values`, with the parameters that they had when `follow` was last called."""
        return self._members

    def label(self, value: Sequence[float]) -> str:
        """m_b=2.5, and the others behind a comma."""
        return ",".join(f"{name}={number:g}" for name, number in zip(self.names, value, strict=True))

    def threshold_at(self, value: Sequence[float]) -> Threshold | None:
        """The lowest threshold of the system there; None too where it cannot be computed, or does not follow the numbers."""
        if tuple(value) != self.own and not all(change.within for change in self.changes.values()):
            return None
        try:
            return self.system_at(value).lowest_threshold()
        except ConfigError:
            return None

    def system_at(self, value: Sequence[float]) -> FewBodySystem:
        """The system in which the numbers have these values. Raises ConfigError where there is none."""
        system = self.system
        for name, number in zip(self.names, value, strict=True):
            system = parameter_called(system, name, "model.conditioned_on")[1].of(number)
        if not bool((system.masses > 0).all()):
            raise ConfigError(f"{self.label(value)}: masses must be above 0")
        return system

    def at(self, value: Sequence[float]) -> WaveFunction:
        """A copy for these values, with the parameters of now."""
        member = self.base.of(self.system_at(value)).requires_grad_(False).to(self.scale.device)
        self._give(member, value)
        return member

    def follow(self) -> None:
        """Give the members the parameters of now."""
        for member, value in zip(self._members, self.values, strict=True):
            self._give(member, value)

    def _give(self, member: WaveFunction, value: Sequence[float]) -> None:
        own = parameters_to_vector(self.parameters()).detach()
        vector_to_parameters(self.parameters_at(value, own), member.parameters())

    def parameters_at(self, value: Sequence[float], vector: Tensor) -> Tensor:
        """θ_p (P_p,) of those of all values (P,)."""
        weights, found = vector[: self.weights.numel()], vector[self.weights.numel() :].clone()
        found[self.get_buffer("following")] += self.features(value).to(vector) @ weights.view(
            self.weights.shape
        )
        return found

    def gradients_from(self, value: Sequence[float], rows: Tensor) -> Tensor:
        """Derivatives (..., P) by the parameters of all values from those (..., P_p) by θ_p."""
        some = rows[..., self.get_buffer("following")]
        return torch.cat([*(float(f) * some for f in self.features(value)), rows], -1)

    def features(self, value: Sequence[float]) -> Tensor:
        """x_j and x_j x_k, j ≤ k, of values (n_names,)."""
        x = self._inputs(value)
        return torch.tensor(
            [*x, *(a * b for a, b in combinations_with_replacement(x, 2))], dtype=torch.float64
        )

    def _inputs(self, value: Sequence[float]) -> list[float]:
        parts = zip(value, self.own, self._logarithmic, self._reach, strict=True)
        return [(log(p / own) if logarithmic else p - own) / reach for p, own, logarithmic, reach in parts]

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        for member in getattr(self, "_members", ()):
            member._apply(fn, recurse)
        return super()._apply(fn, recurse)


def conditioned(base: WaveFunction, ranges: Sequence[Any] | None, points: int) -> ConditionedWaveFunction:
    """`base` over `ranges`, (low, high) of what it is conditioned on or one of each, with so many values of each and the own ones.

    None: of the mass of a heavy quark from 0.8 of that of c to 1.15 of that of b, of others from half the own value to 3/2 of it.
    Raises ConfigError for names and ranges that are none.
    """
    if not base.conditioned_on:
        raise ConfigError(
            "task=conditioned: name what the network is conditioned on, model.conditioned_on=[m_Q]"
        )
    if points < 2:
        raise ConfigError(f"task.points={points}: give 2 or more")
    system = base.system
    changes = dict(parameter_called(system, name, "model.conditioned_on") for name in base.conditioned_on)
    ends: Sequence[Any] = [usual_range(system, name, change.value) for name, change in changes.items()]
    if ranges is not None:
        ends = ranges if ranges and isinstance(ranges[0], Sequence) else [ranges]
    if len(ends) != len(changes) or not all(len(end) == 2 and end[0] < end[1] for end in ends):
        raise ConfigError(
            f"task.range={ranges}: give [low, high] for {', '.join(changes)}, each its own in a list of them"
        )
    columns = []
    for (low, high), change in zip(ends, changes.values(), strict=True):
        spread = np.geomspace if low > 0 and change.value > 0 else np.linspace
        columns.append([low, *map(short, spread(low, high, points)[1:-1]), high])
    own = tuple(change.value for change in changes.values())
    values = sorted({own, *product(*columns)})
    try:
        return ConditionedWaveFunction(base, changes, values)
    except ConfigError as error:
        raise ConfigError(f"task.range={ranges}: {error}") from error


def usual_range(system: FewBodySystem, name: str, own: float) -> tuple[float, float]:
    """Over which a number is changed where nobody says."""
    if name in ("m_c", "m_b"):
        with suppress(ConfigError):
            return short(0.8 * system.interaction.mass("c")), short(1.15 * system.interaction.mass("b"))
    low, high = sorted((short(0.5 * own), short(1.5 * own)))
    return low, high


def short(number: float) -> float:
    """To four digits, so that it is named in full."""
    return float(f"{number:.4g}")
