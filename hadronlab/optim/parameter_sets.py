"""Parameter sets among which the final one is chosen: the last ones of a training, and their running mean."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from hadronlab.optim.schedule import Schedule

LATENESS = 9.0  # the mean weighs step k by k⁹: the last tenth of the stage counts most


class ParameterSets:
    """Collects flat parameter vectors (P,) during the last stage of `schedule`.

    The mean is that of polynomial-decay averaging   [Shamir and Zhang 2013].
    """

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.mean: Tensor | None = None
        self.count = 0
        self.kept: list[Tensor] = []

    def update(self, step: int, parameters: Tensor) -> None:
        """`parameters` stand after `step` optimiser steps; the sets are kept in the memory of the CPU, the mean where it
        is made."""
        since = step - self.schedule.last_stage_start
        if since <= 0:
            return
        if self.schedule.average:
            self.count += 1
            weight = (LATENESS + 1) / (self.count + LATENESS)
            mean = parameters if self.mean is None else self.mean.to(parameters)
            self.mean = mean + weight * (parameters - mean)  # the first weight is 1
        if self.schedule.keep > 1 and since % self.schedule.keep_every == 0:
            self.kept = [*self.kept, parameters.to("cpu", copy=True)][-self.schedule.keep :]

    def candidates(self, parameters: Tensor) -> dict[str, Tensor]:
        """The sets to choose from: those kept (or the present `parameters`), and the mean if there is one."""
        sets = {f"set {k + 1} of {len(self.kept)}": theta for k, theta in enumerate(self.kept)}
        if not sets:
            sets = {"last": parameters}
            if self.schedule.keep > 1:  # too short for one set is too short for a mean
                return sets
        if self.mean is not None and self.count > 1:
            sets["mean"] = self.mean
        return sets

    def state_dict(self) -> dict[str, Any]:
        mean = None if self.mean is None else self.mean.cpu()
        return {"mean": mean, "count": self.count, "kept": list(self.kept)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.mean, self.count, self.kept = state["mean"], state["count"], list(state["kept"])
