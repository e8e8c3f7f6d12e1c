"""Channels of two hadrons side by side within those of the whole."""

import numpy as np
import pytest

from hadronlab.physics.quantum_numbers.side_by_side import side_by_side
from hadronlab.systems.quarks import quark_system
from hadronlab.systems.threshold import members

CONTENTS = [
    (("c c u~ d~", 1, 0), ("c u~", 1, 0.5), ("c d~", 1, 0.5)),
    (("u u d s c~", 0.5, 0.5), ("u u d", 1.5, 0.5), ("s c~", 1, 0)),
    (("u u d s c~", 0.5, 0.5), ("u d s", 0.5, 1), ("u c~", 0, 0.5)),
    (("c u d c~ u~ d~", 1, 1), ("c u d", 0.5, 1), ("c~ u~ d~", 1.5, 1)),
]


@pytest.mark.parametrize("contents", CONTENTS, ids=lambda c: " + ".join(one[0] for one in c[1:]))
def test_an_isometry_that_goes_with_permutations_and_operators(contents):
    """G D_a(π) = D(π) G of the permutations within a hadron, and the same of λ_i·λ_j, S_i·S_j and I_i·I_j of its pairs."""
    system, *parts = (quark_system("x", *content) for content in contents)
    places = members(system.flavors, [part.flavors for part in parts])
    excess = [
        int(sum(getattr(p, what) for p in parts) - getattr(system, what)) for what in ("spin", "isospin")
    ]
    channels = side_by_side(system.channels, [p.channels for p in parts], places, *excess)
    flat = channels.reshape(system.n_channels, -1)
    np.testing.assert_allclose(flat.T @ flat, np.eye(flat.shape[1]), atol=1e-12)
    for rows, part, place in zip(("nab,ac->ncb", "nab,bc->nac"), parts, places, strict=True):
        within, whole = [g.matrix for g in part.group], []
        for element in part.group:
            perm = list(range(system.n_particles))
            for i, image in enumerate(element.perm):
                perm[place[i]] = place[image]
            whole.append(next(g for g in system.group if g.perm == tuple(perm)).matrix)
        pairs = [system.pairs.index(tuple(sorted((place[i], place[j])))) for i, j in part.pairs]
        for name in ("color", "spin", "isospin"):
            within += list(part.channels.operator(name))
            whole += list(system.channels.operator(name)[pairs])
        for inner, outer in zip(within, whole, strict=True):
            expected = np.einsum("nm,mab->nab", outer, channels)
            np.testing.assert_allclose(np.einsum(rows, channels, inner), expected, atol=1e-12)
