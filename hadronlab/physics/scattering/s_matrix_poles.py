"""Poles of S at complex energies: bound and virtual states, resonances.

On the sheet where channel b has the momentum k_b = ±√((E − M_b)/c_b), Im √ ≥ 0, S has a pole where the Jost function

    f = det(1 − ρ s) Π_λ(1 − E/E_λ) Π_b k_b^l O_b(a)

vanishes, with the slopes s = O′/O of the outgoing waves at the edge. The other two factors take the poles and the growth
e^{2|Im k| a} out of the first, d ln f/dE is known in closed form, and Newton's steps are in the momentum k of the lowest
channel, where its own two sheets are one plane: Im k > 0 bound, Im k < 0 virtual states and resonances.

A potential cut off at the edge has poles of its own far below the real axis. Those of the physical potential lie nearer
than half its inverse range and do not move with the radius of the mesh. On another sheet e^{−2 Im k a} of the digits is left:
there a mesh not much longer than the potential is best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from hadronlab.errors import HadronlabError
from hadronlab.physics.scattering.coupled_resolvent import CoupledResolvent
from hadronlab.physics.scattering.free_waves import OutgoingWaves

STEPS = 60
CONVERGED = 1e-7  # of a step in k, in 1/radius
SAME_POLE = 1e-6  # nearer to each other they are one, in 1/radius


@dataclass(frozen=True)
class Poles:
    """energy (…, n): complex, MeV, E_r − ½ iΓ of a resonance. k (…, n, C): momenta, fm^-1; NaN where Newton did not converge."""

    energy: Tensor
    k: Tensor


def find_poles(
    resolvent: CoupledResolvent, k_max: float, depth: float, sheet: Sequence[int] = (), n_starts: int = 12
) -> Poles:
    """The poles of one potential with 0 ≤ Re k ≤ k_max and |Im k| ≤ depth, fm^-1, of the lowest channel, ordered by Re E.

    sheet: +1 or −1 for every channel in order, the sign of Im k_b in it; that of the lowest channel is not looked at. By default
    +1. n_starts: Newton starts from so many points along either axis. Mirror images −k* are left out.

    Raises:
        HadronlabError: a batch of potentials (`follow_poles` takes their poles from those of the mean), a bad sheet.
    """
    if resolvent.poles.ndim > 1:
        raise HadronlabError("find_poles takes one potential: start follow_poles of a batch from its poles")
    across = k_max * torch.linspace(0.0, 1.0, n_starts).to(resolvent.poles)
    along = depth * torch.linspace(-1.0, 1.0, 2 * n_starts).to(resolvent.poles)
    start = torch.complex(*(x.flatten() for x in torch.meshgrid(across + 1e-3 * k_max, along, indexing="ij")))
    k = follow_poles(resolvent, start, sheet).k
    near = 1.0 / resolvent.mesh.radius
    kept: list[Tensor] = []
    for one in k[torch.isfinite(k.real).all(-1)]:
        k0 = one[resolvent.first]
        inside = -SAME_POLE * near <= float(k0.real) <= k_max and abs(float(k0.imag)) <= depth
        if inside and all(float((one - other).abs().max()) > SAME_POLE * near for other in kept):
            kept.append(one)
    kept.sort(key=lambda one: float((one[resolvent.first] ** 2).real))
    found = torch.stack(kept) if kept else k[:0]
    return Poles(_energy(resolvent, found[..., resolvent.first]), found)


def follow_poles(resolvent: CoupledResolvent, k: Tensor, sheet: Sequence[int] = ()) -> Poles:
    """Newton's method from momenta k (n,) or (…, n) of the lowest channel, complex, for every potential of a batch."""
    C, radius = len(resolvent.channels), resolvent.mesh.radius
    sheet = tuple(sheet) or (1,) * C
    if len(sheet) != C or not set(sheet) <= {1, -1}:
        raise HadronlabError(f"sheet {tuple(sheet)}: give +1 or -1 for each of the {C} channels")
    k = k.to(torch.complex128).expand(*resolvent.poles.shape[:-1], -1)
    step = torch.ones_like(k)
    for _ in range(STEPS):
        step = _newton_step(resolvent, k, sheet)
        step = step * (0.5 / (radius * step.abs())).clamp(max=1.0).nan_to_num(1.0)
        k = k + step
    k = torch.where(step.abs() < CONVERGED / radius, k, torch.nan)
    return Poles(_energy(resolvent, k), _momenta(resolvent, k, sheet))


def _newton_step(resolvent: CoupledResolvent, k: Tensor, sheet: Sequence[int]) -> Tensor:
    """−1/(d ln f/dk), (…, n), 0 on a pole; d(ρs) = ρ′s + ρs′ with ds/dE = norm/c, d ln O/dE = a s/2(E − M)."""
    kinetic, radius = resolvent.kinetic, resolvent.mesh.radius
    orbital = [channel.orbital for channel in resolvent.channels]
    waves = OutgoingWaves(_momenta(resolvent, k, sheet), radius, orbital)
    gap = resolvent.poles.unsqueeze(-2) - _energy(resolvent, k).unsqueeze(-1)
    rho, growth = resolvent.sum_over_poles(1.0 / gap), resolvent.sum_over_poles(1.0 / gap**2)
    slope, widening = waves.slope.unsqueeze(-2), (waves.norm / kinetic).unsqueeze(-2)
    one = torch.eye(len(orbital)).to(k)
    rates, singular = torch.linalg.solve_ex(one - rho * slope, -growth * slope - rho * widening)
    rate = torch.diagonal(rates, dim1=-2, dim2=-1).sum(-1) - (1.0 / gap).sum(-1)
    free = (radius * waves.slope + kinetic.new_tensor(orbital)) / (2.0 * kinetic * waves.k**2)
    step = -1.0 / (2.0 * kinetic[resolvent.first] * k * (rate + free.sum(-1)))
    return torch.where(singular == 0, step, 0.0)


def _energy(resolvent: CoupledResolvent, k: Tensor) -> Tensor:
    entrance = resolvent.channels[resolvent.first]
    return entrance.threshold + entrance.kinetic * k**2


def _momenta(resolvent: CoupledResolvent, k: Tensor, sheet: Sequence[int]) -> Tensor:
    """k_b of every channel, (…, n, C); one at the threshold of the lowest is on the sheet of that."""
    entrance, energy, momenta = resolvent.channels[resolvent.first], _energy(resolvent, k), []
    for sign, channel in zip(sheet, resolvent.channels, strict=True):
        if channel.threshold == entrance.threshold:
            momenta.append(k * (entrance.kinetic / channel.kinetic) ** 0.5)
        else:
            momenta.append(sign * 1j * ((channel.threshold - energy) / channel.kinetic).sqrt())
    return torch.stack(momenta, -1)
