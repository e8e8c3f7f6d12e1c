"""C(k) of a nonlocal potential and its gradient: 20 momenta, a mesh of 96 points, NΩ with its Coulomb force.

    OMP_NUM_THREADS=1 python benchmarks/femtoscopy.py [--repeats 50]

Ours differentiates by the adjoint, the peer by automatic differentiation through the eigenvectors; both give the same
gradient. The targets of the issue are milliseconds on one core: 3, 6, 15 and 25.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import torch
from measure import Figure, alternate, processor_line
from torch import Tensor

from hadronlab.models.potentials.hybrid import Hybrid
from hadronlab.models.potentials.local import LocalGaussians
from hadronlab.models.potentials.potential import Potential
from hadronlab.models.potentials.sdnn import sdnn_deep, sdnn_joint
from hadronlab.physics.constants import HBAR_C
from hadronlab.physics.femtoscopy.koonin_pratt import KooninPratt
from hadronlab.physics.femtoscopy.sources import Gaussian
from hadronlab.physics.forces.local_potentials import nucleon_omega
from hadronlab.physics.scattering.rmatrix import RMatrix

MASS, RADIUS = 954.7 * 1711.5 / (954.7 + 1711.5), 1.2
AGREEMENT = 1e-6  # of the two gradients, which the peer loses where eigenvalues are close


class Correlation:
    """C(k) of a Hamiltonian, with either gradient."""

    def __init__(self) -> None:
        self.rmatrix, self.source = RMatrix(12.0, 96, MASS, charges=-1), Gaussian(RADIUS)
        k = torch.linspace(10.0, 290.0, 20, dtype=torch.float64) / HBAR_C
        self.calculation = KooninPratt(
            self.rmatrix.mesh, self.rmatrix.kinetic, k, self.rmatrix.bohr, reach=self.source.reach
        )
        self.direct = self.calculation.background(self.source.density)[0]

    def ours(self, H: Tensor) -> Tensor:
        resolvent = self.rmatrix.diagonalise(H.detach())
        return self.direct + self.calculation.change(resolvent, self.source.density, H)

    def peer(self, H: Tensor) -> Tensor:
        return self.direct + self.calculation.change(self.rmatrix.diagonalise(H), self.source.density)


def of_the_hamiltonian(correlation: Correlation) -> tuple[Callable[[], Tensor], list[Tensor]]:
    r = correlation.rmatrix.r
    H = correlation.rmatrix.hamiltonian(V=nucleon_omega()(r)).requires_grad_()
    return lambda: H, [H]


def of_the_weights(correlation: Correlation, model: Potential) -> tuple[Callable[[], Tensor], list[Tensor]]:
    """The Hamiltonian of a model, and its parameters."""
    rmatrix = correlation.rmatrix
    r = rmatrix.r

    def hamiltonian() -> Tensor:
        return rmatrix.hamiltonian(model.on_grid(r, r), model.local(r) if model.has_local else None)

    return hamiltonian, list(model.parameters())


def figures(repeats: int) -> list[Figure]:
    torch.set_num_threads(1)
    correlation = Correlation()
    H = of_the_hamiltonian(correlation)[0]().detach()
    hybrid = Hybrid(LocalGaussians(scale=100.0), sdnn_joint((24, 16), (16,), last_layer=0.01))
    value = alternate({"ours": lambda: correlation.ours(H)}, repeats)["ours"]
    found = [Figure("C(k), 20 momenta", 1e3 * value, None, "", "ms", note="at most 3 ms")]
    for what, limit, (hamiltonian, leaves) in (
        ("with the gradient in H", 6, of_the_hamiltonian(correlation)),
        ("in the weights of hybrid", 15, of_the_weights(correlation, hybrid)),
        ("in the weights of sdnn_deep", 25, of_the_weights(correlation, sdnn_deep())),
    ):

        def gradient(of: Callable[[Tensor], Tensor], hamiltonian=hamiltonian, leaves=leaves) -> Tensor:
            C = of(hamiltonian())
            slopes = torch.autograd.grad((C - 1.5).square().sum(), leaves)
            return torch.cat([slope.flatten() for slope in slopes])

        a, b = gradient(correlation.ours), gradient(correlation.peer)
        if len(leaves) == 1:  # eigh's gradient is that of the symmetric part
            a, b = ((x.view(96, 96) + x.view(96, 96).T) / 2 for x in (a, b))
        if not float((a - b).abs().max()) < AGREEMENT * float(b.abs().max()):
            raise SystemExit(
                f"{what}: the gradients differ by {float((a - b).abs().max() / b.abs().max()):.1e}"
            )
        times = alternate(
            {
                "ours": lambda g=gradient: g(correlation.ours),
                "peer": lambda g=gradient: g(correlation.peer),
            },
            repeats,
        )
        found.append(
            Figure(
                what,
                1e3 * times["ours"],
                1e3 * times["peer"],
                "through eigh",
                "ms",
                note=f"at most {limit} ms",
            )
        )
    return found


def short() -> list[Figure]:
    return figures(20)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=50)
    print(processor_line())
    for figure in figures(parser.parse_args().repeats):
        print(f"{figure} ({figure.note})")


if __name__ == "__main__":
    main()
