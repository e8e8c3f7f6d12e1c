"""The AL1, AL2, AP1 and AP2 quark models [Semay and Silvestre-Brac 1994, Silvestre-Brac 1996], and BD [Bhaduri 1981]."""

from __future__ import annotations

import math
from dataclasses import MISSING, dataclass, fields, replace
from typing import ClassVar, TypeVar

import torch
from torch import Tensor

from hadronlab.config.groups import content_of
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
    B: float = 0.0
    r_c: float = 0.0  # GeV⁻¹
    p: float = 1.0
    C: float = 2.02e-3  # GeV⁴
    three_body: bool = False

    operators: ClassVar[tuple[str, ...]] = ("color", "color*spin")

    def mass(self, flavor: str) -> float:
        """Quark mass in GeV."""
        if flavor not in self.masses:
            raise ConfigError(
                f"the {self.name} quark model has no flavour {flavor!r}: use u, d (or q), s, c, b"
            )
        return self.masses[flavor]

    @property
    def masses(self) -> dict[str, float]:
        """Those of all flavours, GeV."""
        return {"q": self.m_q, "s": self.m_s, "c": self.m_c, "b": self.m_b}

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


def _shipped(choice: str) -> QuarkModel:
    """The model of conf/interaction/CHOICE.yaml, where its numbers stand."""
    numbers = content_of("interaction", choice)
    kind = BhaduriModel if numbers.pop("_target_").endswith("bhaduri_model") else QuarkModel
    return kind(**numbers)


MODELS = {model.name: model for model in map(_shipped, ("al1", "al2", "ap1", "ap2", "bd"))}
AL1, AL2, AP1, AP2, BD = MODELS.values()
POSITIVE = ("m_b", "m_c", "m_s", "m_q", "A", "p")


def quark_model(name: str = "AL1", three_body: bool = False, **parameters: float) -> QuarkModel:
    """AL1, AL2, AP1, AP2 or BD, any parameter changed by its name (`kappa=0.5`); under any other name a model of one's own, with
    all of its parameters.

    Raises ConfigError for an unknown parameter, an unknown model without all of them, a value that is no number, and for
    the name of one model beside the quark masses of another.
    """
    return _made(QuarkModel, name, three_body, parameters)


def bhaduri_model(name: str = "BD", three_body: bool = False, **parameters: float) -> QuarkModel:
    """The same with the hyperfine force of BD for a model of one's own."""
    return _made(BhaduriModel, name, three_body, parameters)


def _made(kind: type[QuarkModel], name: str, three_body: bool, parameters: dict[str, float]) -> QuarkModel:
    known = {field.name: field for field in fields(kind) if field.name not in ("name", "three_body")}
    unknown = sorted(set(parameters) - set(known))
    if unknown:
        raise ConfigError(
            f"unknown parameter {unknown[0]!r} of a quark model: choose from {', '.join(known)}"
        )
    for key, value in parameters.items():
        if not isinstance(value, int | float) or not math.isfinite(value) or (key in POSITIVE and value <= 0):
            raise ConfigError(
                f"{key}={value}: a parameter of a quark model is a number"
                + (", this one above 0" if key in POSITIVE else "")
            )
    base = MODELS.get(name.upper())
    if base is None:
        lacking = [key for key, field in known.items() if field.default is MISSING and key not in parameters]
        if lacking:
            raise ConfigError(
                f"unknown quark model {name!r}: choose one of {', '.join(MODELS)}, or give {', '.join(lacking)} too"
            )
        return kind(name=name, three_body=three_body, **parameters)  # type: ignore[arg-type]
    made = replace(base, three_body=three_body, **parameters)  # type: ignore[arg-type]
    owner = next((model for model in MODELS.values() if model.masses == made.masses), base)
    if owner != base:
        raise ConfigError(
            f"interaction.name={name} beside the quark masses of {owner.name}: a name changes no numbers, "
            f"choose interaction={name.lower()}"
        )
    return made
