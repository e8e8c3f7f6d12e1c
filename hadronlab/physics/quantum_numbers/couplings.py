"""Coupled bases of SU(2) and SU(3) multiplets, found by diagonalising nested Casimir operators.

A coupling scheme is a binary tree over the particles, such as ((0, 1), (2, 3)). A basis state carries the
irreducible representation of every node; the chains of `coupling_tree` couple single particles and pairs,
so no multiplicity arises (Pieri's rule) and the states are unique up to a sign, which is fixed here.

Convention for permutations, used throughout the package: a permutation π acts on functions by
(U_π Ψ)(x_0, …, x_{N-1}) = Ψ(x_{π(0)}, …, x_{π(N-1)}), x = (r, colour, spin, isospin), hence U_σ U_π = U_{σ∘π}
with (σ∘π)(i) = σ(π(i)).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import TypeAlias

import numpy as np

Tree: TypeAlias = "int | tuple[Tree, Tree]"
PairOperator: TypeAlias = Callable[[int, int], np.ndarray]


def pairs_of(n: int) -> list[tuple[int, int]]:
    """All pairs i < j of n particles, in the order used everywhere: (0,1), (0,2), …, (n-2,n-1)."""
    return list(combinations(range(n), 2))


def leaves(tree: Tree) -> tuple[int, ...]:
    """The particles of a tree, from left to right."""
    return (tree,) if isinstance(tree, int) else leaves(tree[0]) + leaves(tree[1])


def inner_nodes(tree: Tree) -> list[Tree]:
    """Nodes with children, the root first."""
    return [] if isinstance(tree, int) else [tree, *inner_nodes(tree[0]), *inner_nodes(tree[1])]


def coupling_tree(*groups: Sequence[int]) -> Tree:
    """Within each group neighbours are paired and the pairs coupled in order; then the groups are coupled."""

    def join(parts: list[Tree]) -> Tree:
        tree = parts[0]
        for part in parts[1:]:
            tree = (tree, part)
        return tree

    def chain(group: Sequence[int]) -> Tree:
        return join(
            [(group[i], group[i + 1]) if i + 1 < len(group) else group[i] for i in range(0, len(group), 2)]
        )

    return join([chain(group) for group in groups if len(group)])


@dataclass(frozen=True)
class CoupledBasis:
    """Orthonormal coupled states of N multiplets of dimension d.

    vectors: (n, d, …, d) components; nodes: particles of every inner node, the root first; irreps[a][k]: name of state
    a's representation at the k-th of them; labels: one readable label a state; pair_matrices: (n_pairs, n, n) elements
    of the pair operator.
    """

    vectors: np.ndarray
    nodes: tuple[tuple[int, ...], ...]
    irreps: tuple[tuple[str, ...], ...]
    labels: tuple[str, ...]
    pair_matrices: np.ndarray

    @property
    def n(self) -> int:
        return len(self.vectors)

    def select(self, states: Sequence[int]) -> CoupledBasis:
        """The basis of the given states only."""
        keep = list(states)
        return CoupledBasis(
            self.vectors[keep],
            self.nodes,
            tuple(self.irreps[a] for a in keep),
            tuple(self.labels[a] for a in keep),
            self.pair_matrices[:, keep][:, :, keep],
        )

    def permutation(self, perm: Sequence[int]) -> np.ndarray:
        """D_αβ(π) = ⟨χ_α|U_π χ_β⟩, shape (n, n)."""
        before = self.vectors.ndim - len(perm)  # the states, and what a permutation leaves alone
        permuted = self.vectors.transpose(*range(before), *(before + np.argsort(perm)))
        return snap_to_roots(self.vectors.reshape(self.n, -1) @ permuted.reshape(self.n, -1).T)


def coupled_basis(
    tree: Tree,
    dims: int,
    pair_operator: PairOperator,
    irrep: Callable[[tuple[int, ...], float], str],
    total: str,
    restrict: np.ndarray | None = None,
) -> CoupledBasis:
    """States in which every node of `tree` has a definite irrep and the root has the irrep `total`.

    pair_operator(i, j): (d², d²) matrix of the scalar product of the generators of particles i and j;
    irrep(particles, x): name of the irrep in which their summed pair operator has the eigenvalue x; restrict:
    (d^N,) mask of product states (a weight). Raises ValueError for a scheme in which the irreps do not tell all states
    apart.
    """
    n = len(leaves(tree))
    identity = np.eye(dims**n)
    if restrict is not None:
        identity = identity[restrict]
    blocks: list[tuple[np.ndarray, tuple[str, ...]]] = [(identity, ())]
    for node in inner_nodes(tree) or [tree]:
        members = tuple(sorted(leaves(node)))
        found = []
        for space, names in blocks:
            image = sum(
                (apply_pair(space, n, dims, i, j, pair_operator(i, j)) for i, j in combinations(members, 2)),
                0 * space,
            )
            values, rotation = np.linalg.eigh(space @ image.T)
            for value in sorted({round(float(v), 6) for v in values}):
                name = irrep(members, value)
                if names or name == total:  # the first node is the root
                    found.append((rotation[:, np.abs(values - value) < 1e-5].T @ space, (*names, name)))
        blocks = found
    if any(len(space) != 1 for space, _ in blocks):
        raise ValueError(f"the coupling scheme {tree} leaves multiplicities")
    vectors = np.array([_fix_sign(space[0]) for space, _ in blocks]).reshape(len(blocks), *[dims] * n)
    matrices = [
        snap_to_roots(_flat(vectors) @ apply_pair(_flat(vectors), n, dims, i, j, pair_operator(i, j)).T)
        for i, j in pairs_of(n)
    ]
    nodes = [tuple(sorted(leaves(node))) for node in inner_nodes(tree)]
    irreps = tuple(names for _, names in blocks)
    return CoupledBasis(
        vectors,
        tuple(nodes),
        irreps,
        _labels(tree, irreps),
        np.array(matrices).reshape(len(matrices), len(blocks), len(blocks)),
    )


def apply_pair(states: np.ndarray, n: int, dims: int, i: int, j: int, operator: np.ndarray) -> np.ndarray:
    """Apply a (d², d²) operator to particles i and j of states with shape (m, d^n)."""
    tensor = states.reshape(-1, *[dims] * n)
    result = np.tensordot(tensor, operator.reshape([dims] * 4), axes=((1 + i, 1 + j), (2, 3)))
    return np.moveaxis(result, (-2, -1), (1 + i, 1 + j)).reshape(states.shape)


def snap_to_roots(matrix: np.ndarray, tolerance: float = 1e-11) -> np.ndarray:
    """Round elements to ±√(p/q): the states are rational up to their norms, so the squares are rational."""

    def snap(x: float) -> float:
        square = Fraction(x * x).limit_denominator(100000)
        exact = float(np.copysign(np.sqrt(square.numerator / square.denominator), x)) if square else 0.0
        return exact if abs(exact - x) < tolerance else x

    return np.vectorize(snap, otypes=[float])(matrix) if matrix.size else matrix


def _flat(vectors: np.ndarray) -> np.ndarray:
    return vectors.reshape(len(vectors), -1)


def _fix_sign(vector: np.ndarray) -> np.ndarray:
    first = np.flatnonzero(np.abs(vector) > 1e-8)[0]
    return vector * np.sign(vector[first])


def _labels(tree: Tree, irreps: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """Irreps of the pairs joined by '-'; where that is ambiguous every inner node is shown: '(1-1)0'."""
    if isinstance(tree, int):
        return tuple(names[0] for names in irreps)
    nodes = inner_nodes(tree)

    def text(node: Tree, names: dict[int, str], full: bool) -> str:
        if isinstance(node, int):
            return ""
        inner = "-".join(t for t in (text(child, names, full) for child in node) if t)
        if not inner:
            return names[id(node)]
        return f"({inner}){names[id(node)]}" if full and node is not tree else inner

    for full in (False, True):
        labels = [text(tree, dict(zip(map(id, nodes), names, strict=True)), full) for names in irreps]
        if len(set(labels)) == len(labels):
            break
    return tuple(labels)
