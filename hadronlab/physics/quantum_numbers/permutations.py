"""The group of permutations of identical particles. A permutation is a tuple: π[i] is the image of i."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import permutations as orderings
from itertools import product


def identical_groups(kinds: Sequence[Hashable]) -> list[tuple[int, ...]]:
    """Indices of equal particles, groups in order of first appearance."""
    groups: dict[Hashable, list[int]] = {}
    for i, kind in enumerate(kinds):
        groups.setdefault(kind, []).append(i)
    return [tuple(group) for group in groups.values()]


def compose(sigma: Sequence[int], pi: Sequence[int]) -> tuple[int, ...]:
    """(σ∘π)(i) = σ(π(i))."""
    return tuple(sigma[image] for image in pi)


def sign(perm: Sequence[int]) -> int:
    """+1 for an even permutation, −1 for an odd one."""
    inversions = sum(perm[i] > perm[j] for i in range(len(perm)) for j in range(i + 1, len(perm)))
    return 1 - 2 * (inversions % 2)


def permutation_group(kinds: Sequence[Hashable]) -> list[tuple[int, ...]]:
    """All permutations that exchange equal particles only, the identity first."""
    groups = identical_groups(kinds)
    elements = []
    for images in product(*(orderings(group) for group in groups)):
        perm = list(range(len(kinds)))
        for group, image in zip(groups, images, strict=True):
            for i, target in zip(group, image, strict=True):
                perm[i] = target
        elements.append(tuple(perm))
    return elements
