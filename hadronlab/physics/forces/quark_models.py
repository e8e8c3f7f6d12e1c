"""The AL1, AL2, AP1 and AP2 quark models [Semay and Silvestre-Brac 1994, Silvestre-Brac 1996], and BD [Bhaduri 1981]."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import ClassVar, TypeVar

import torch
from torch import Tensor

from hadronlab.errors import ConfigError
from hadronlab.physics.constants import HBAR_C_GEV
from hadronlab.physics.forces.interaction import Interaction
from hadronlab.physics.forces.radial_terms import RadialTerm

Mass = TypeVar("Mass", float, Tensor)


@dataclass(frozen=True)
class QuarkModel(Interaction):
    """One-gluon exchange with confinement, in GeV units.

    V_ij = −(3/16) λ_i·λ_j [ −κ g/r + λ r^p − Λ + (8π κ' g/(3 m_i m_j)) e^{−r²/r0²}/(π^{3/2} r0³) S_i·S_j ],
    r0 = A (2 m_i m_j/(m_i+m_j))^{−B}, g = 1 − e^{−r/r_c} (1 if r_c = 0).   [DeepQuark, Eq. 2]
    `three_body` adds V_C = −C/(m_1 m_2 m_3) in baryons; the C here is that of AL1, to be given anew for the others.
    """

    name: str
    m_b: float
    m_c: float
    m_s: float
    m_q: float
    kappa: float
    string: float  # λ, GeV^{1+p}
    constant: float  # Λ, GeV
    kappa_spin: float  # κ'
    A: float
    B: float
    r_c: float = 0.0  # GeV⁻¹
    p: float = 1.0
    C: float = 2.02e-3  # GeV⁴
    three_body: bool = False

    operators: ClassVar[tuple[str, ...]] = ("color", "color*spin")

    def mass(self, flavor: str) -> float:
        """Quark mass in GeV."""
        masses = {"q": self.m_q, "s": self.m_s, "c": self.m_c, "b": self.m_b}
        if flavor not in masses:
            raise ConfigError(
                f"the {self.name} quark model has no flavour {flavor!r}: use u, d (or q), s, c, b"
            )
        return masses[flavor]

    def radial(self, r: Tensor, mass_i: Tensor, mass_j: Tensor) -> tuple[Tensor, ...]:
        """Radial factors of λ_i·λ_j and of λ_i·λ_j S_i·S_j in GeV; r in fm, the masses broadcast."""
        x = r / HBAR_C_GEV  # GeV⁻¹
        smear = 1.0 if self.r_c == 0 else -torch.expm1(-x / self.r_c)
        central = -self.kappa * smear / x + self.confinement(x) - self.constant  # Eq. (2)
        return -3 / 16 * central, -3 / 16 * smear * self.hyperfine(x, mass_i, mass_j)

    def hyperfine(self, x: Tensor, mass_i: Tensor, mass_j: Tensor) -> Tensor:
        """The factor of S_i·S_j without g, x = r in GeV⁻¹."""
        strength, r0 = self.contact(mass_i, mass_j)
        return strength * torch.exp(-((x / r0) ** 2))

    def radial_terms(self, mass_i: float, mass_j: float) -> tuple[tuple[RadialTerm, ...], ...] | None:
        """Eq. (2) term by term, with g = 1 − e^{−r/r_c}."""
        unit = HBAR_C_GEV  # fm in a GeV⁻¹
        strength, r0 = self.contact(mass_i, mass_j)
        smear = [(1.0, 0.0), (-1.0, 1 / (self.r_c * unit))] if self.r_c else [(1.0, 0.0)]
        central = [RadialTerm(3 / 16 * g * self.kappa * unit, -1, decay) for g, decay in smear]
        central += [
            RadialTerm(-3 / 16 * self.string / unit**self.p, self.p),
            RadialTerm(3 / 16 * self.constant),
        ]
        hyperfine = [RadialTerm(-3 / 16 * g * strength, 0, decay, r0 * unit) for g, decay in smear]
        return tuple(central), tuple(hyperfine)

    def contact(self, mass_i: Mass, mass_j: Mass) -> tuple[Mass, Mass]:
        """Strength (GeV) and range r0 (GeV⁻¹) of the hyperfine Gaussian."""
        r0 = self.A * (2 * mass_i * mass_j / (mass_i + mass_j)) ** (-self.B)
        return 8 * math.pi * self.kappa_spin / (3 * mass_i * mass_j) / (math.pi**1.5 * r0**3), r0

    def confinement(self, x: Tensor) -> Tensor:
        """The pairwise confining term λ r^p, x = r in GeV⁻¹."""
        return self.string * (x if self.p == 1 else x**self.p)

    def many_body(self, distances: Tensor, masses: Tensor) -> Tensor | None:
        """V_C in baryons if `three_body` is set; nothing otherwise."""
        if not self.three_body or len(masses) != 3:
            return None
        return torch.full_like(distances[0], -self.C / float(masses.prod()))

    def terms(self) -> dict[str, Interaction]:
        """V is linear in a strength of each of its terms [Eq. 2]: a term is V with the other strengths at zero."""
        strengths = {
            "coulomb": "kappa",
            "linear": "string",
            "constant": "constant",
            "hyperfine": "kappa_spin",
        }
        if self.three_body:
            strengths["three_body"] = "C"
        return {
            name: replace(self, **{other: 0.0 for other in strengths.values() if other != strength})  # type: ignore[arg-type]
            for name, strength in strengths.items()
        }


class BhaduriModel(QuarkModel):
    """The same with (4κ'/(m_i m_j r0²)) e^{−r/r0}/r in the place of the Gaussian, r0 = A."""

    def hyperfine(self, x: Tensor, mass_i: Tensor, mass_j: Tensor) -> Tensor:
        return 4 * self.kappa_spin / (mass_i * mass_j * self.A**2) * torch.exp(-x / self.A) / x

    def radial_terms(self, mass_i: float, mass_j: float) -> tuple[tuple[RadialTerm, ...], ...] | None:
        central, _ = super().radial_terms(mass_i, mass_j) or ((), ())
        unit = HBAR_C_GEV
        strength = 4 * self.kappa_spin / (mass_i * mass_j * self.A**2) * unit
        return central, (RadialTerm(-3 / 16 * strength, -1, 1 / (self.A * unit)),)


AL1 = QuarkModel("AL1", 5.227, 1.836, 0.577, 0.315, 0.5069, 0.1653, 0.8321, 1.8609, 1.6553, 0.2204)
AP1 = QuarkModel("AP1", 5.206, 1.819, 0.553, 0.277, 0.4242, 0.3898, 1.1313, 1.8025, 1.5296, 0.3263, p=2 / 3)
AL2 = QuarkModel("AL2", 5.231, 1.851, 0.587, 0.320, 0.5871, 0.1673, 0.8182, 1.8475, 1.656, 0.2132, r_c=0.1844)
AP2 = QuarkModel(
    "AP2", 5.213, 1.840, 0.569, 0.280, 0.5743, 0.3978, 1.1146, 1.8993, 1.5321, 0.3478, r_c=0.3466, p=2 / 3
)
# κ = 0.10267 GeV fm, V = r/a0² with a0² = 0.0326² fm/MeV, r0 = 0.4545 fm
BD = BhaduriModel("BD", 5.259, 1.870, 0.600, 0.337, 0.10267 / HBAR_C_GEV, HBAR_C_GEV / (1000 * 0.0326**2), 0.9135,
                  0.10267 / HBAR_C_GEV, 0.4545 / HBAR_C_GEV, 0.0)  # fmt: skip
POSITIVE = ("m_b", "m_c", "m_s", "m_q", "A", "p")
MODELS = {model.name: model for model in (AL1, AL2, AP1, AP2, BD)}


def quark_model(name: str = "AL1", three_body: bool = False, **changes: float) -> QuarkModel:
    """AL1, AL2, AP1, AP2 or BD, any parameter changed by its name (`kappa=0.5`).

    Raises ConfigError for an unknown model or parameter, and a value that is no number.
    """
    if name.upper() not in MODELS:
        raise ConfigError(f"unknown quark model {name!r}: choose one of {', '.join(MODELS)}")
    unknown = set(changes) - {field.name for field in fields(QuarkModel)}
    if unknown:
        known = ", ".join(field.name for field in fields(QuarkModel))
        raise ConfigError(f"unknown parameter {sorted(unknown)[0]!r} of a quark model: choose from {known}")
    for key, value in changes.items():
        if not isinstance(value, int | float) or not math.isfinite(value) or (key in POSITIVE and value <= 0):
            raise ConfigError(
                f"{key}={value}: a parameter of a quark model is a number"
                + (", this one above 0" if key in POSITIVE else "")
            )
    return replace(MODELS[name.upper()], three_body=three_body, **changes)  # type: ignore[arg-type]
