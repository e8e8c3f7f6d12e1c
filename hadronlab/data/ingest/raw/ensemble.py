"""What every reader of raw output gives: four-point functions by configuration and time, two-point functions by hadron."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hadronlab.errors import DataError

LARGEST = 1e100  # no correlator; numbers in the wrong byte order reach far beyond


@dataclass(frozen=True)
class TwoPoint:
    """C2 of one hadron on one configuration: (measurements, T); `backward`, its antiparticle's, stands at T − t."""

    forward: np.ndarray
    backward: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class RawEnsemble(ABC):
    """Raw correlators of one lattice ensemble. Nothing large is in memory until it is asked for."""

    origin: str
    length: int  # L
    inverse_spacing: float | None  # MeV, where the files say it
    t: np.ndarray  # (T,) times of the four-point functions
    configurations: tuple[str, ...]
    sources: tuple[str, ...]
    channels: tuple[tuple[str, str], ...]  # the hadrons of each channel; one, unless they are coupled
    n_spins: int  # 4: ψ is a matrix of sink × source spins; 1: a scalar
    site: np.ndarray | None  # (S, 3), one of each orbit, where ψ is stored averaged over the cubic group

    @property
    def hadrons(self) -> tuple[str, ...]:
        """Every hadron once."""
        return tuple(dict.fromkeys(hadron for pair in self.channels for hadron in pair))

    def measurements(self, source: str) -> int:
        """Four-point functions of every label and time, in each direction."""
        return 1

    def has_backward(self, source: str) -> bool:
        """Whether there are four-point functions of the antiparticles too."""
        return False

    @abstractmethod
    def four_point(
        self, source: str, configuration: int, time: int, backward: bool = False
    ) -> Iterator[np.ndarray]:
        """ψ (C, sites, n, n), sink × source, of every measurement at t[time]; the sites are those of `site`, or all L³."""

    @abstractmethod
    def two_point(self, source: str, configuration: int) -> dict[str, TwoPoint]:
        """C2 of every hadron."""


def checked(values: np.ndarray, place: str) -> np.ndarray:
    """`values`, or a DataError that says what is wrong with the numbers of `place`."""
    finite = np.isfinite(values)
    largest = float(np.abs(values, where=finite, out=np.zeros(values.shape)).max())
    if largest > LARGEST:
        raise DataError(f"{place}: holds {largest:.1g}; are its bytes in the wrong order?")
    if not finite.all():
        raise DataError(f"{place}: {np.count_nonzero(~finite)} numbers are NaN or infinite")
    if largest == 0:
        raise DataError(f"{place}: all numbers are zero; was it ever written?")
    return values
