"""Colour singlets against group theory and the matrices of the four- and five-quark literature."""

import numpy as np
import pytest

from hadronlab.physics.quantum_numbers.color import color_basis, irrep_name, lambda_lambda
from hadronlab.physics.quantum_numbers.couplings import coupling_tree, pairs_of, snap_to_roots

ROOT8 = np.sqrt(8)


def singlets(n_quarks: int, n_antiquarks: int):
    n = n_quarks + n_antiquarks
    tree = coupling_tree(range(n_quarks), range(n_quarks, n))
    return color_basis(tuple(i >= n_quarks for i in range(n)), tree)


@pytest.mark.parametrize(
    ("content", "count"),
    [((1, 1), 1), ((3, 0), 1), ((0, 3), 1), ((2, 2), 2), ((4, 1), 3), ((1, 4), 3), ((6, 0), 5), ((3, 3), 6)],
)
def test_number_of_singlets_and_casimir(content, count):
    basis = singlets(*content)
    n = sum(content)
    assert basis.n == count
    flat = basis.vectors.reshape(count, -1)
    np.testing.assert_allclose(flat @ flat.T, np.eye(count), atol=1e-13)
    np.testing.assert_allclose(basis.pair_matrices.sum(0), -8 / 3 * n * np.eye(count), atol=1e-13)


@pytest.mark.parametrize("content", [(2, 0), (2, 1), (4, 0), (5, 0), (5, 1)])
def test_no_singlet(content):
    assert singlets(*content).n == 0


def test_pair_operator_is_that_of_gell_mann():
    # λ^a for a = 1 … 8, written out as an independent check
    matrices = np.zeros((8, 3, 3), complex)
    for a, (i, j) in zip((0, 3, 5), pairs_of(3), strict=True):
        matrices[a, i, j] = matrices[a, j, i] = 1
        matrices[a + 1, i, j], matrices[a + 1, j, i] = -1j, 1j
    matrices[2] = np.diag([1, -1, 0])
    matrices[7] = np.diag([1, 1, -2]) / np.sqrt(3)
    generators = {False: matrices, True: -matrices.conj()}
    for first in (False, True):
        for second in (False, True):
            exact = np.einsum("aij,akl->ikjl", generators[first], generators[second]).reshape(9, 9)
            np.testing.assert_allclose(lambda_lambda(first, second), exact, atol=1e-14)


@pytest.mark.parametrize("content", [(2, 2), (4, 1), (6, 0), (3, 3)])
def test_spectra_of_pairs(content):
    """Two quarks are in 3bar or 6, a quark and an antiquark in 1 or 8."""
    basis = singlets(*content)
    for matrix, (i, j) in zip(basis.pair_matrices, pairs_of(sum(content)), strict=True):
        same = (i < content[0]) == (j < content[0])
        allowed = np.array([-8 / 3, 4 / 3] if same else [-16 / 3, 2 / 3])
        distance = np.abs(np.linalg.eigvalsh(matrix)[:, None] - allowed).min(1)
        assert distance.max() < 1e-12


def test_tetraquark_matrices():
    basis = singlets(2, 2)
    assert basis.labels == ("3bar-3", "6-6bar")
    matrix = dict(zip(pairs_of(4), basis.pair_matrices, strict=True))
    for pair in [(0, 1), (2, 3)]:
        np.testing.assert_allclose(matrix[pair], np.diag([-8 / 3, 4 / 3]), atol=1e-14)
    for pairs, sign in [([(0, 2), (1, 3)], -1), ([(0, 3), (1, 2)], 1)]:
        for pair in pairs:
            expected = [[-4 / 3, sign * ROOT8], [sign * ROOT8, -10 / 3]]
            np.testing.assert_allclose(matrix[pair], expected, atol=1e-14)
    for swap in [(1, 0, 2, 3), (0, 1, 3, 2)]:
        np.testing.assert_allclose(basis.permutation(swap), np.diag([-1, 1]), atol=1e-14)


def test_pentaquark_matrices():
    basis = singlets(4, 1)
    assert basis.labels == ("3bar-3bar", "3bar-6", "6-3bar")
    matrix = dict(zip(pairs_of(5), basis.pair_matrices, strict=True))
    np.testing.assert_allclose(matrix[0, 1], np.diag([-8, -8, 4]) / 3, atol=1e-14)
    np.testing.assert_allclose(matrix[2, 3], np.diag([-8, 4, -8]) / 3, atol=1e-14)
    expected_15 = [[-4 / 3, 0, ROOT8], [0, 2 / 3, 0], [ROOT8, 0, -10 / 3]]
    expected_35 = [[-4 / 3, -ROOT8, 0], [-ROOT8, -10 / 3, 0], [0, 0, 2 / 3]]
    np.testing.assert_allclose(matrix[0, 4], expected_15, atol=1e-14)
    np.testing.assert_allclose(matrix[2, 4], expected_35, atol=1e-14)
    np.testing.assert_allclose(basis.permutation((1, 0, 2, 3, 4)), np.diag([-1, -1, 1]), atol=1e-14)
    np.testing.assert_allclose(basis.permutation((0, 1, 3, 2, 4)), np.diag([-1, 1, -1]), atol=1e-14)


def test_labels_of_six():
    assert set(singlets(6, 0).labels) == {
        "3bar-3bar-3bar",
        "3bar-6-3bar",
        "6-3bar-3bar",
        "3bar-3bar-6",
        "6-6-6",
    }
    assert set(singlets(3, 3).labels) == {
        "(3bar)1-(3)1",
        "(3bar)8-(3)8",
        "(3bar)8-(6bar)8",
        "(6)8-(3)8",
        "(6)8-(6bar)8",
        "(6)10-(6bar)10bar",
    }


@pytest.mark.parametrize(
    ("content", "value", "name"),
    [
        ((1, 0), 0, "3"),
        ((0, 1), 0, "3bar"),
        ((2, 0), -8 / 3, "3bar"),
        ((2, 0), 4 / 3, "6"),
        ((0, 2), 4 / 3, "6bar"),
        ((3, 0), 4, "10"),
        ((0, 3), 4, "10bar"),
        ((1, 1), 2 / 3, "8"),
        ((4, 0), 8, "15'"),
    ],
)
def test_irrep_names(content, value, name):
    n_quarks, n_antiquarks = content
    assert irrep_name(n_quarks, n_antiquarks, value) == name


def test_rational_roots():
    exact = np.array([np.sqrt(2 / 3), -1 / 3, 0.0, 1.0, -np.sqrt(5) / 4])
    snapped = snap_to_roots(exact + 3e-15)
    assert np.abs(snapped - exact).max() <= 2.3e-16
    assert snap_to_roots(np.array([0.123456789012]))[0] == 0.123456789012  # handed through, to the last bit
