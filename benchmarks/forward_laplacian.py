"""Our forward Laplacian and parameter Jacobian against torch.func: equal to 1e-10, and how much faster.

    python benchmarks/forward_laplacian.py [--batch 500] [--repeats 5]

The fairest peers: for the Laplacian vmap of forward over reverse, jvp of grad along the 3N coordinates at once; for
the Jacobian vmap of grad with respect to the parameters. Both see one channel of the paper's network for T_cc, as ours
does. CPU seconds of one thread, double precision, medians of alternating repetitions. The script stops where two
results differ by 1e-10.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

import torch
from measure import Figure, alternate
from torch import Tensor
from torch.func import functional_call, grad, jvp, vmap

from hadronlab.models.wavefunctions.deepquark import DeepQuarkWaveFunction
from hadronlab.systems.quarks import quark_system


class Peer:
    """ψ_α at one point by `torch.func`."""

    def __init__(self, psi: DeepQuarkWaveFunction):
        self.psi, self.parameters = psi, dict(psi.named_parameters())
        self.shape = (psi.system.n_particles, 3, 1)

    def value(self, parameters: dict[str, Tensor], point: Tensor, channel: Tensor) -> Tensor:
        every = functional_call(self.psi, parameters, (point.view(self.shape),))[:, 0]
        return every.gather(0, channel[None])[0]

    def kinetic(self, r: Tensor, channel: Tensor) -> Tensor:
        """Tψ, (batch,)."""
        points = r.permute(2, 0, 1).flatten(1)
        directions = torch.eye(points.shape[1], dtype=r.dtype)
        factor = self.psi.get_buffer("kinetic_factor").repeat_interleave(3)  # −ħ²c²/2m

        def one(point: Tensor, alpha: Tensor) -> Tensor:
            slope = grad(lambda p: self.value(self.parameters, p, alpha))
            second = vmap(lambda v: (jvp(slope, (point,), (v,))[1] * v).sum())(directions)
            return second @ factor

        return vmap(one)(points, channel).detach()

    def rows(self, r: Tensor, channel: Tensor) -> Tensor:
        """∂ψ_α/∂θ, (P, batch)."""
        slopes = vmap(grad(self.value), (None, 0, 0))(self.parameters, r.permute(2, 0, 1).flatten(1), channel)
        return torch.cat([slopes[name].flatten(1) for name in self.parameters], 1).T.detach()


def compare(
    name: str, ours: Callable[[], Tensor], peer: Callable[[], Tensor], repeats: int, target: float
) -> Figure:
    a, b = ours(), peer()
    error = float((a - b).abs().max() / b.abs().max())
    if not error < 1e-10:
        sys.exit(f"{name}: ours and torch.func differ by {error:.1e}")
    times = alternate({"ours": ours, "peer": peer}, repeats)
    figure = Figure(name, 1e3 * times["ours"], 1e3 * times["peer"], "torch.func", "ms", target)
    print(f"{figure}, equal to {error:.1e}")
    return figure


def short(batch: int = 500, repeats: int = 5) -> list[Figure]:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    psi = DeepQuarkWaveFunction(quark_system("tcc", "c c u~ d~", 1, 0), boundary=4.0)
    r = 0.5 * torch.randn(4, 3, batch, dtype=torch.float64)
    channel = torch.randint(0, psi.n_channels, (batch,))
    peer, one = Peer(psi), torch.ones(1, 1, batch, dtype=torch.float64)
    kinetic = compare(
        "kinetic energy", lambda: psi.kinetic(r, channel)[1][0], lambda: peer.kinetic(r, channel), repeats, 8
    )
    rows = compare(
        "parameter rows",
        lambda: psi.parameter_rows(r, one, channel)[:, 0],
        lambda: peer.rows(r, channel),
        repeats,
        2,
    )
    return [kinetic, rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    short(options.batch, options.repeats)


if __name__ == "__main__":
    main()
