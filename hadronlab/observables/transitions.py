"""What connects the states of a span: densities of transition from one to another."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.results import Results

if TYPE_CHECKING:
    from hadronlab.models.wavefunctions.wavefunction import WaveFunction
    from hadronlab.sampling.metropolis import MetropolisSampler
    from hadronlab.systems.few_body import FewBodySystem

BINS, BLOCKS = 120, 20
REACH = 3.0  # of the histograms, over the rms distance of the widest pair in all states


@torch.no_grad()
def transitions(wavefunction: WaveFunction, sampler: MetropolisSampler, steps: int) -> Results:
    """Of every two states i < j and every class of pairs, from `steps` samples of ρ = Σ_iα ψ̃_iα² by all walkers in equilibrium:

        P_ij(d) = ⟨ψ̃_i|δ(d − r_p)|ψ̃_j⟩,    ∫ P_ij dd = 0,    ⟨ψ̃_i|r_p²|ψ̃_j⟩,

    `transition_density.i-j` (classes, bins) on `transition_distance`, and `transition_r2.PAIR.i-j`. The states are those that
    `wavefunction` holds, of norm 1 on the samples; the sign of every state is free. Errors: jackknife over blocks of walkers.
    """
    system, states = wavefunction.system, wavefunction.n_states
    width, sums = 0.0, []
    for step in range(steps):
        r, _ = sampler.sample()
        distances = system.distances(r)
        if step == 0:
            width = REACH * float(distances.square().mean(1).max().sqrt()) / BINS
        sums.append(_of_blocks(wavefunction(r), distances, system, width, states))
    found = {name: torch.stack([part[name] for part in sums]).sum(0) for name in sums[0]}
    left_out = {name: torch.cat([x.sum(0, keepdim=True), x.sum(0) - x]) for name, x in found.items()}
    norms = left_out["norm"].sqrt()
    length, rows = system.length_unit, tuple(system.pair_classes)
    result = Results({"transition_distance": Estimate((torch.arange(BINS) + 0.5).numpy() * width, length)})
    for i, j in combinations(range(states), 2):
        scale = (norms[:, i] * norms[:, j])[:, None]
        density = left_out["density"][:, i, j] / scale[..., None] / width
        name = f"transition_density.{i}-{j}"
        result.estimates[name] = _jackknife(density, unit=f"1/{length}", rows=rows)
        for row, square in zip(rows, (left_out["square"][:, i, j] / scale).T, strict=True):
            result.estimates[f"transition_r2.{row}.{i}-{j}"] = _jackknife(square, unit=f"{length}²")
    return result


def _jackknife(values: Tensor, **about: object) -> Estimate:
    return Estimate.resampled(values.cpu().numpy(), "jackknife", "walkers", **about)


def _of_blocks(
    psi: Tensor, distances: Tensor, system: FewBodySystem, width: float, states: int
) -> Mapping[str, Tensor]:
    """Sums over the walkers of every block: norm (B, K); square (B, K, K, classes) of r²; density (B, K, K, classes, bins)."""
    of_states = psi.unflatten(0, (states, -1))
    products = torch.einsum("iab,jab->ijb", of_states, of_states) / psi.square().sum(0)
    index = (distances / width).long()
    parts: dict[str, list[Tensor]] = {"norm": [], "square": [], "density": []}
    for block in torch.arange(psi.shape[-1]).tensor_split(BLOCKS):
        weight, d, bins = products[..., block], distances[:, block], index[:, block]
        squares, densities = [], []
        for members in system.pair_classes.values():
            squares.append((weight * d[members].square().mean(0)).sum(-1))
            histogram = weight.new_zeros(states, states, BINS + 1)  # the last bin is beyond reach
            for p in members:
                histogram.index_add_(-1, bins[p].clamp(max=BINS), weight / len(members))
            densities.append(histogram[..., :BINS])
        parts["norm"].append(weight.diagonal().sum(0))
        parts["square"].append(torch.stack(squares, -1))
        parts["density"].append(torch.stack(densities, -2))
    return {name: torch.stack(found) for name, found in parts.items()}
