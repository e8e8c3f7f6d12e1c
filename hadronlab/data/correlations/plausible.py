"""What a file probably meant where its numbers are no correlation function: units mixed up, counts in place of C."""

from __future__ import annotations

import numpy as np

from hadronlab.data.correlations.names import PER_FM, Unit
from hadronlab.errors import DataError
from hadronlab.physics.constants import HBAR_C

LOWEST_REACH, HIGHEST_REACH = 5.0, 5000.0  # MeV/c: no measurement ends below, or goes beyond
USUAL_REACH = 30.0  # MeV/c: what is suggested reaches at least so far
COUNTS = 100.0  # C of any pair is of order one, ten at most; counts are hundreds
NAMES: dict[Unit, str] = {"MeV": "MeV/c", "GeV": "GeV/c", "fm": "fm⁻¹"}


def check_unit(k: np.ndarray, unit: Unit) -> None:
    """Raise DataError where k* (n,), fm⁻¹, read in `unit`, is that of no measurement, with the unit that would do."""
    reach = float(np.nanmax(k)) * HBAR_C
    if reach <= 0 or LOWEST_REACH <= reach <= HIGHEST_REACH:
        return  # what is not positive is another error
    written = reach / PER_FM[unit]
    fitting = [other for other in NAMES if USUAL_REACH <= written * PER_FM[other] <= HIGHEST_REACH]
    meant = " or ".join(f"{NAMES[other]} (unit={other})" for other in fitting) or "another quantity"
    raise DataError(f"k* reaches {reach:.4g} MeV/c when read in {NAMES[unit]}: probably {meant} is meant")


def check_counts(value: np.ndarray) -> None:
    """Raise DataError where values (n,) are numbers of pairs rather than C."""
    if (value > COUNTS).all() or ((value == np.round(value)).all() and np.nanmax(value) > 10):
        raise DataError(
            f"these look like counts ({value[0]:.6g}, …), not C(k*): divide same by mixed events, normalised to one"
        )
