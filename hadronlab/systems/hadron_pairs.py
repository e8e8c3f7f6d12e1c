"""Two hadrons of a threshold side by side, with wave functions of their own: the channels into which a system may fall apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from hadronlab.errors import ConfigError
from hadronlab.physics.few_body.gaussians.amplitudes import Amplitudes
from hadronlab.physics.few_body.gaussians.overlap_functions import overlap_functions
from hadronlab.physics.few_body.gaussians.solve import solve
from hadronlab.physics.few_body.gaussians.spectrum import Spectrum
from hadronlab.physics.quantum_numbers.channels import PermutationElement
from hadronlab.physics.quantum_numbers.side_by_side import side_by_side
from hadronlab.systems.few_body import FewBodySystem
from hadronlab.systems.quarks import QuarkSystem
from hadronlab.systems.spectra import CLUSTER_SIZE, MORE
from hadronlab.systems.threshold import Cluster, members


@dataclass(frozen=True)
class HadronPair:
    """φ_1 φ_2 of two hadrons in S-wave states, spins and isospins coupled to those of the system, colours to singlets.

    found: the one level of each; members: the particle of the system that each particle of a hadron is; channels: (n, n_1, n_2), of
    `side_by_side`; ways: permutations that lead to all divisions of the particles into these hadrons, exchanges of two equal ones
    not counted.
    """

    name: str
    system: FewBodySystem
    parts: tuple[FewBodySystem, FewBodySystem]
    found: tuple[Spectrum, Spectrum]
    members: tuple[tuple[int, ...], ...]
    channels: np.ndarray
    ways: tuple[PermutationElement, ...]

    def amplitudes(self, r: Tensor) -> Tensor:
        """φ_1 φ_2, (n_channels, batch), at positions r (N, 3, batch) of the members above."""
        first, second = (
            torch.as_tensor(f(r[list(m)])[0]) for f, m in zip(self._amplitudes, self.members, strict=True)
        )
        return torch.einsum("nab,az,bz->nz", torch.from_numpy(self.channels), first, second)

    def apart(self, r: Tensor) -> Tensor:
        """From the centre of mass of the second hadron to that of the first, (3, batch)."""
        centres = [
            torch.einsum("i,ixb->xb", (part.masses / part.masses.sum()).to(r), r[list(m)])
            for part, m in zip(self.parts, self.members, strict=True)
        ]
        return centres[0] - centres[1]

    def placed(self, apart: Tensor, inner: Sequence[Tensor]) -> Tensor:
        """Positions (N, 3, batch) of the hadrons `apart` (3, batch) from each other, `inner` (n, 3, batch) of each within itself."""
        r, whole = apart.new_empty(self.system.n_particles, *apart.shape), float(self.system.masses.sum())
        for k, (own, part, within) in enumerate(zip(self.members, self.parts, inner, strict=True)):
            masses, other = part.masses.to(within), float(self.parts[1 - k].masses.sum())
            centre = torch.einsum("i,ixb->xb", masses / masses.sum(), within)
            r[list(own)] = (within - centre).to(r) + (1 - 2 * k) * other / whole * apart
        return r

    def densities(self, found: Spectrum, distance: np.ndarray) -> np.ndarray:
        """4π R² |u(R)|² of levels of the system, (states, len(distance)), ∫ dR the share of the channel: see ChannelShares."""
        masses = [float(part.masses.sum()) for part in self.parts]
        scale = math.sqrt(masses[0] * masses[1] / sum(masses)) / self.system.hbar_c
        rho, parts = scale * distance, list(zip(self.parts, self.found, strict=True))
        u = overlap_functions(self.system, found, parts, self.members, self.channels, rho)
        directions = 4 * np.pi / 3 * rho**2 if self.system.L else 4 * np.pi  # of ρ_z²
        return len(self.ways) * directions * rho**2 * u**2 * scale

    @cached_property
    def _amplitudes(self) -> list[Amplitudes]:
        return [Amplitudes(*one) for one in zip(self.parts, self.found, strict=True)]


def hadron_pairs(system: FewBodySystem) -> list[HadronPair]:
    """Of all thresholds of two hadrons in S-wave states, the lowest first.

    Raises ConfigError where the thresholds are not known, and for states that spin–orbit and tensor forces mix.
    """
    if not isinstance(system, QuarkSystem):
        return []
    if system.totals:
        raise ConfigError("spin–orbit and tensor forces mix the spins to which hadrons would be coupled")
    solved: dict[Cluster, tuple[FewBodySystem, Spectrum]] = {}
    pairs = []
    for threshold in system.thresholds():
        clusters = threshold.clusters
        if len(clusters) != 2 or any(c.level[-1] != "S" or len(c.flavors) < 2 for c in clusters):
            continue
        for cluster in clusters:
            if cluster not in solved:
                part = system.cluster_system(cluster)
                assert part is not None
                solved[cluster] = part, _level(part, int(cluster.level[0]))
        parts, found = zip(*(solved[cluster] for cluster in clusters), strict=True)
        places = members(system.flavors, [part.flavors for part in parts])
        excess = [
            int(sum(getattr(one, what) for one in clusters) - getattr(system, what))
            for what in ("spin", "isospin")
        ]
        channels = side_by_side(system.channels, [part.channels for part in parts], places, *excess)
        equal = clusters[0] == clusters[1]
        ways = _ways(system, places, equal)
        pairs.append(HadronPair(threshold.name, system, parts, found, places, channels, ways))
    return pairs


def _level(part: FewBodySystem, number: int) -> Spectrum:
    """The 1S or 2S level of a hadron alone."""
    found = solve(part, number, size=CLUSTER_SIZE[part.n_particles] + MORE * (number - 1))
    return replace(found, energies=found.energies[-1:], coefficients=found.coefficients[..., -1:])


def _ways(
    system: FewBodySystem, places: Sequence[Sequence[int]], equal: bool
) -> tuple[PermutationElement, ...]:
    """One permutation for every image of the members of the hadrons, of two equal ones whichever is the first."""
    first: dict[object, PermutationElement] = {}
    for element in system.group:
        images = [frozenset(element.perm[i] for i in place) for place in places]
        first.setdefault(frozenset(images) if equal else tuple(images), element)
    return tuple(first.values())
