"""How much of a state lies in the channels into which its system may fall apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from hadronlab.errors import ConfigError
from hadronlab.estimates.estimate import Estimate
from hadronlab.models.wavefunctions.gaussians import GaussianBasis
from hadronlab.observables.densities import REACH, stacked
from hadronlab.observables.evaluation import Sampler
from hadronlab.observables.levels import Levels
from hadronlab.observables.protocols import SampleObservable
from hadronlab.observables.results import Results
from hadronlab.observables.samples import Evaluation, Samples
from hadronlab.physics.few_body.gaussians.draws import Draws
from hadronlab.physics.few_body.gaussians.expectations import rms_distances
from hadronlab.physics.few_body.gaussians.spectrum import Spectrum
from hadronlab.sampling.independent import IndependentSampler
from hadronlab.sampling.metropolis import MetropolisSampler
from hadronlab.systems.few_body import FewBodySystem
from hadronlab.systems.hadron_pairs import HadronPair, hadron_pairs

BURN_IN = 100  # sweeps of the walkers of a hadron


class ChannelShares(SampleObservable):
    """`channel_share.<pair>` = ∫ d³R |u(R)|², u(R) = √N ⟨φ_1 φ_2; R|ψ⟩ of every threshold of two hadrons in S-wave states, and
    `channel_density`, 4πR²|u|², a row a pair, on `channel_distance`.

    φ_1 φ_2 are the hadrons' own wave functions, in the system's interaction, their spins and isospins coupled to its own; N is the
    number of ways in which the particles make up this pair. It is the spectroscopic factor: 1 of two such hadrons far apart, and no
    probability, for channels are not orthogonal where hadrons overlap, and shares need not sum to 1.

    Samples of ρ = ψ² estimate it by pairs of points x = (ξ, R) and (ξ', R), ξ' drawn from φ² for the hadrons' own coordinates:
        ∫ d³R |u|² = Σ_ways ⟨ φ(ξ)·ψ(ξ, R)/ψ(ξ, R)²  φ(ξ')·ψ(ξ', R)/φ(ξ')² ⟩,
    of which one way, drawn by the size of the first factor, is followed; it has a finite variance whatever ψ is.

    bins: of the density, from zero to beyond the largest distance.
    """

    def __init__(self, bins: int = 120) -> None:
        if bins < 2:
            raise ConfigError(f"observables.channel_shares.bins={bins}: give 2 or more")
        self.bins = bins
        self._rng = np.random.default_rng(0)
        self._hadrons: dict[tuple[str, int], list[Sampler]] = {}
        self._made: tuple[FewBodySystem, list[HadronPair], list[str]] | None = None

    def measure(self, samples: Samples) -> Mapping[str, Tensor]:
        found: dict[str, Tensor] = {}
        for pair in self._pairs(samples.system)[0]:
            share, distance = self._sampled(pair, samples)
            width = samples.reach / self.bins
            index = (distance / width).long().clamp(max=self.bins - 1)
            density = share.new_zeros(self.bins, len(share)).scatter_add_(0, index[None], share[None] / width)
            found |= {f"channel_share.{pair.name}": share, f"channel_density/{pair.name}": density}
        return found

    def _sampled(self, pair: HadronPair, samples: Samples) -> tuple[Tensor, Tensor]:
        """What every sample contributes to the share, and the distance R that it has, (batch,)."""
        r, psi = samples.r.double().cpu(), samples.psi.double().cpu()
        ways = []
        for way in pair.ways:  # sgn(π) D(π)ᵀψ(r) = ψ(πr)
            permuted = way.sign * torch.from_numpy(way.matrix).T @ psi
            ways.append((pair.amplitudes(r[list(way.perm)]) * permuted).sum(0))
        factors = torch.stack(ways) / psi.square().sum(0)
        odds = factors.abs().cumsum(0)
        drawn = torch.from_numpy(self._rng.random(len(odds[0]))) * odds[-1]
        chosen = (odds < drawn).sum(0).clamp(max=len(odds) - 1)
        positions = torch.stack([pair.apart(r[list(way.perm)]) for way in pair.ways])
        apart = positions.gather(0, chosen.expand(1, 3, -1))[0]
        inner = [sampler.sample()[0] for sampler in self._samplers(pair, apart.shape[-1])]
        copies = pair.placed(apart, inner)
        hadrons = pair.amplitudes(copies)
        other = samples.wavefunction(copies.to(samples.r)).double().cpu()
        second = (hadrons * other).sum(0) / hadrons.square().sum(0)
        share = factors.gather(0, chosen[None])[0].sign() * odds[-1] * second
        return share, apart.norm(dim=0)

    def _samplers(self, pair: HadronPair, count: int) -> list[Sampler]:
        """Of φ_1² and φ_2²."""
        key = pair.name, count
        if key not in self._hadrons:
            self._hadrons[key] = [
                _sampler(part, found, count, int(self._rng.integers(2**31)))
                for part, found in zip(pair.parts, pair.found, strict=True)
            ]
        return self._hadrons[key]

    def conclude(self, means: Mapping[str, Estimate], evaluation: Evaluation) -> Results:
        system = evaluation.system
        pairs, warnings = self._pairs(system)
        if not pairs:
            return Results(warnings=warnings)
        rows = {pair.name: means[f"channel_density/{pair.name}"] for pair in pairs}
        middle = (np.arange(self.bins) + 0.5) * evaluation.reach / self.bins
        shares = {f"channel_share.{pair.name}": means[f"channel_share.{pair.name}"] for pair in pairs}
        return Results(
            shares
            | {
                "channel_distance": Estimate(middle, system.length_unit),
                "channel_density": replace(stacked(rows), unit=f"1/{system.length_unit}"),
            }
        )

    def of_levels(self, levels: Levels) -> Results:
        """Of the lowest level, and of several each under NAME.k."""
        system = levels.system
        pairs, warnings = self._pairs(system)
        if not pairs:
            return Results(warnings=warnings)
        found, rows = levels.found, tuple(pair.name for pair in pairs)
        sizes = rms_distances(system, found).max(1)
        result = Results()
        for k, size in enumerate(sizes):
            one = replace(found, energies=found.energies[[k]], coefficients=found.coefficients[..., [k]])
            width = REACH * float(size) / self.bins
            distance = (np.arange(2 * self.bins) + 0.5) * width  # beyond what is shown, for the integral
            densities = np.stack([pair.densities(one, distance)[0] for pair in pairs])
            values = {
                **{
                    f"channel_share.{name}": Estimate(row.sum() * width)
                    for name, row in zip(rows, densities, strict=True)
                },
                "channel_distance": Estimate(distance[: self.bins], system.length_unit),
                "channel_density": Estimate(densities[:, : self.bins], f"1/{system.length_unit}", rows=rows),
            }
            if k == 0:
                result.estimates |= values
            if len(sizes) > 1:
                result.estimates |= {f"{name}.{k}": value for name, value in values.items()}
        return result

    def _pairs(self, system: FewBodySystem) -> tuple[list[HadronPair], list[str]]:
        """The channels of a system, and why there are none where they are not known."""
        if self._made is None or self._made[0] is not system:
            self._hadrons.clear()
            try:
                self._made = system, hadron_pairs(system), []
            except ConfigError as error:
                self._made = system, [], [f"shares of channels are unknown: {error}"]
        return self._made[1:]


def _sampler(part: FewBodySystem, found: Spectrum, count: int, seed: int) -> Sampler:
    """Independent points, or walkers where large Gaussians cancel."""
    draws = Draws.of(part, found)
    if draws is not None:
        return IndependentSampler(draws, count, seed)
    wave = GaussianBasis(part)
    wave.take_coefficients(found)
    sampler = MetropolisSampler(wave, n_walkers=count, seed=seed)
    sampler.sample(BURN_IN)
    sampler.adapt = False
    return sampler
