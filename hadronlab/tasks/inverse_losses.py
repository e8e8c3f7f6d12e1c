"""The losses that a configuration asks for, of the data that were loaded."""

from __future__ import annotations

import inspect
from collections.abc import Sequence

from hydra.utils import instantiate
from omegaconf import DictConfig

from hadronlab.data.wave_data import WaveData
from hadronlab.errors import ConfigError
from hadronlab.losses.loss import Loss
from hadronlab.systems.hadrons import HadronPair


def losses_of(config: DictConfig, data: Sequence[WaveData], pair: HadronPair) -> dict[str, Loss]:
    """By name; those of wave functions once for each of the data, NAME, NAME_2 …

    Raises ConfigError where none is asked for.
    """
    first, *others = data
    losses: dict[str, Loss] = {}
    for name, term in ((str(key), value) for key, value in config.items()):
        if term is not None:
            losses[name] = loss = _built(term, first, pair)
            if loss.of_waves:
                losses |= {f"{name}_{i}": _built(term, one, pair) for i, one in enumerate(others, start=2)}
    if not losses:
        raise ConfigError("loss has no term: choose loss=schrodinger or loss=r_correlator")
    return losses


def _built(term: DictConfig, waves: WaveData, pair: HadronPair) -> Loss:
    """A loss, given what its class asks for by name and its config leaves out: data or waves, pair."""
    offered = {"data": waves, "waves": waves, "pair": pair}
    partial = instantiate(term, _partial_=True, _convert_="all")
    asked = inspect.signature(partial.func).parameters
    return partial(**{name: x for name, x in offered.items() if name in asked and name not in term})
