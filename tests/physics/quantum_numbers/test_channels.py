"""Spin and isospin couplings, permutations of identical particles, and antisymmetry."""

from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
import torch

from hadronlab.errors import ConfigError
from hadronlab.physics.quantum_numbers.channels import quark_channels
from hadronlab.physics.quantum_numbers.couplings import coupling_tree
from hadronlab.physics.quantum_numbers.permutations import compose, permutation_group, sign
from hadronlab.physics.quantum_numbers.spin import half_integer, possible_spins, spin_basis
from hadronlab.systems.quarks import quark_system

HALF = Fraction(1, 2)
SYSTEMS = {
    "nucleon": ("u u d", 0.5, 0.5),
    "delta": ("u u d", 1.5, 1.5),
    "sigma_c": ("u d c", 0.5, 1),
    "tcc": ("c c u~ d~", 1, 0),
    "bbss": ("b b s~ s~", 1, 0),
    "pcc_12": ("c c u d c~", 0.5, 0),
    "ccccc": ("c c c c c~", 0.5, 0),
    "theta": ("u u d d s~", 0.5, 0),
    "h_dibaryon": ("u u d d s s", 0, 0),
    "cccccc": ("c c c c~ c~ c~", 1, 0),
}


@pytest.mark.parametrize("n", range(1, 7))
def test_spin_states(n):
    count = 0
    for spin in possible_spins(n):
        basis = spin_basis(n, spin, coupling_tree(range(n)))
        total = (spin * (spin + 1) - Fraction(3 * n, 4)) / 2
        np.testing.assert_allclose(basis.pair_matrices.sum(0), float(total) * np.eye(basis.n), atol=1e-13)
        count += basis.n * int(2 * spin + 1)
    assert count == 2**n


@pytest.mark.parametrize(
    ("n", "spin", "states"), [(3, HALF, 2), (4, 0, 2), (4, 1, 3), (5, HALF, 5), (6, 0, 5)]
)
def test_spin_multiplicities(n, spin, states):
    assert spin_basis(n, Fraction(spin), coupling_tree(range(n))).n == states


def test_two_spins_and_impossible_spins():
    assert spin_basis(2, Fraction(0), (0, 1)).pair_matrices[0, 0, 0] == pytest.approx(-0.75, rel=1e-14)
    assert spin_basis(2, Fraction(1), (0, 1)).pair_matrices[0, 0, 0] == pytest.approx(0.25, rel=1e-14)
    assert spin_basis(2, HALF, (0, 1)).n == spin_basis(2, Fraction(2), (0, 1)).n == 0


@pytest.mark.parametrize(
    ("quarks", "spin", "isospin", "n"),
    [
        ("u u d", 0.5, 0.5, 4),
        ("c c u~ d~", 1, 0, 6),
        ("c c c~ c~", 0, 0, 4),
        ("c c c~ c~", 1, 0, 6),
        ("c c c~ c~", 2, 0, 2),
        ("c c u d c~", 0.5, 0, 15),
        ("c c u d c~", 1.5, 0, 12),
        ("c c u d c~", 2.5, 0, 3),
    ],
)
def test_number_of_coupled_channels(quarks, spin, isospin, n):
    system = quark_system("x", quarks, spin, isospin)
    assert system.n_channels == n == len(set(system.channel_labels))


def test_permutation_group():
    group = permutation_group("aab")
    assert group == [(0, 1, 2), (1, 0, 2)]
    assert len(permutation_group(["c", "c", "c", "c", "c~"])) == 24
    for sigma in permutations(range(4)):
        for pi in permutations(range(4)):
            assert sign(compose(sigma, pi)) == sign(sigma) * sign(pi)


@pytest.mark.parametrize("name", SYSTEMS)
def test_matrices_are_an_orthogonal_homomorphism(name):
    group = {g.perm: g for g in quark_system(name, *SYSTEMS[name]).group}
    for a in group.values():
        np.testing.assert_allclose(a.matrix @ a.matrix.T, np.eye(len(a.matrix)), atol=1e-14)
        for b in group.values():
            product = group[compose(a.perm, b.perm)]
            np.testing.assert_allclose(product.matrix, a.matrix @ b.matrix, atol=1e-14)
            assert product.sign == a.sign * b.sign


def test_six_identical_quarks():
    """720 permutations: D of any of them, times D of the generators of S_6, is that of the product."""
    system = quark_system("x", "c c c c c c", 0, 0)
    group = {g.perm: g for g in system.group}
    assert len(group) == 720 and system.n_channels == 25
    generators = [group[1, 0, 2, 3, 4, 5], group[1, 2, 3, 4, 5, 0]]
    for element in list(group.values())[::37]:
        np.testing.assert_allclose(element.matrix @ element.matrix.T, np.eye(25), atol=1e-13)
        for other in generators:
            product = group[compose(element.perm, other.perm)]
            np.testing.assert_allclose(product.matrix, element.matrix @ other.matrix, atol=1e-13)
            assert product.sign == element.sign * other.sign
    assert np.trace(system.channels.symmetric_projector) == pytest.approx(1)  # Omega_ccc Omega_ccc, at rest


def test_group_orders():
    orders = {"nucleon": 6, "tcc": 4, "bbss": 4, "ccccc": 24, "theta": 24, "h_dibaryon": 48, "cccccc": 36}
    assert {name: len(quark_system(name, *SYSTEMS[name]).group) for name in orders} == orders


def antisymmetrised(system, r):
    """ψ_α(r) = Σ_π sgn(π) Σ_β D_αβ(π) f_β(πr) of arbitrary smooth f_β; r (N, 3, batch)."""
    generator = torch.Generator().manual_seed(3)
    n = system.n_particles
    weights = torch.randn(system.n_channels, 2, 3 * n, generator=generator, dtype=torch.float64)

    def components(r):
        first, second = (weights @ r.reshape(3 * n, -1)).unbind(1)
        return torch.sin(first) + first * torch.cos(second)

    terms = [g.sign * torch.from_numpy(g.matrix) @ components(r[list(g.perm)]) for g in system.group]
    return torch.stack(terms).sum(0)


@pytest.mark.parametrize("name", ["nucleon", "delta", "sigma_c", "bbss", "ccccc", "theta"])
def test_every_exchange_changes_the_sign_of_all_components(name):
    """In the product basis of colours, spins and isospins an exchange is one of array axes: no use of D.

    A mismatch of the order of permutations between coordinates and channels shows up for the nucleon only.
    """
    system = quark_system(name, *SYSTEMS[name])
    n = system.n_particles
    r = torch.randn(n, 3, 1, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    basis = system.channels

    def full(r):
        psi = antisymmetrised(system, r)[:, 0].numpy()
        psi = psi.reshape(basis.color.n, basis.spin.n, basis.isospin.n)
        color = basis.color.vectors.reshape(basis.color.n, -1)
        spin = basis.spin.vectors.reshape(basis.spin.n, -1)
        isospin = basis.isospin.vectors.reshape(basis.isospin.n, -1)
        tensor = np.einsum("abc,ax,by,cz->xyz", psi, color, spin, isospin)
        return tensor.reshape([3] * n + [2] * n + [2] * len(basis.isospin.light))

    reference = full(r)
    assert np.abs(reference).max() > 1e-3
    light = list(basis.isospin.light)
    exchanges = [(i, j) for i in range(n) for j in range(i) if system.flavors[i] == system.flavors[j]]
    for i, j in exchanges:
        order = list(range(n))
        order[i], order[j] = j, i
        isospin_order = [light.index(order[k]) for k in light]
        exchanged = full(r[order]).transpose(
            *order, *(n + k for k in order), *(2 * n + k for k in isospin_order)
        )
        np.testing.assert_allclose(exchanged, -reference, atol=1e-12 * np.abs(reference).max())


@pytest.mark.parametrize("name", SYSTEMS)
def test_potential_is_invariant(name):
    """D(π) V(πr) D(π)ᵀ = V(r): permutations act alike on coordinates and on channels."""
    system = quark_system(name, *SYSTEMS[name])
    generator = torch.Generator().manual_seed(5)
    r = torch.randn(system.n_particles, 3, 4, generator=generator, dtype=torch.float64)
    potential = system.potential(system.distances(r).T)
    # of the order of 1 GeV: sums over pairs and operators of at most 50 terms, in any order
    torch.testing.assert_close(potential, potential.mT, rtol=0, atol=1e-14 * float(potential.abs().max()))
    for element in system.group:
        matrix = torch.from_numpy(element.matrix)
        permuted = system.potential(system.distances(r[list(element.perm)]).T)
        torch.testing.assert_close(matrix @ permuted @ matrix.T, potential, atol=1e-13, rtol=1e-13)


@pytest.mark.parametrize("content", [("u u u", 1.5), ("c c c", 0)])
def test_delta_and_omega_are_spatially_symmetric(content):
    """Colour is antisymmetric, spin and isospin symmetric: ψ(r) must not change under any exchange."""
    system = quark_system("x", content[0], 1.5, content[1])
    assert system.n_channels == 1 and len(system.group) == 6
    assert [g.sign * g.matrix[0, 0] for g in system.group] == pytest.approx([1] * 6, abs=1e-14)
    r = torch.randn(3, 3, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    psi = antisymmetrised(system, r)
    torch.testing.assert_close(antisymmetrised(system, r[[1, 0, 2]]), psi)


def test_sigma_c_against_lambda_c():
    """The light pair in a spatially symmetric state has spin 1 if I = 1 and spin 0 if I = 0."""
    for isospin, label in [(0, "S[0]"), (1, "S[1]")]:
        system = quark_system("x", "u d c", 0.5, isospin)
        weights = dict(
            zip(system.channel_labels, system.channels.symmetric_projector.diagonal(), strict=True)
        )
        assert weights.pop(label) == pytest.approx(1, abs=1e-14)
        assert list(weights.values()) == pytest.approx([0] * len(weights), abs=1e-14)


@pytest.mark.parametrize("quarks", ["c c c~ c~", "b b s~ s~"])
def test_heavy_antiquarks_are_identical(quarks):
    system = quark_system("x", quarks, 1, 0)
    exchange = next(g for g in system.group if g.perm == (0, 1, 3, 2))
    color = np.array([-1, 1])  # 3 and 6bar of two antiquarks
    spin = np.array([1 if label.endswith("1") else -1 for label in system.spin_labels])
    np.testing.assert_allclose(exchange.matrix, np.diag(np.kron(color, spin)), atol=1e-14)


def test_isoscalars_carry_no_isospin():
    basis = quark_channels("ccqq", (False, False, True, True), Fraction(1), Fraction(0))
    assert basis.isospin.light == (2, 3)
    matrices = basis.operator("isospin")
    assert not matrices[:5].any()
    np.testing.assert_allclose(matrices[5], -0.75 * np.eye(6))
    assert not basis.operator("color*tensor").any()  # between channels without an orbit
    for unknown in ("flavor", "spin*tensor"):
        with pytest.raises(ConfigError, match=r"unknown pair operator .*tensor"):
            basis.operator(unknown)


@pytest.mark.parametrize("value", ["x", 0.3, -1, None, float("inf"), "1/0"])
def test_spins_that_are_none(value):
    with pytest.raises(ConfigError, match=r"system\.spin"):
        half_integer("system.spin", value)
