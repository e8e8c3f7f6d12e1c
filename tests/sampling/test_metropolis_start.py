"""Where walkers begin."""

import torch

from hadronlab.models.wavefunctions.equivariant import EquivariantWaveFunction
from hadronlab.sampling.metropolis import MetropolisSampler
from hadronlab.systems.quarks import quark_system


def test_walkers_of_a_molecule_begin_with_its_hadrons_apart():
    """Among c c c b b b in a heap most groups of three are no Ω_ccc and Ω_bbb, and 500 sweeps leave a quarter of the walkers there."""
    torch.manual_seed(3)
    system = quark_system("cb", "c c c b b b", 0, 0)
    psi = EquivariantWaveFunction(system, widths=(4,))
    partition = {frozenset(cluster) for cluster in psi.start_clusters}
    assert partition == {frozenset((0, 1, 2)), frozenset((3, 4, 5))}
    walkers = MetropolisSampler(psi, n_walkers=400, seed=1)
    inside = torch.tensor([any({i, j} <= cluster for cluster in partition) for i, j in system.pairs])
    distance = system.distances(walkers.r.double())
    assert float((distance[inside].mean(0) < 0.5 * distance[~inside].mean(0)).double().mean()) > 0.9
    compact = MetropolisSampler(
        EquivariantWaveFunction(system, widths=(4,), clusters=()), n_walkers=400, seed=1
    )
    near = system.distances(compact.r.double())
    assert float((near[inside].mean(0) < 0.5 * near[~inside].mean(0)).double().mean()) < 0.1
