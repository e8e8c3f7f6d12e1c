"""What a variational training remembers of its energies: one row a step, and the walkers since the last logged row."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from hadronlab.optim.sr_statistics import Processes
from hadronlab.sampling.statistics import ChainStatistics, chain_statistics

if TYPE_CHECKING:
    from hadronlab.systems.few_body import FewBodySystem


class EnergyRecord:
    """Energies of the walkers of all processes, in `system.energy_unit`, rest masses included.

    history: energy and its error at every step. window: local energies (walkers,) of this process at the steps since
    the last logged row, in internal units. latest: statistics of the last logged row.
    """

    def __init__(self, system: FewBodySystem) -> None:
        self.system = system
        self.history: list[tuple[float, float]] = []
        self.window: list[Tensor] = []
        self.latest: ChainStatistics | None = None

    def add(self, energy: Tensor, processes: Processes) -> None:
        """A step with the local energies (walkers,) of this process."""
        total, squares, n = processes.total(
            torch.stack([energy.sum(), energy.square().sum(), torch.tensor(float(len(energy)))])
        ).tolist()
        mean = total / n
        error = max(squares / n - mean**2, 0.0) ** 0.5 / n**0.5
        self.history.append((self.absolute(mean), error * self.system.to_unit))
        self.window.append(energy)

    def summarise(self, processes: Processes) -> ChainStatistics:
        """Statistics of the window over the walkers of all processes; the window begins anew."""
        walkers = processes.gather(torch.stack(self.window, 1))  # (walkers, steps)
        found, scale = chain_statistics(walkers.T), self.system.to_unit
        self.latest = replace(
            found, mean=self.absolute(found.mean), error=found.error * scale, std=found.std * scale
        )
        self.window = []
        return self.latest

    def absolute(self, internal: float) -> float:
        """An energy of internal units in `system.energy_unit`, rest masses included."""
        return internal * self.system.to_unit + self.system.mass_sum
