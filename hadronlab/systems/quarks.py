"""Few-body systems of quarks or leptons: what the wave functions, samplers and estimators see of the physics.

Internal units: GeV and fm for quarks, Hartree and bohr for leptons; `to_unit` turns an energy into `energy_unit`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import torch
from torch import Tensor

from hadronlab.errors import ConfigError
from hadronlab.physics.channels import ChannelBasis, PermutationElement, lepton_channels, quark_channels
from hadronlab.physics.coulomb import Coulomb
from hadronlab.physics.couplings import pairs_of
from hadronlab.physics.interaction import Interaction
from hadronlab.physics.isospin import THIRD_COMPONENT
from hadronlab.physics.permutations import identical_groups
from hadronlab.physics.quark_models import AL1, HBAR_C
from hadronlab.physics.spin import possible_spins

MAX_PARTICLES = 6


@dataclass(frozen=True)
class FewBodySystem:
    """N particles with coupled discrete channels.

    Kinetic energy: −Σ_i ħ²c²/(2 m_i) ∇_i², V and masses in the internal unit (GeV or Hartree), r in fm or bohr.
    """

    name: str
    labels: tuple[str, ...]
    """as the user wrote them, quarks first and equal flavours together: ("c", "c", "u~", "d~")"""
    flavors: tuple[str, ...]
    """what makes particles identical: ("c", "c", "q~", "q~")"""
    masses: Tensor
    """(N,) float64"""
    hbar_c: float
    energy_unit: str
    to_unit: float
    channels: ChannelBasis
    interaction: Interaction
    spin: Fraction
    isospin: Fraction
    parity: int | None = 1
    """spatial parity to project on (+1 in an S wave), None for no projection"""

    @property
    def n_particles(self) -> int:
        return len(self.labels)

    @property
    def n_channels(self) -> int:
        return self.channels.n

    @property
    def channel_labels(self) -> tuple[str, ...]:
        return self.channels.labels

    @property
    def color_labels(self) -> tuple[str, ...]:
        """Labels of the colour singlets, for example ("3bar-3", "6-6bar"); empty for leptons."""
        return self.channels.color.labels if self.energy_unit == "MeV" else ()

    @property
    def spin_labels(self) -> tuple[str, ...]:
        return self.channels.spin.labels

    @property
    def isospin_labels(self) -> tuple[str, ...]:
        return self.channels.isospin.labels

    @cached_property
    def channel_indices(self) -> Tensor:
        """(n_channels, 3) colour, spin and isospin index of every channel."""
        return torch.from_numpy(self.channels.indices.copy())

    @cached_property
    def pairs(self) -> list[tuple[int, int]]:
        """(0,1), (0,2), …: the order of every distances tensor."""
        return pairs_of(self.n_particles)

    @cached_property
    def pair_classes(self) -> dict[str, list[int]]:
        """Pairs equivalent by symmetry: {"c-c": [0], "c-q~": [1, 2, 3, 4], "q~-q~": [5]}."""
        classes: dict[str, list[int]] = {}
        for p, (i, j) in enumerate(self.pairs):
            classes.setdefault(f"{self.flavors[i]}-{self.flavors[j]}", []).append(p)
        return classes

    @property
    def group(self) -> tuple[PermutationElement, ...]:
        """Permutations of identical particles: .perm, .sign, .matrix = D(π) (n, n) numpy, homomorphic: D(σ∘π) = D(σ)D(π)."""
        return self.channels.group

    @property
    def mass_sum(self) -> float:
        """Σ m_i in `energy_unit` (0 for leptons, whose rest energy is not counted)."""
        return float(self.masses.sum()) * self.to_unit if self.energy_unit == "MeV" else 0.0

    @cached_property
    def couplings(self) -> Tensor:
        """(n_operators · n_pairs, n, n) symmetric matrices of the pair operators, operators outermost."""
        matrices = [torch.from_numpy(self.channels.operator(name)) for name in self.interaction.operators]
        return torch.cat(matrices)

    @cached_property
    def _pair_masses(self) -> tuple[Tensor, Tensor]:
        first, second = zip(*self.pairs)
        return self.masses[list(first), None], self.masses[list(second), None]

    def distances(self, r: Tensor) -> Tensor:
        """|r_i − r_j| of coordinates (N, 3, batch), shape (n_pairs, batch)."""
        first, second = zip(*self.pairs)
        return (r[list(first)] - r[list(second)]).norm(dim=1)

    def radial(self, distances: Tensor) -> Tensor:
        """Radial factors (n_operators · n_pairs, batch) that go with `couplings`; distances (n_pairs, batch)."""
        mass_i, mass_j = (m.to(distances) for m in self._pair_masses)
        return torch.cat(self.interaction.radial(distances, mass_i, mass_j))

    def potential(self, distances: Tensor) -> Tensor:
        """V_αβ, shape (..., n, n), symmetric, internal unit; distances (..., n_pairs)."""
        flat = distances.reshape(-1, len(self.pairs)).T
        matrix = torch.tensordot(self.radial(flat), self.couplings.to(distances), dims=([0], [0]))
        extra = self.interaction.many_body(flat, self.masses)
        if extra is not None:
            matrix = matrix + extra[:, None, None] * torch.eye(self.n_channels).to(distances)
        return matrix.reshape(*distances.shape[:-1], self.n_channels, self.n_channels)

    def potential_apply(self, distances: Tensor, psi: Tensor) -> Tensor:
        """Σ_β V_αβ ψ_β, shape (n, batch); distances (n_pairs, batch), psi (n, batch). Fast path of `potential`."""
        n, batch = psi.shape
        matrix = self.couplings.to(psi).reshape(-1, n * n).T @ self.radial(distances)
        result = torch.einsum("abk,bk->ak", matrix.reshape(n, n, batch), psi)
        extra = self.interaction.many_body(distances, self.masses)
        return result if extra is None else result + extra * psi


def quark_system(
    name: str,
    quarks: str | Sequence[str],
    spin: float | str,
    isospin: float | str,
    parity: int | None = 1,
    interaction: Interaction = AL1,
) -> FewBodySystem:
    """A colour-singlet system of two to six quarks, for example quark_system("tcc", "c c u~ d~", spin=1, isospin=0).

    quarks: u, d (or q for either), s, c, b; a trailing ~ marks an antiquark. spin, isospin: total S and I (0, 0.5, "3/2", …).
    Raises ConfigError for an unknown flavour, a content without colour singlets, and an S or I that the content does not allow.
    """
    labels = quarks.split() if isinstance(quarks, str) else list(quarks)
    if not 2 <= len(labels) <= MAX_PARTICLES:
        raise ConfigError(
            f"system {name!r} has {len(labels)} quarks: give 2 to {MAX_PARTICLES}, for example 'c c u~ d~'"
        )
    for label in labels:
        if label.removesuffix("~") not in {"u", "d", "q", "s", "c", "b"}:
            raise ConfigError(
                f"unknown quark {label!r} in {' '.join(labels)!r}: use u d s c b (q = u or d), and ~ for an antiquark"
            )
    if (len(labels) - 2 * sum(label.endswith("~") for label in labels)) % 3:
        raise ConfigError(
            f"{' '.join(labels)!r} has no colour singlet: the number of quarks minus that of antiquarks must be a multiple of 3"
        )
    labels = _coupling_order(labels)
    flavors = [_flavor(label) for label in labels]
    anti = tuple(label.endswith("~") for label in labels)
    total_spin, total_isospin = _half_integer("spin", spin), _half_integer("isospin", isospin)
    _check_quantum_numbers(name, labels, total_spin, total_isospin)
    if parity not in (1, -1, None):
        raise ConfigError(f"parity={parity} of system {name!r}: use 1, -1, or null for no projection")
    interaction.check(anti)
    bare = [f.removesuffix("~") for f in flavors]
    return FewBodySystem(
        name=name,
        labels=tuple(labels),
        flavors=tuple(flavors),
        masses=torch.tensor([interaction.mass(f) for f in bare], dtype=torch.float64),
        hbar_c=HBAR_C,
        energy_unit="MeV",
        to_unit=1000.0,
        channels=quark_channels(bare, anti, total_spin, total_isospin),
        interaction=interaction,
        spin=total_spin,
        isospin=total_isospin,
        parity=parity,
    )


def lepton_system(
    name: str,
    leptons: str | Sequence[str],
    spins: dict[str, float] | None = None,
    parity: int | None = 1,
    interaction: Interaction | None = None,
) -> FewBodySystem:
    """Two to six leptons with Coulomb forces in atomic units, for example lepton_system("ps2", "e- e- e+ e+").

    spins: total spin of the identical particles of a kind, {"e-": 0}; the lowest by default (singlet electrons). Raises ConfigError
    for an unknown lepton or an impossible spin.
    """
    labels = leptons.split() if isinstance(leptons, str) else list(leptons)
    if not 2 <= len(labels) <= MAX_PARTICLES:
        raise ConfigError(
            f"system {name!r} has {len(labels)} leptons: give 2 to {MAX_PARTICLES}, for example 'e- e- e+'"
        )
    for label in labels:
        if label[-1] not in "+-":
            raise ConfigError(f"unknown lepton {label!r} in {' '.join(labels)!r}: use e-, e+, mu-, mu+")
    groups = identical_groups(labels)
    labels = [labels[i] for group in groups for i in group]
    force = interaction or Coulomb()
    total: dict[str, Fraction] = {}
    for group in groups:
        kind = labels[len([i for g in groups[: groups.index(group)] for i in g])]
        allowed = possible_spins(len(group))
        total[kind] = _half_integer(f"spins.{kind}", (spins or {}).get(kind, float(allowed[0])))
        if total[kind] not in allowed:
            raise ConfigError(
                f"spins.{kind}={total[kind]} is impossible for {len(group)} particles: choose {_list(allowed)}"
            )
    unknown = set(spins or {}) - set(total)
    if unknown:
        raise ConfigError(
            f"spins.{sorted(unknown)[0]} of system {name!r} names no particle of {' '.join(labels)!r}"
        )
    charges = [1.0 if label.endswith("+") else -1.0 for label in labels]
    force.check(tuple(charge > 0 for charge in charges))
    return FewBodySystem(
        name=name,
        labels=tuple(labels),
        flavors=tuple(labels),
        masses=torch.tensor([force.mass(label[:-1]) for label in labels], dtype=torch.float64),
        hbar_c=1.0,
        energy_unit="Ha",
        to_unit=1.0,
        channels=lepton_channels(labels, charges, total),
        interaction=force,
        spin=sum(total.values(), Fraction(0)),
        isospin=Fraction(0),
        parity=parity,
    )


def _flavor(label: str) -> str:
    """u and d are one flavour q with isospin."""
    return "q" + label[1:] if label[0] in "ud" else label


def _coupling_order(labels: list[str]) -> list[str]:
    """Quarks before antiquarks and identical ones together, even groups first: pairs of identical quarks are coupled first."""
    ordered = []
    for anti in (False, True):
        part = [label for label in labels if label.endswith("~") == anti]
        groups = identical_groups([_flavor(label) for label in part])
        groups.sort(key=lambda group: (len(group) % 2, -len(group)))
        ordered += [part[i] for group in groups for i in group]
    return ordered


def _half_integer(what: str, value: float | str) -> Fraction:
    try:
        number = Fraction(value)
    except (ValueError, TypeError):
        raise ConfigError(f"{what}={value} is not a number: give 0, 0.5, 1, …") from None
    if number < 0 or number.denominator > 2:
        raise ConfigError(f"{what}={value} is not a multiple of 1/2: give 0, 0.5, 1, …")
    return number


def _check_quantum_numbers(name: str, labels: list[str], spin: Fraction, isospin: Fraction) -> None:
    content = " ".join(labels)
    light = [label for label in labels if label[0] in "udq"]
    for what, value, allowed in (
        ("spin", spin, possible_spins(len(labels))),
        ("isospin", isospin, possible_spins(len(light))),
    ):
        if value not in allowed:
            raise ConfigError(
                f"{what}={float(value):g} is impossible for {name} = {content!r}: choose {what} from {_list(allowed)}"
            )
    if light and all(label in THIRD_COMPONENT for label in light):
        third = abs(sum((THIRD_COMPONENT[label] for label in light), Fraction(0)))
        if isospin < third:
            raise ConfigError(
                f"isospin={float(isospin):g} is impossible for {content!r}, whose I_z is {third}: "
                f"choose isospin from {_list([i for i in possible_spins(len(light)) if i >= third])}, or write q for u or d"
            )


def _list(values: Sequence[Fraction]) -> str:
    return ", ".join(f"{float(v):g}" for v in values)
