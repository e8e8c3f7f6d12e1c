"""Labels of configurations: which share a trajectory, and whether they stand in the order of the Markov chain."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hadronlab.errors import DataError

MEASUREMENT = re.compile(r"[._-](rot|src|hit)[._-]?\w*$")  # what distinguishes measurements of one trajectory


def trajectory(label: str) -> str:
    """The label without a last .rot_…, .src… or .hit…"""
    return MEASUREMENT.sub("", label)


def by_trajectory(labels: Sequence[str]) -> dict[str, list[int]]:
    """Which labels belong to each trajectory, in their order."""
    found: dict[str, list[int]] = {}
    for index, label in enumerate(labels):
        found.setdefault(trajectory(label), []).append(index)
    return found


def check_order(labels: Sequence[str], origin: str) -> None:
    """Raise DataError where the number of a trajectory falls: bins are made of consecutive configurations."""
    last: dict[str, tuple[int, str]] = {}
    for label in labels:
        match = re.match(r"(.*?)(\d+)$", trajectory(label))
        if match is None:
            continue
        number, before = int(match[2]), last.get(match[1])
        if before is not None and number < before[0]:
            raise DataError(
                f"{origin}: configuration {label} comes after {before[1]}; bins are made of consecutive ones, so list "
                "them in the order of the Markov chain"
            )
        last[match[1]] = (number, label)
