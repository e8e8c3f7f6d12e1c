"""Published and converged values of few-body systems, found by their content, so that any name and any
spelling finds them.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from hadronlab.physics.forces.coulomb import Coulomb
from hadronlab.physics.forces.quark_models import AL1
from hadronlab.physics.forces.strings import string_model
from hadronlab.systems.few_body import FewBodySystem

SOURCES = {
    "reference": "converged correlated-Gaussian calculation, this project",
    "paper": "DeepQuark, Tables 1, 2, 4 and 6",
}


def references(system: FewBodySystem) -> dict[str, dict[str, dict[str, Any]]]:
    """{"reference": {observable: {value, error?, unit, source}}, "paper": {…}} for a system; empty where
    nothing is known.

    The values hold for ground states and for one interaction each (AL1 without V_C, its flux tube, Coulomb): another
    interaction, and a state of odd spatial parity, find nothing.
    """
    if system.parity == -1:
        return {column: {} for column in SOURCES}
    key = _key(" ".join(system.flavors), float(system.spin), float(system.isospin), _interaction(system))
    entry = _table().get(key, {})
    return {
        column: {name: {"source": source, **value} for name, value in entry.get(column, {}).items()}
        for column, source in SOURCES.items()
    }


def _interaction(system: FewBodySystem) -> str:
    known = {"AL1": AL1, "flux_tube": string_model(), "coulomb": Coulomb()}
    return next((name for name, interaction in known.items() if interaction == system.interaction), "other")


def _key(flavors: str, spin: float, isospin: float, interaction: str) -> tuple[str, float, float, str]:
    return (flavors, float(spin), float(isospin), interaction)


@cache
def _table() -> dict[tuple[str, float, float, str], dict[str, Any]]:
    text = files("hadronlab.systems").joinpath("references.yaml").read_text(encoding="utf-8")
    loader = getattr(
        yaml, "CSafeLoader", yaml.SafeLoader
    )  # ten times faster where PyYAML was built with libyaml
    return {_key(**entry["of"]): entry for entry in yaml.load(text, loader).values()}
