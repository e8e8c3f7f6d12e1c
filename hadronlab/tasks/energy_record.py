"""What a variational training remembers of its energies: one row a step, and the walkers since the last logged row."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from hadronlab.estimates.chains import ChainStatistics, chain_statistics, split_r_hat
from hadronlab.optim.processes import Processes

if TYPE_CHECKING:
    from hadronlab.systems.few_body import FewBodySystem

MIXING_STEPS = 20  # least number of steps that R̂ looks at: over fewer it shows the autocorrelation alone


class EnergyRecord:
    """Energies of the walkers of all processes, in `system.energy_unit`, rest masses included.

    Of several states the energy is the mean of their levels.

    history: energy and its error at every step. variances: of the local
    energies at every step, `system.energy_unit`². levels, level_errors: those of all states at every step; recent: their
    means over the steps of the last logged row. window: local energies (walkers,) of this process, in internal units, at the steps
    since the last logged row, `since` of them, and at a few before for R̂. latest, lowest: statistics of the last logged
    row and of the one of lowest energy.
    """

    def __init__(self, system: FewBodySystem) -> None:
        self.system = system
        self.history: list[tuple[float, float]] = []
        self.variances: list[float] = []
        self.levels: list[list[float]] = []
        self.level_errors: list[list[float]] = []
        self.recent: list[float] = []
        self.window: list[Tensor] = []
        self.since = 0
        self.latest: ChainStatistics | None = None
        self.lowest: ChainStatistics | None = None

    def add(self, energies: Tensor, processes: Processes) -> None:
        """A step with the local energies (states, walkers) of this process."""
        energy = energies.mean(0)
        rows = torch.cat([energies, energy[None]])
        sums = processes.total(
            torch.stack([rows.sum(1), rows.square().sum(1), torch.full_like(rows[:, 0], len(energy))])
        )
        means, squares, (n, *_) = sums.tolist()  # one wait for the device
        means, squares = ([x / n for x in row] for row in (means, squares))
        variances = [max(square - mean**2, 0.0) for mean, square in zip(means, squares, strict=True)]
        *levels, total = map(self.absolute, means)
        *errors, error = ((variance / n) ** 0.5 * self.system.to_unit for variance in variances)
        self.history.append((total, error))
        self.variances.append(variances[-1] * self.system.to_unit**2)
        self.levels.append(levels)
        self.level_errors.append(errors)
        self.window.append(energy)
        self.since += 1

    def summarise(self, processes: Processes) -> ChainStatistics:
        """Statistics of the steps since the last row over the walkers of all processes; R̂ of MIXING_STEPS or more."""
        chains = processes.gather(torch.stack(self.window, 1)).T  # (steps, walkers)
        found, scale, mixing = chain_statistics(chains[-self.since :]), self.system.to_unit, float("nan")
        if len(chains) >= MIXING_STEPS:
            mixing = split_r_hat(chains[-max(self.since, MIXING_STEPS) :])
        self.latest = replace(
            found,
            mean=self.absolute(found.mean),
            error=found.error * scale,
            std=found.std * scale,
            r_hat=mixing,
        )
        if self.lowest is None or self.latest.mean < self.lowest.mean:
            self.lowest = self.latest
        self.recent = np.mean(self.levels[-self.since :], 0).tolist()
        self.window, self.since = self.window[-MIXING_STEPS:], 0
        return self.latest

    def rise(self) -> tuple[float, float] | None:
        """How far the last row lies above the lowest one, and the error of that, in local_energy_std of the latter."""
        if self.latest is None or self.lowest is None or not self.lowest.std > 0:
            return None
        error = (self.latest.error**2 + self.lowest.error**2) ** 0.5
        return (self.latest.mean - self.lowest.mean) / self.lowest.std, error / self.lowest.std

    def forget_walkers(self) -> None:
        """The next energies are those of other walkers."""
        self.window, self.since, self.latest = [], 0, None

    def absolute(self, internal: float) -> float:
        """An energy of internal units in `system.energy_unit`, rest masses included."""
        return internal * self.system.to_unit + self.system.mass_sum

    def state_dict(self) -> dict[str, Any]:
        """What all processes share: plain containers and tensors."""
        return {
            "history": torch.tensor(self.history, dtype=torch.float64),
            "variances": torch.tensor(self.variances, dtype=torch.float64),
            "levels": torch.tensor(self.levels, dtype=torch.float64),
            "level_errors": torch.tensor(self.level_errors, dtype=torch.float64),
            "since": self.since,
            "latest": None if self.latest is None else asdict(self.latest),
            "lowest": None if self.lowest is None else asdict(self.lowest),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.history = [(e, s) for e, s in state["history"].tolist()]
        self.variances = state.get("variances", torch.full((len(self.history),), float("nan"))).tolist()
        self.levels = state["levels"].tolist() if "levels" in state else [[e] for e, _ in self.history]
        self.level_errors = (
            state["level_errors"].tolist() if "level_errors" in state else [[s] for _, s in self.history]
        )
        self.since = state["since"]
        self.latest, self.lowest = (
            ChainStatistics(**state[row]) if state.get(row) else None  # older checkpoints hold no lowest one
            for row in ("latest", "lowest")
        )
