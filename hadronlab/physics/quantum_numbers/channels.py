"""The coupled colour ⊗ spin ⊗ isospin channels of a few particles; operators and permutations on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, reduce

import numpy as np

from hadronlab.errors import ConfigError
from hadronlab.physics.quantum_numbers.color import color_basis
from hadronlab.physics.quantum_numbers.couplings import CoupledBasis, coupling_tree, pairs_of
from hadronlab.physics.quantum_numbers.flavor import NAMES, flavor_factors
from hadronlab.physics.quantum_numbers.isospin import IsospinBasis, isospin_basis
from hadronlab.physics.quantum_numbers.permutations import identical_groups, permutation_group, sign
from hadronlab.physics.quantum_numbers.spin import possible_spins, spin_basis
from hadronlab.physics.quantum_numbers.spin_orbit import RANKS, SpinOrbitBasis, with_orbit


@dataclass(frozen=True)
class PermutationElement:
    """One permutation of identical particles: `perm`, its sign, and D(π) on the channels, (n, n).

    D(σ∘π) = D(σ) D(π); the antisymmetric ψ_α(r) = Σ_π sgn(π) Σ_β D_αβ(π) f_β(πr), (πr)_i = r_{π(i)}.
    [DeepQuark, Eq. 6]
    """

    perm: tuple[int, ...]
    sign: int
    factors: tuple[np.ndarray, ...]

    @cached_property
    def matrix(self) -> np.ndarray:
        """D_colour ⊗ D_spin ⊗ D_isospin."""
        return reduce(np.kron, self.factors)


@dataclass(frozen=True)
class ChannelBasis:
    """Product basis; channel index = (colour · n_spin + spin) · n_isospin + isospin."""

    kinds: tuple[str, ...]
    color: CoupledBasis | IsospinBasis  # of leptons: the trivial one
    spin: CoupledBasis
    isospin: IsospinBasis
    charges: tuple[float, ...] | None = None

    @property
    def n(self) -> int:
        return self.color.n * self.spin.n * self.isospin.n

    @cached_property
    def indices(self) -> np.ndarray:
        """(n, 3) colour, spin and isospin index of every channel."""
        shape = (self.color.n, self.spin.n, self.isospin.n)
        return np.stack(np.unravel_index(np.arange(self.n), shape), axis=1)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """'3bar-3 S[1-0] I[0]': colour, spin, isospin couplings; a part with one state only is left out."""
        parts = [("{}", self.color), ("S[{}]", self.spin), ("I[{}]", self.isospin)]
        return tuple(
            " ".join(form.format(b.labels[k]) for (form, b), k in zip(parts, row, strict=True) if b.n > 1)
            or self.color.labels[0]
            or "1"
            for row in self.indices
        )

    def operator(self, name: str) -> np.ndarray:
        """(n_pairs, n, n) matrices of a pair operator: a product of 'color' (λ_i·λ_j), 'spin' (S_i·S_j), 'isospin' (I_i·I_j), 'charge'
        (e_i e_j), 'pion', 'kaon', 'eta' and 'light' (see flavor.py) or 'one', joined by '*', such as 'color*spin'; in place of 'spin'
        one of `RANKS`, which is zero between channels without an orbit.

        Raises ConfigError for any other name.
        """
        factors = set(name.split("*"))
        orbital, flavored = factors & set(RANKS), factors & set(NAMES)
        if (
            factors - {"color", "spin", "isospin", "charge", "one", *RANKS, *NAMES}
            or ("charge" in factors and self.charges is None)
            or len(orbital | factors & {"spin"}) > 1
        ):
            raise ConfigError(
                f"unknown pair operator {name!r}: use products of color, spin, isospin, {', '.join(NAMES)}, one (leptons: charge), "
                f"and of {', '.join(RANKS)} one in place of spin"
            )
        turning = self.spin.orbital if isinstance(self.spin, SpinOrbitBasis) else {}
        weights = np.prod([flavor_factors(key, self.kinds) for key in sorted(flavored)], axis=0)
        factors |= {"isospin"} if "pion" in factors else set()
        matrices = []
        for p, (i, j) in enumerate(pairs_of(len(self.kinds))):
            parts = [(b.pair_matrices[p] if key in factors else np.eye(b.n)) for key, b in self._parts]
            for key in orbital:
                parts[1] = turning[key][p] if turning else np.zeros_like(parts[1])
            charge = self.charges[i] * self.charges[j] if self.charges and "charge" in factors else 1.0
            matrices.append(charge * reduce(np.kron, parts))
        return np.array(matrices) * np.reshape(weights, (-1, 1, 1))

    @cached_property
    def group(self) -> tuple[PermutationElement, ...]:
        """All permutations of identical particles, the identity first."""
        return tuple(
            PermutationElement(perm, sign(perm), tuple(b.permutation(perm) for _, b in self._parts))
            for perm in permutation_group(self.kinds)
        )

    @cached_property
    def symmetric_projector(self) -> np.ndarray:
        """(n, n) projector Σ_π sgn(π) D(π)/|G| on the channels that go with a symmetric spatial function."""
        return sum((g.sign * g.matrix for g in self.group), np.zeros((self.n, self.n))) / len(self.group)

    @property
    def _parts(self) -> tuple[tuple[str, CoupledBasis | IsospinBasis], ...]:
        return (("color", self.color), ("spin", self.spin), ("isospin", self.isospin))


def quark_channels(
    flavors: Sequence[str],
    anti: Sequence[bool],
    spin: Fraction,
    isospin: Fraction,
    totals: Sequence[Fraction] = (),
) -> ChannelBasis:
    """Channels of quarks (flavors 'q', 's', 'c', 'b'; anti marks antiquarks), quarks before antiquarks: every colour
    singlet with every state of S and of I   [DeepQuark, Eq. 4, 10]; with `totals` of every S that couples with L = 1 to one of these J.
    """
    n = len(flavors)
    quarks = [i for i in range(n) if not anti[i]]
    antiquarks = [i for i in range(n) if anti[i]]
    tree = coupling_tree(quarks, antiquarks)
    light = [[i for i in group if flavors[i] == "q"] for group in (quarks, antiquarks)]
    kinds = tuple(f + "~" * a for f, a in zip(flavors, anti, strict=True))
    color = color_basis(tuple(anti), tree)  # Eq. (10)
    spins = spin_basis(n, spin, tree)
    if totals:
        spins = with_orbit([spin_basis(n, one, tree) for one in possible_spins(n)], totals)
    return ChannelBasis(kinds, color, spins, isospin_basis(light[0], light[1], n, isospin))  # Eq. (4)


def lepton_channels(
    kinds: Sequence[str], charges: Sequence[float], spins: dict[str, Fraction]
) -> ChannelBasis:
    """Spin channels of leptons in which the identical ones of each kind have the total spin spins[kind].

    A Coulomb force conserves the spin of each kind by itself; how these are coupled does not matter.
    """
    n = len(kinds)
    groups = identical_groups(kinds)
    basis = spin_basis(n, sum(spins.values(), Fraction(0)), coupling_tree(*groups))
    position = {tuple(members): k for k, members in enumerate(basis.nodes)}
    keep = [
        a
        for a, names in enumerate(basis.irreps)
        if all(len(g) == 1 or names[position[g]] == str(spins[kinds[g[0]]]) for g in groups)
    ]
    trivial = isospin_basis((), (), n, Fraction(0))
    return ChannelBasis(tuple(kinds), trivial, basis.select(keep), trivial, tuple(charges))
