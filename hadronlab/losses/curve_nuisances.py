"""Which numbers of measured correlations a fit varies, under which names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields

from hadronlab.errors import ConfigError
from hadronlab.losses.measured_correlation import MeasuredCorrelation
from hadronlab.losses.nuisances import Nuisance, Nuisances, width_of
from hadronlab.physics.femtoscopy.sources import CoreHalo, Gaussian, Levy, parameters

TOLD = {"genuine": "lambda", "slope": "baseline_slope", "curvature": "baseline_curvature",
        "inverse_length": "inverse_scattering_length"}  # fmt: skip
"""names of estimates, where they are not those of the settings"""
OF_SOURCES = {f.name for kind in (Gaussian, CoreHalo, Levy) for f in fields(kind)}
"""priors of parameters that another source would have stand idle"""


def nuisances_of(
    curves: Sequence[MeasuredCorrelation], priors: Mapping[str, float | None]
) -> tuple[Nuisances, list[dict[str, str]]]:
    """All with a width in `priors`, and for every curve the names of its own by setting: those of a shared source are shared.

    Raises ConfigError for a prior of what no curve has.
    """
    found: dict[str, Nuisance] = {}
    own: list[dict[str, str]] = []
    known: set[str] = set()
    shared = len({id(curve.source) for curve in curves}) == 1
    for curve in curves:
        tag = f".{curve.data.label}" if len(curves) > 1 else ""
        of_source = parameters(curve.source)
        known |= {*of_source, *curve.numbers}
        names: dict[str, str] = {}
        for name, nominal in {**of_source, **curve.numbers}.items():
            width = width_of(priors, name)
            if not width:
                continue
            full = f"lambda_{name}" if name in curve.residuals else TOLD.get(name, name)
            if name in of_source:
                full = f"source_{name}"
            if not (shared if name in of_source else name in curve.wave.numbers):
                full += tag
            positive = name in of_source
            found.setdefault(full, Nuisance(full, float(nominal), width, positive, curve.unit(name)))
            names[name] = full
        own.append(names)
    for name in priors:
        if name not in known and name not in OF_SOURCES:
            raise ConfigError(
                f"loss.correlation.priors.{name}: no such parameter; there are {', '.join(sorted(known))}"
            )
    return Nuisances(list(found.values())), own
