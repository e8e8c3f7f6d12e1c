"""Coupled channels: what one channel would cost by the way of many, and S of two channels at 60 energies.

    OMP_NUM_THREADS=1 python benchmarks/coupled_channels.py [--repeats 50]

The first rows say why one S wave has a path of its own: with the same numbers the general one takes longer. In the last the
peer solves a linear system for ρ at each energy, where we diagonalise once. All must agree.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import torch
from measure import Figure, alternate, processor_line
from torch import Tensor

from hadronlab.physics.forces.tensor_force import REID_KINETIC, reid_3s1_3d1
from hadronlab.physics.scattering.channels import Channel, momenta
from hadronlab.physics.scattering.coupled_channels import CoupledRMatrix
from hadronlab.physics.scattering.free_waves import OutgoingWaves
from hadronlab.physics.scattering.rmatrix import RMatrix

AGREEMENT = 1e-8


def one_channel(n_bins: int) -> dict[str, Callable[[], Tensor]]:
    """Phases at 60 momenta of a well in n bins, by either path."""
    one = RMatrix(8.0, 96, 600.0)
    many = CoupledRMatrix(8.0, 96, [Channel(one.kinetic)])
    depth = torch.linspace(-100.0, -90.0, n_bins, dtype=torch.float64)[:, None]
    V, k = depth * torch.exp(-(one.r**2)), torch.linspace(0.05, 3.0, 60, dtype=torch.float64)
    return {
        "ours": lambda: one.solve(V=V).phase_shifts(k),
        "peer": lambda: many.solve(V=V[:, None, None]).phase_shifts(one.kinetic * k**2)[..., 0],
    }


def two_channels() -> dict[str, Callable[[], Tensor]]:
    """S of Reid's ³S₁–³D₁ at 60 energies."""
    rmatrix = CoupledRMatrix(30.0, 150, [Channel(REID_KINETIC), Channel(REID_KINETIC, 0.0, 2)])
    H = rmatrix.hamiltonian(V=reid_3s1_3d1().local(rmatrix.r))
    energy = REID_KINETIC * torch.linspace(0.05, 1.5, 60, dtype=torch.float64) ** 2
    n, C = len(rmatrix.r), 2
    edge = REID_KINETIC**0.5 * torch.block_diag(*[rmatrix.mesh.edge[:, None]] * C)

    def system_an_energy() -> Tensor:
        found = []
        for E in energy:
            rho = edge.mT @ torch.linalg.solve(H - E * torch.eye(C * n, dtype=H.dtype), edge)
            waves = OutgoingWaves(momenta(rmatrix.channels, E[None]), rmatrix.radius, [0, 2])
            hat = torch.linalg.solve(torch.eye(C) - rho * waves.slope, rho.to(waves.slope))
            current = waves.k.sqrt() / waves.value
            found.append(
                torch.diag_embed(waves.value.conj() / waves.value)[0] + 2j * current.mT * hat * current
            )
        return torch.stack(found)

    return {"ours": lambda: rmatrix.diagonalise(H).s_matrix(energy), "peer": system_an_energy}


def figures(repeats: int) -> list[Figure]:
    torch.set_num_threads(1)
    found = []
    for what, peer, works in (
        ("phases of one channel, 60 momenta", "as coupled channels", one_channel(1)),
        ("the same in 20 bins", "as coupled channels", one_channel(20)),
        ("S of ³S₁–³D₁, 60 energies", "a linear system an energy", two_channels()),
    ):
        difference = float((works["ours"]() - works["peer"]()).abs().max())
        if not difference < AGREEMENT:
            raise SystemExit(f"{what}: the two differ by {difference:.1e}")
        times = alternate(works, repeats)
        found.append(Figure(what, 1e3 * times["ours"], 1e3 * times["peer"], peer, "ms"))
    return found


def short() -> list[Figure]:
    return figures(10)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=50)
    print(processor_line())
    for figure in figures(parser.parse_args().repeats):
        print(figure)


if __name__ == "__main__":
    main()
