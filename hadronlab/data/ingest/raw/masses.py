"""The masses of a conversion: given in MeV, or the plateaux of effective masses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hadronlab.data.ingest.raw.ensemble import RawEnsemble
from hadronlab.data.ingest.raw.plateau import Plateau, plateau
from hadronlab.errors import DataError

FIT = "fit"


def fitted(ensemble: RawEnsemble, C2: np.ndarray, kind: str) -> tuple[Plateau, ...]:
    """The plateau of every hadron, of C2 (1+B, hadrons, T)."""
    return tuple(plateau(C2[:, i].real, hadron, kind) for i, hadron in enumerate(ensemble.hadrons))


def of_channels(ensemble: RawEnsemble, plateaux: Sequence[Plateau]) -> np.ndarray:
    """a·m of both hadrons of every channel, (channels, 2)."""
    found = {each.hadron: float(each.mass[0]) for each in plateaux}
    return np.array([[found[hadron] for hadron in pair] for pair in ensemble.channels])


def given(ensemble: RawEnsemble, mass: float | str, mass2: float | None) -> np.ndarray | None:
    """(1, 2) in MeV; None where they are to be fitted. Raises DataError for what are no masses, or too few."""
    if mass == FIT:
        if mass2 is not None:
            raise DataError("mass2 goes with a mass; without them both are fitted")
        return None
    try:
        pair = [float(mass), float(mass if mass2 is None else mass2)]
    except ValueError:
        raise DataError(f"mass must be a number of MeV, or {FIT}, got {mass!r}") from None
    if not (np.isfinite(pair).all() and min(pair) > 0):
        raise DataError(f"mass must be a positive number of MeV, or {FIT}, got {pair[0]:g}, {pair[1]:g}")
    if len(ensemble.channels) > 1:
        raise DataError(
            f"{ensemble.origin}: has {len(ensemble.channels)} channels: leave the masses to --mass {FIT}"
        )
    one, two = ensemble.channels[0]
    if one != two and mass2 is None:
        raise DataError(f"{ensemble.origin}: {one} and {two} need a mass each: --mass and --mass2")
    return np.array([pair])
