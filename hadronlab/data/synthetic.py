"""A synthetic lattice: R-correlators of a known potential, as a lattice calculation would give them.

R(t, r) = Σ_n A_n ψ_n(r) e^{−ΔW_n t} with the S-wave states ψ_n of the potential in a sphere of the
lattice's volume, ΔW_n = sqrt(m1² + k_n²) + sqrt(m2² + k_n²) − m1 − m2, and A_n = ⟨source|ψ_n⟩.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from hadronlab.data.noise import InelasticState, Noise
from hadronlab.data.r_correlator import RCorrelator
from hadronlab.data.wedge import Wedge, wedge_sites
from hadronlab.errors import ConfigError
from hadronlab.physics.constants import HBAR_C
from hadronlab.physics.finite_volume.box import BoxSpectrum, box_spectrum, sphere_radius
from hadronlab.physics.scattering.quadrature import gauss_legendre
from hadronlab.systems.hadrons import HadronPair


@dataclass(frozen=True)
class SourceShape:
    """s(r) is constant ("wall"), e^{−r/range_fm} ("exponential") or e^{−(r/range_fm)²} ("gaussian").

    channel: of several, the one in which it starts; None: the first.
    """

    shape: str = "wall"
    range_fm: float | None = None
    channel: str | None = None

    def __post_init__(self) -> None:
        if self.shape not in ("wall", "exponential", "gaussian"):
            raise ConfigError(f"source shape {self.shape!r} is unknown: choose wall, exponential or gaussian")
        if (self.shape == "wall") != (self.range_fm is None) or (
            self.range_fm is not None and not self.range_fm > 0
        ):
            raise ConfigError(
                f"source {self.shape}: range_fm = {self.range_fm}; a wall has none, the others need one"
            )

    def __call__(self, r: Tensor) -> Tensor:
        """s(r) at r in fm."""
        if self.range_fm is None:
            return torch.ones_like(r)
        return torch.exp(-r / self.range_fm if self.shape == "exponential" else -((r / self.range_fm) ** 2))


@dataclass(frozen=True)
class SyntheticLattice:
    """Settings of one synthetic lattice.

    spacing_fm, length: a and L of the L³ box; it stands for a sphere of the same volume. times: slices,
    at least three. grid: "radial" (steps of `step` a up to the sphere's radius) or "sites" (the A1+
    wedge of the box, with the radial solution sampled on it). n_states of n_mesh mesh points are
    summed. noise, inelastic: None for neither. z_factors: of coupled channels, by which the operators of a channel, by its
    name, scale R; 1 where it is not named.
    """

    spacing_fm: float = 0.0846
    length: int = 96
    times: Sequence[int] = (24, 25, 26, 27, 28)
    sources: Mapping[str, SourceShape] = field(
        default_factory=lambda: {"wall": SourceShape(), "smeared": SourceShape("exponential", 0.5)}
    )
    grid: str = "radial"
    step: float = 0.2
    boundary: str = "neumann"
    n_states: int = 60
    n_mesh: int = 240
    noise: Noise | None = None
    inelastic: InelasticState | None = None
    z_factors: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # A configuration hands over its own containers, in which a SourceShape has become mere settings.
        sources = {str(name): SourceShape(s.shape, s.range_fm, s.channel) for name, s in self.sources.items()}
        object.__setattr__(self, "times", tuple(int(t) for t in self.times))
        object.__setattr__(self, "sources", sources)
        if self.grid not in ("radial", "sites"):
            raise ConfigError(f"synthetic lattice: grid {self.grid!r} is unknown: choose radial or sites")
        if not (self.spacing_fm > 0 and self.length >= 4 and self.step > 0):
            got = f"{self.spacing_fm}, {self.length} and {self.step}"
            raise ConfigError(f"synthetic lattice: need spacing_fm, step > 0 and length >= 4; got {got}")
        if not self.sources:
            raise ConfigError("synthetic lattice: name at least one source")

    @property
    def radius_fm(self) -> float:
        """Radius of the sphere of the box's volume, fm."""
        return sphere_radius(self.length) * self.spacing_fm


def generate(pair: HadronPair, lattice: SyntheticLattice) -> RCorrelator:
    """R(t, r) of `pair`. Raises ConfigError where its masses or its potential are unknown."""
    if pair.potential is None:
        raise ConfigError(f"system {pair.name}: its potential is unknown, so no lattice can be made of it")
    box = box_spectrum(
        lattice.radius_fm,
        pair.reduced_mass,
        pair.hbar_c,
        local=pair.local,
        nonlocal_part=pair.nonlocal_part,
        n_points=lattice.n_mesh,
        boundary=lattice.boundary,
        n_levels=lattice.n_states,
    )
    masses = pair.mass1, pair.mass2
    assert masses[0] is not None and masses[1] is not None  # or reduced_mass has refused
    if abs(pair.hbar_c / HBAR_C - 1) > 1e-9:
        raise ConfigError(
            f"system {pair.name}: a synthetic lattice is in MeV and fm, but hbar_c = {pair.hbar_c}"
        )
    site, radius, distance = _positions(lattice)
    r = torch.from_numpy(distance * lattice.spacing_fm)
    # ψ' = 0 at the sphere continues it smoothly into the corners of the box, which no equation uses.
    shell, member = torch.unique(r.clamp(max=lattice.radius_fm), return_inverse=True)
    psi = box.wavefunctions(shell)
    clock = np.asarray(lattice.times, dtype=np.int64)
    per_mev = lattice.spacing_fm / pair.hbar_c  # one slice in MeV⁻¹
    decay = torch.exp(
        -torch.outer(torch.from_numpy(clock) * per_mev, energy_shifts(box, (masses[0], masses[1])))
    )
    random = None if lattice.noise is None else lattice.noise.generator()
    values = {}
    for name, source in lattice.sources.items():
        R = (decay * overlaps(box, source)) @ psi  # (T, N)
        R = R / R[0].abs().mean()
        if lattice.inelastic is not None:
            R = R + lattice.inelastic(clock - clock[0], shell, per_mev)  # R is of order one by now
        samples = (
            R[None]
            if lattice.noise is None or random is None
            else lattice.noise.resample(R, clock, shell, random)
        )
        values[name] = samples[..., member].numpy()
    return RCorrelator(
        t=clock,
        values=values,
        mass=masses[0] * per_mev,
        mass2=masses[1] * per_mev,
        inverse_spacing=1 / per_mev,
        site=site,
        radius=radius,
        length=lattice.length,
        attributes={"title": f"synthetic lattice of {pair.name}", "synthetic": "yes"},
        origin=f"synthetic {pair.name}",
    )


def _positions(lattice: SyntheticLattice) -> tuple[np.ndarray | None, np.ndarray | None, np.ndarray]:
    """Sites (S, 3) of the wedge, or else radii (S,), and the distances (S,) from the origin, in units of a."""
    if lattice.grid == "sites":
        site = wedge_sites(lattice.length)
        return site, None, Wedge(site, lattice.length).distance
    n_steps = int(lattice.radius_fm / lattice.spacing_fm / lattice.step)
    radius = lattice.step * np.arange(1, n_steps + 1)
    return None, radius, radius


def energy_shifts(box: BoxSpectrum, masses: tuple[float, float]) -> Tensor:
    """ΔW_n in MeV, (n,), with k_n² = 2 μ E_n, negative for a bound state."""
    reduced_mass = masses[0] * masses[1] / sum(masses)
    k2 = 2 * reduced_mass * box.energies
    # √(m² + k²) − m without the cancellation
    return sum((k2 / (torch.sqrt(m**2 + k2) + m) for m in masses), torch.zeros_like(k2))


def overlaps(box: BoxSpectrum, source: SourceShape, n_points: int = 400) -> Tensor:
    """A_n = ∫ 4π r² s(r) ψ_n(r) dr, (n,)."""
    r, weight = gauss_legendre(0.0, box.mesh.radius, n_points)
    return box.wavefunctions(r) @ (4 * math.pi * r**2 * weight * source(r))
