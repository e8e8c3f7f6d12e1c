"""What local energies have of 1/r where two particles meet, taken away by a term whose mean is zero.

A wave function without the exact cusp has E_L → c/r, of a finite variance and no fourth moment: a sample's mean and error then hang
on the few walkers that came near, and both are too low where none did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from hadronlab.sampling.local_energy import LocalEnergy, local_energy
from hadronlab.systems.length_scales import reduced_masses

if TYPE_CHECKING:
    from hadronlab.models.wavefunctions.wavefunction import WaveFunction

REACH = 0.2  # natural scales of a pair within which it counts as near
NEAR = 1e-4  # natural scales at which c is read off
STEP = 1e-3  # of the distance, for the slope of ln ρ


@torch.no_grad()
def contact_terms(
    wavefunction: WaveFunction, r: Tensor, channel: Tensor | None, local: LocalEnergy
) -> Tensor:
    """What to add to the local energies of samples r (N, 3, batch) of ρ, (batch,), internal unit; its mean over ρ is zero.

    For every pair that is nearer than b: −(c/2ρ) ∇·(ρ h r̂) = −c [h/r + h′/2 + h ∂_r ln ρ/2], h = (1 − r/b)², with ∇ that of the vector
    between the two, and with the c of the place where they would meet: any function of all but r leaves the mean zero, so that c may be
    bounded, by ħ²/μs.
    """
    system, out, usual = wavefunction.system, torch.zeros_like(local.energy), local.energy.median()
    bounds = system.hbar_c**2 / (reduced_masses(system).to(r.device) * wavefunction.scale)
    for pair, distance, scale, bound in zip(
        system.pairs, local.distances, wavefunction.scale, bounds, strict=True
    ):
        reach = REACH * scale
        near = (distance < reach).nonzero()[:, 0]
        if not len(near):
            continue
        x, d, some = r[..., near], distance[near], None if channel is None else channel[near]
        share = float(system.masses[pair[1]] / system.masses[list(pair)].sum())
        met = local_energy(wavefunction, _moved(x, pair, share, NEAR * scale / d), some).energy
        rest = (NEAR * scale * (met - usual)).clamp(-bound, bound)  # exactly 0 where the state is exact
        ends = [wavefunction.log_density(_moved(x, pair, share, 1 + step), some) for step in (STEP, -STEP)]
        slope = (ends[0] - ends[1]) / (2 * STEP * d)
        left = 1 - d / reach
        out[near] -= rest * (left**2 / d - left / reach + 0.5 * left**2 * slope)
    return out


def _moved(r: Tensor, pair: tuple[int, int], share: float, factor: Tensor | float) -> Tensor:
    """Samples (N, 3, batch) with the distance of a pair times `factor`, about the point that has this share of it before the first."""
    first, second = pair
    shift = (r[first] - r[second]) * (factor - 1)
    moved = r.clone()
    moved[first] += share * shift
    moved[second] -= (1 - share) * shift
    return moved
