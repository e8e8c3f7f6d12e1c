"""What an R-correlator file may say of its hadrons beside their masses: what a correlation of their momenta needs."""

from __future__ import annotations

from typing import Any

import numpy as np

from hadronlab.data.channel_correlator import ChannelCorrelator
from hadronlab.data.r_correlator import RCorrelator


def hadron_attributes(correlator: RCorrelator | ChannelCorrelator) -> dict[str, Any]:
    """Those of charges, spins, spin, identical that the file has, as in `systems.hadrons.HadronPair`.

    Raises DataError where one is not what it should be.
    """
    found: dict[str, Any] = {}
    for name, count in {"charges": 2, "spins": 2, "spin": 1, "identical": 1}.items():
        if name not in correlator.attributes:
            continue
        try:
            values = np.asarray(correlator.attributes[name], dtype=np.float64).reshape(-1)
        except (TypeError, ValueError):
            values = np.zeros(0)
        if len(values) != count or not np.isfinite(values).all():
            kind = "a number" if count == 1 else "two numbers, of one hadron each"
            raise correlator.error(f"attribute {name} must be {kind}, got {correlator.attributes[name]!r}")
        found[name] = values.tolist() if count == 2 else float(values[0])
    if "charges" in found:
        found["charges"] = [round(charge) for charge in found["charges"]]
    if "identical" in found:
        found["identical"] = bool(found["identical"])
    return found
