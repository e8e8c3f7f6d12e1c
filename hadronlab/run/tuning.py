"""Whole numbers that change how fast a run is, and the last digits of what comes out: chosen once, then kept.

A setting of CHOICES that is `auto` gets its value before the first step, from a short trial. The value stands in config.yaml
and in every checkpoint: the ranks that the run starts, its evaluations and a resumed run use it again. A further choice is
one more line of CHOICES, a setting of that name in train.yaml, and its type in config/check.py.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf

from hadronlab.errors import HadronlabError
from hadronlab.run.directory.checkpoint_io import load_checkpoint, newest_whole
from hadronlab.run.threads import machine_cores, thread_counts
from hadronlab.tasks.protocols import Rehearses

SHORT = 5e-3  # seconds of a step whose products are too small to be worth a trial
TRIAL = 0.3  # seconds that two candidates are compared for


@dataclass(frozen=True)
class Choice:
    """A whole number called `name` in the configuration.

    candidates: of a run, the first of which is taken, and the next one while it makes a step `gain` times faster. use: lets a
    value count in this process.
    """

    name: str
    candidates: Callable[[DictConfig], Sequence[int]]
    use: Callable[[int], None]
    gain: float


CHOICES = (Choice("threads", thread_counts, torch.set_num_threads, gain=1.3),)


def settle(config: DictConfig, task: Any, kept: Mapping[str, int], speaks: bool = True) -> None:
    """Give every choice of `config` its value, and use it: the one that is asked for, or that was `kept`, or a trial's."""
    for choice in CHOICES:
        asked, before = config.get(choice.name, "auto"), kept.get(choice.name)
        if asked == "auto":
            value = tried(choice, choice.candidates(config), task) if before is None else before
        else:
            value = asked
            if speaks and before not in (None, asked):
                print(
                    f"{choice.name}={asked}, and {before} before: the last digits may be others than without a break",
                    file=sys.stderr,
                )
        OmegaConf.update(config, choice.name, value, force_add=True)
        choice.use(value)
    if speaks and config.threads > machine_cores():
        print(
            f"warning: threads={config.threads} wait for each other on {machine_cores()} cores: give threads=auto",
            file=sys.stderr,
        )


def chosen(config: DictConfig) -> dict[str, int]:
    """The values that are settled."""
    return {c.name: config[c.name] for c in CHOICES if isinstance(config.get(c.name), int)}


def kept_choices(directory: Path) -> dict[str, int]:
    """Those of the newest whole checkpoint in the run `directory`."""
    checkpoint = newest_whole(directory / "checkpoints")
    return {} if checkpoint is None else choices_of(load_checkpoint(checkpoint))


def choices_of(checkpoint: Mapping[str, Any]) -> dict[str, int]:
    """Those of a checkpoint; none of one that was written before there were any."""
    held = checkpoint["hadronlab"].get("choices", {})
    return {c.name: held[c.name] for c in CHOICES if isinstance(held.get(c.name), int) and held[c.name] > 0}


def tried(choice: Choice, candidates: Sequence[int], task: Any) -> int:
    """The candidate that a trial finds: of a task that cannot rehearse its step the first."""
    best, *others = candidates
    if not others or not isinstance(task, Rehearses):
        return best
    try:
        with torch.random.fork_rng(devices=[]):
            for other in others:
                if speed_up(choice.use, best, other, task.rehearse) < choice.gain:
                    break
                best = other
    except HadronlabError:  # the training itself will say so, and mend it
        pass
    return best


def speed_up(use: Callable[[int], None], one: int, other: int, work: Callable[[], object]) -> float:
    """How many times faster `work` is with the value `other` than with `one`; 1 where it is SHORT.

    By the clock, for a busy neighbour is to count, and in turns, so that one who comes or goes meets both: medians.
    """

    def seconds(value: int) -> float:
        use(value)
        started = time.perf_counter()
        work()
        return time.perf_counter() - started

    seconds(one)  # compiles, imports and fills caches
    begun, first = time.perf_counter(), seconds(one)
    if first < SHORT:
        return 1.0
    if first < TRIAL / 3:
        seconds(other)  # starts its threads
    turns = [(first, seconds(other))]
    while time.perf_counter() - begun < TRIAL:
        turns.append((seconds(one), seconds(other)))
    return statistics.median(t for t, _ in turns) / statistics.median(t for _, t in turns)
