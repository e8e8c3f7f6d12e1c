"""What the names of columns say: their roles, k* or Q, MeV/c or GeV/c."""

from __future__ import annotations

import re
from typing import Literal

from hadronlab.physics.constants import HBAR_C

Variable = Literal["kstar", "Q"]
"""k* itself, or the invariant relative momentum Q = q_inv = 2 k*"""
Unit = Literal["MeV", "GeV", "fm"]
"""MeV/c, GeV/c or fm⁻¹"""

PER_FM: dict[Unit, float] = {"MeV": 1 / HBAR_C, "GeV": 1000 / HBAR_C, "fm": 1.0}  # fm⁻¹ of one of them
ROLES = ("k", "low", "high", "C", "error", "systematic")

# Words of a name; "k* [GeV/c] LOW" has k, gev, c, low.
KSTAR, Q = {"k", "kstar", "krel"}, {"q", "qinv", "qrel"}
MOMENTUM = KSTAR | Q | {"x", "momentum", "relative"}
LOW = {"low", "lower", "min", "xlow", "xmin", "klow", "kmin", "qlow", "qmin"}
HIGH = {"high", "upper", "max", "xhigh", "xmax", "khigh", "kmax", "qhigh", "qmax"}
VALUE = {"c", "cf", "ck", "cq", "correlation", "value", "y"}
STATISTICAL = {"stat", "statistical"}
ERROR = STATISTICAL | {"error", "errors", "err", "uncertainty", "unc", "sigma", "σ", "dc", "dy", "ey", "yerr"}
SYSTEMATIC = {"sys", "syst", "systematic", "systematics"}
SIDES = {"+", "-", "plus", "minus", "up", "down"} | LOW | HIGH


def words(name: str) -> list[str]:
    """The words of a name without the commands of TeX and ROOT: "$k^{\\rm *}$ [GeV/c] LOW" has k, gev, c, low."""
    return re.findall(r"[^\W\d_]+|\d+|[+-]", re.sub(r"[\\#][a-z]+", " ", name.lower()))


def role(name: str) -> str | None:
    """Which of ROLES a column of this name has."""
    found = words(name)
    if SYSTEMATIC.intersection(found):
        return "systematic"
    if ERROR.intersection(found):
        return None if found[0] in MOMENTUM else "error"  # half the width of a bin, of no use here
    if found and found[0] in VALUE:
        return "C"
    if LOW.intersection(found):
        return "low"
    if HIGH.intersection(found):
        return "high"
    return "k" if found and found[0] in MOMENTUM else None


def variable_of(axis: list[str]) -> Variable | None:
    """Whether the first of the names that tells it is of k* or of Q."""
    found = [word for name in axis for word in words(name) if word in KSTAR | Q]
    return None if not found else "Q" if found[0] in Q else "kstar"


def unit_of(axis: list[str]) -> Unit | None:
    """The unit in the first of the names that has one."""
    found = [unit for name in axis for unit in PER_FM if unit.lower() in name.lower()]
    return found[0] if found else None
