"""What the wave functions, samplers and observables see of a system of a few particles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import torch
from torch import Tensor

from hadronlab.errors import ConfigError
from hadronlab.physics.forces.interaction import Interaction
from hadronlab.physics.quantum_numbers.channels import ChannelBasis, PermutationElement
from hadronlab.physics.quantum_numbers.couplings import pairs_of
from hadronlab.physics.quantum_numbers.spin import coupled_to
from hadronlab.physics.quantum_numbers.spin_orbit import SpinOrbitBasis, rank
from hadronlab.systems.far_apart import constant
from hadronlab.systems.fine_structure import check_fine_structure
from hadronlab.systems.orbital import check_orbital
from hadronlab.systems.threshold import Cluster, Threshold


@dataclass(frozen=True)
class FewBodySystem:
    """N particles with coupled discrete channels, H = Σ_i m_i + T + V without the centre of mass   [DeepQuark, Eq. 1].

    Masses, V and T = −Σ_i ħ²c²/(2 m_i) ∇_i² are in an internal unit and in `length_unit`: GeV and fm for quarks, Hartree
    and bohr for leptons. `to_unit` turns an energy into `energy_unit`, in which results are quoted. Raises ConfigError
    for a parity that is none.

    A kind of system (quarks, leptons, a user's own) is a function that returns one, by `_target_`. Where more is known of
    it than this class says, the kind is a subclass: into what it comes apart, its parity, its quantum numbers in words.
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
    L: int = 0
    """total orbital angular momentum, 0 or 1"""
    J: Fraction | None = None
    """total angular momentum; None: all that L and S couple to, which central forces do not tell apart"""
    length_unit: str = "fm"
    counts_masses: bool = True
    """whether energies hold the rest masses"""

    def __post_init__(self) -> None:
        check_orbital(self.name, self.parity, self.L, self.J, self.spin)
        check_fine_structure(self)

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
        """Labels of the colour singlets, for example ("3bar-3", "6-6bar"); empty for particles without colour."""
        return tuple(filter(None, self.channels.color.labels))

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
    def has_fine_structure(self) -> bool:
        """Whether there are spin–orbit or tensor forces."""
        return any(map(rank, self.interaction.operators))

    @property
    def totals(self) -> tuple[Fraction, ...]:
        """J of every state of `spin_labels`, where spins and orbit are coupled to it."""
        spins = self.channels.spin
        return spins.totals if isinstance(spins, SpinOrbitBasis) else ()

    @property
    def group(self) -> tuple[PermutationElement, ...]:
        """Permutations of identical particles, each with .perm, .sign and .matrix = D(π), (n, n)."""
        return self.channels.group

    @property
    def quantum_numbers(self) -> str:
        """I(J^P) where the parity is (−1)^L, of all members of a multiplet: "0(1+)", "0(0-,1-,2-)"; otherwise I, S and P."""
        if self.parity == (-1) ** self.L:
            return f"{self.isospin}({','.join(f'{j}{self.parity_label}' for j in self.members)})"
        return f"I = {self.isospin}, S = {self.spin}, P = {self.parity_label or 'any'}"

    @property
    def members(self) -> list[Fraction]:
        """J, or all that there are."""
        return self._multiplet if self.J is None else [self.J]

    @property
    def _multiplet(self) -> list[Fraction]:
        """All J to which L and S couple."""
        return coupled_to(self.L, self.spin)

    @property
    def parity_label(self) -> str:
        """The parity, + or -, with the intrinsic ones of the particles; empty where none is projected on."""
        return {1: "+", -1: "-", 0: ""}[(self.parity or 0) * self.intrinsic_parity]

    @property
    def intrinsic_parity(self) -> int:
        """The product of those of the particles."""
        return 1

    def comes_apart(self, part: Sequence[int]) -> bool:
        """Whether the particles `part` and the others can exist apart from each other."""
        return True

    def thresholds(self) -> list[Threshold]:
        """The energies at which the system falls apart, the lowest first; none where it cannot, and perhaps not all that lie
        above the lowest. Raises ConfigError where they are not known.
        """
        raise ConfigError(f"{type(self).__name__} does not say into what {self.name} falls apart")

    def lowest_threshold(self) -> Threshold | None:
        """The lowest of them, None where the system cannot fall apart. Raises ConfigError where that is not known."""
        return next(iter(self.thresholds()), None)

    def threshold_energy(self, threshold: Threshold) -> float:
        """That of the same clusters as those of `threshold`, which may be of another interaction; nan where it is not known."""
        same = (one.energy for one in self.thresholds() if one.name == threshold.name)
        return next(same, float("nan"))

    def cluster_system(self, cluster: Cluster, L: int = 0) -> FewBodySystem | None:
        """A cluster of a threshold as a system of its own, with an orbital momentum; None: it is one particle, or not known."""
        return None

    @property
    def mass_sum(self) -> float:
        """Σ m_i in `energy_unit`, 0 where energies do not hold it."""
        return float(self.masses.sum()) * self.to_unit if self.counts_masses else 0.0

    @cached_property
    def constant(self) -> float:
        """What H holds however far apart the particles are, in `energy_unit`, see `far_apart`."""
        return constant(self)

    @cached_property
    def couplings(self) -> Tensor:
        """(n_operators · n_pairs, n, n) symmetric matrices of the pair operators, operators outermost; zero of those that turn
        orbits, which are no functions of distances.
        """
        names = self.interaction.operators
        matrices = [torch.from_numpy((rank(name) == 0) * self.channels.operator(name)) for name in names]
        return torch.cat([torch.zeros(0, self.n_channels, self.n_channels, dtype=torch.float64), *matrices])

    @cached_property
    def _copies(self) -> dict[tuple[torch.device, torch.dtype], tuple[Tensor, Tensor, Tensor, Tensor]]:
        return {}

    def _beside(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Indices of the first and the second particle of every pair (n_pairs,), their masses (n_pairs, 2, 1) and the
        `couplings`, on the device and in the dtype of x; copied there once, not at every step."""
        key = x.device, x.dtype
        if key not in self._copies:
            with torch.inference_mode(False):  # they outlive the caller
                first, second = torch.tensor(self.pairs).T.contiguous().to(x.device)
                masses = self.masses[torch.tensor(self.pairs), None].to(x)
                self._copies[key] = first, second, masses, self.couplings.to(x)
        return self._copies[key]

    def distances(self, r: Tensor) -> Tensor:
        """|r_i − r_j| of coordinates (N, 3, batch), shape (n_pairs, batch)."""
        first, second, *_ = self._beside(r)
        return (r[first] - r[second]).norm(dim=1)

    def radial(self, distances: Tensor) -> Tensor:
        """Radial factors of `couplings`, (n_operators · n_pairs, batch); distances (n_pairs, batch)."""
        mass_i, mass_j = self._beside(distances)[2].unbind(1)
        return torch.cat([distances[:0], *self.interaction.radial(distances, mass_i, mass_j)])

    def potential(self, distances: Tensor) -> Tensor:
        """V_αβ, shape (..., n, n), symmetric, internal unit; distances (..., n_pairs)."""
        flat = distances.reshape(-1, len(self.pairs)).T
        matrix = torch.einsum("tk,tab->kab", self.radial(flat), self._beside(distances)[3])
        extra = self.interaction.many_body(flat, self.masses)
        if extra is not None:
            matrix = matrix + extra[:, None, None] * torch.eye(self.n_channels).to(distances)
        coupled = self.interaction.matrix(flat, self.masses, self.channels)
        if coupled is not None:
            matrix = matrix + coupled
        return matrix.reshape(*distances.shape[:-1], self.n_channels, self.n_channels)

    def potential_apply(self, distances: Tensor, psi: Tensor) -> Tensor:
        """Σ_β V_αβ ψ_β, shape (n, batch); distances (n_pairs, batch), psi (n, batch).

        One operator after the other: V of every sample would have n² numbers, the product of one operator has n.
        """
        result = torch.zeros_like(psi)
        for coupling, radial in zip(self._beside(psi)[3], self.radial(distances), strict=True):
            result.addcmul_(coupling @ psi, radial)
        extra = self.interaction.many_body(distances, self.masses)
        if extra is not None:
            result = result + extra * psi
        coupled = self.interaction.matrix(distances, self.masses, self.channels)
        return result if coupled is None else result + torch.einsum("kab,bk->ak", coupled, psi)
