"""Functions of groups of particles: which channels they reach, that they need no permutations, and energies with them."""

import dataclasses
import math

import pytest
import torch

from hadronlab.errors import ConfigError
from hadronlab.models.wavefunctions.equivariant import EquivariantWaveFunction
from hadronlab.models.wavefunctions.molecules import inner_orbits, own_channels, partitions_of
from hadronlab.models.wavefunctions.orbits import generating_orbits, orbit_of, reached
from hadronlab.models.wavefunctions.wavefunction import WaveFunction
from hadronlab.systems.length_scales import natural_scales
from hadronlab.systems.quarks import quark_system


def rank(vectors):
    return int(torch.linalg.matrix_rank(vectors, rtol=1e-8))


def many(quarks, spin, isospin):
    return quark_system("many", quarks.split(), spin, isospin)


@pytest.mark.parametrize(
    ("quarks", "spin", "isospin", "channels", "whole"),
    [
        ("c c~", 0, 0, 1, 1),
        # the fourth channel goes with the totally antisymmetric function of three distances
        ("u u d", 0.5, 0.5, 3, 1),
        ("u d c", 0.5, 0, 2, 1),
        ("b b u~ d~", 1, 0, 6, 2),
        ("c c u~ d~", 0, 0, 4, 0),
        ("u u d c c~", 0.5, 0.5, 30, 5),
    ],
)
def test_channels_reached(quarks, spin, isospin, channels, whole):
    system = many(quarks, spin, isospin)
    assert reached(generating_orbits(system)) == channels
    symmetric = orbit_of(system, [range(system.n_particles)]).vectors.shape[2]
    assert symmetric == whole == round(system.channels.symmetric_projector.trace())


def test_an_orbit_is_what_the_sum_over_permutations_leaves():
    system = many("u u d c s~", 0.5, 0.5)
    orbit = orbit_of(system, ((0, 1),))
    assert [list(map(list, member)) for member in orbit.members] == [[[0, 1]], [[0, 2]], [[1, 2]]]
    distances = torch.rand(len(system.pairs), dtype=torch.float64)
    weight = torch.rand(int(orbit.ties.max()) + 1, dtype=torch.float64)[orbit.ties]
    every = orbit_of(system, [range(k) for k in range(1, system.n_particles)])  # of all permutations
    matrices = every.vectors @ every.vectors[0].T
    long = sum(
        m @ orbit.vectors[0] * (weight @ distances[o]).exp()
        for m, o in zip(matrices, every.order, strict=True)
    )
    short = sum(v * (weight @ distances[o]).exp() for v, o in zip(orbit.vectors, orbit.order, strict=True))
    torch.testing.assert_close(long, short * len(system.group) / len(orbit.members))


@pytest.mark.parametrize(
    ("quarks", "spin", "isospin"),
    [
        ("u u d c c~", 0.5, 0.5),  # η_c N
        ("u u d d d s", 0, 0.5),  # N Λ
        pytest.param("u u d d s s", 0, 0, marks=pytest.mark.slow),  # Λ Λ
        pytest.param("u u d d s c", 1, 0, marks=pytest.mark.slow),  # Λ Λ_c
        pytest.param("u u u d d d", 1, 0, marks=pytest.mark.slow),  # N N
        pytest.param("s s s s s s", 0, 0, marks=pytest.mark.slow),  # Ω Ω
    ],
)
def test_hadrons_far_apart_are_those_that_stand_alone(quarks, spin, isospin):
    """Their channels are products of those that each has alone, functions of every symmetry in one times those in the other: whatever
    the orbits of a hadron alone reach, so that the energy of several is the sum of theirs."""
    system = many(quarks, spin, isospin)
    scale, (partition,) = natural_scales(system)[0], partitions_of(system, None)
    alone = [system.cluster_system(cluster) for cluster in system.lowest_threshold().clusters]
    own = own_channels(system, scale, partition)
    assert own.shape[1] == math.prod(hadron.n_channels for hadron in alone)
    whole = orbit_of(system, partition)
    orbits = [
        dataclasses.replace(whole, vectors=own @ (own.T @ whole.vectors)),
        *inner_orbits(system, scale, partition),
    ]
    here = [
        v
        for o in orbits
        for member, v in zip(o.members, o.vectors, strict=True)
        if {*partition} <= {tuple(cluster) for cluster in member}
    ]
    expected = math.prod(reached(generating_orbits(hadron)) for hadron in alone)
    assert rank(torch.cat(here, 1)) == expected


@pytest.mark.slow
@pytest.mark.parametrize(
    ("quarks", "spin", "isospin", "channels"),
    [("c c c c c c", 3, 0, 5), ("c c c c c c", 0, 0, 15), ("u u d d s s", 0, 0, 48)],
)
def test_channels_reached_by_six_quarks(quarks, spin, isospin, channels):
    assert reached(generating_orbits(many(quarks, spin, isospin))) == channels


@pytest.mark.parametrize(
    ("quarks", "spin", "clusters"),
    [
        ("u u d c c~", 0.5, None),
        pytest.param("c c c c c c", 0, (), marks=pytest.mark.slow),
        pytest.param("u u d d s s", 0, None, marks=pytest.mark.slow),
    ],
)
def test_antisymmetric(quarks, spin, clusters):
    system = many(quarks, spin, spin if "c~" in quarks else 0)
    psi = EquivariantWaveFunction(system, clusters=clusters)
    r = torch.randn(system.n_particles, 3, 3, dtype=torch.float64)
    value = psi(r)
    for element in system.group:
        if sum(i != k for k, i in enumerate(element.perm)) == 2:  # transpositions make all others
            permuted = torch.as_tensor(element.matrix) @ psi(r[list(element.perm)])
            torch.testing.assert_close(
                permuted, -value, rtol=1e-10, atol=1e-12 * float(value.detach().abs().max())
            )
    kinetic, expected = psi.kinetic(r[..., :1])[1], WaveFunction.kinetic(psi, r[..., :1])[1]
    torch.testing.assert_close(
        kinetic, expected, rtol=1e-9, atol=1e-10 * float(expected.detach().abs().max())
    )


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"activation": "relu"}, "tanh"),
        ({"features": ["cubic"]}, "linear"),
        ({"widths": []}, "hidden layer"),
        ({"binding": 0}, "binding"),
    ],
)
def test_bad_settings_are_named(arguments, word):
    with pytest.raises(ConfigError, match=word):
        EquivariantWaveFunction(many("c c~", 0, 0), **arguments)


def test_negative_parity_is_refused():
    with pytest.raises(ConfigError, match="deepquark or gaussians"):
        EquivariantWaveFunction(dataclasses.replace(many("c c~", 0, 0), parity=-1))
