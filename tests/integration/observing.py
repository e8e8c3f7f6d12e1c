"""The observables that a run has by default, outside a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from hydra import compose, initialize_config_module
from hydra.utils import instantiate

from hadronlab.data.wave_data import WaveData
from hadronlab.models.potentials.potential import Potential
from hadronlab.observables.learned_potential import LearnedPotential
from hadronlab.observables.results import Results
from hadronlab.systems.hadrons import HadronPair


@cache
def by_default(task: str) -> Mapping[str, Any]:
    """Of a task, by name."""
    with initialize_config_module("hadronlab.conf", version_base="1.3"):
        chosen = compose("train", ["system=separable" if task == "inverse" else "system=D"]).observables
    return {str(name): instantiate(part) for name, part in chosen.items()}


def observe(
    models: Sequence[Potential],
    data: WaveData,
    pair: HadronPair,
    k_max: float = 2.0,
    loss: float = 0.0,
    loss_zero: float = 1.0,
) -> Results:
    """All that is said of a potential by default."""
    learned, result = LearnedPotential(models, data, pair, k_max, loss, loss_zero), Results()
    for observable in by_default("inverse").values():
        result.add(observable.observe(learned))
    return result
