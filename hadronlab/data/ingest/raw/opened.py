"""Which reader an input of the conversion needs, and what is taken for a configuration."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hadronlab.data.ingest.raw import hal, neutral
from hadronlab.data.ingest.raw.ensemble import RawEnsemble
from hadronlab.data.ingest.raw.trajectories import by_trajectory
from hadronlab.errors import DataError

log = logging.getLogger(__name__)


@contextmanager
def opened(text: str, hadrons: Sequence[str] | None = None) -> Iterator[RawEnsemble]:
    """PATH or SOURCE=PATH: a directory of HAL QCD, or a file in the neutral layout, closed at the end."""
    name, equals, rest = text.partition("=")
    named = bool(equals and name) and "/" not in name and not os.path.exists(text) and os.path.exists(rest)
    path = Path(rest if named else text)
    if not path.exists():
        raise DataError(f"{path}: no such file or directory")
    if hadrons is not None and (len(hadrons) != 2 or not path.is_dir()):
        raise DataError("hadrons: give two names, of the two-point functions of a directory")
    if path.is_dir():
        pair = None if hadrons is None else (hadrons[0], hadrons[1])
        yield hal.open_hal(path, name if named else "wall", pair)
    else:
        with neutral.opened(path, name if named else None) as file:
            yield file


def configurations(ensemble: RawEnsemble, average: str | None) -> list[list[int]]:
    """The labels of each configuration: one, or with average = "measurement" all that share a trajectory.

    Raises DataError where that leaves one configuration.
    """
    if average not in (None, "measurement"):
        raise DataError(f"average must be measurement, or left out, got {average!r}")
    labels = len(ensemble.configurations)
    if average is None:
        return [[index] for index in range(labels)]
    shared = by_trajectory(ensemble.configurations)
    if len(shared) == 1:
        raise DataError(
            f"{ensemble.origin}: all {labels} labels are measurements of one configuration, {next(iter(shared))}: that "
            "makes one bin, and an error needs two; without --average measurement each counts as a configuration, with "
            "errors that mean nothing"
        )
    return list(shared.values())


def doubt_labels(ensemble: RawEnsemble, groups: list[list[int]]) -> None:
    """Warn where labels that are taken as configurations share a trajectory."""
    shared = len(by_trajectory(ensemble.configurations))
    if shared < len(groups):
        log.warning(
            "%s: %d labels share %d trajector%s, yet each is taken as a configuration: errors come out too small; "
            "--average measurement first averages over those of a trajectory",
            ensemble.origin, len(groups), shared, "y" if shared == 1 else "ies",
        )  # fmt: skip
