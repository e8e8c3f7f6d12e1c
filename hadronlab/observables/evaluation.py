"""The final numbers of a wave function: unclipped, from fresh walkers, with as many samples as the error asks for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from hadronlab.errors import ConfigError
from hadronlab.estimates.chains import ChainStatistics, chain_statistics
from hadronlab.observables.potential_parts import expectation, potential_parts, virial
from hadronlab.sampling.local_energy import LocalEnergy, local_energy
from hadronlab.sampling.metropolis import MetropolisSampler

if TYPE_CHECKING:
    from hadronlab.models.wavefunctions.wavefunction import WaveFunction
    from hadronlab.systems.few_body import FewBodySystem


@dataclass(frozen=True)
class Evaluation:
    """Observables of a wave function, means over samples of ρ   [DeepQuark, Eq. 14].

    energy: with rest masses, in `system.energy_unit` (MeV or Ha), as kinetic and potential (without rest masses).
    parts: the potential by its terms, where the interaction separates them. virial: 2T − r·∇V, zero in an
    eigenstate. walkers: their number. drift: energy of the later half of the samples minus that of the earlier, in units
    of its error. rms_radius: per pair class, √ of the mean over its pairs of ⟨r²⟩, fm (bohr). fractions: color_fraction,
    spin_fraction, isospin_fraction by label. Every one with its error. bin_edges (bins + 1,): of the distance
    between the particles of a pair class, and from the centre of mass to the particles of a flavour;
    pair_density, one_body_density: their probability per fm, (bins,) for every class and flavour.
    """

    energy: ChainStatistics
    kinetic: ChainStatistics
    potential: ChainStatistics
    parts: dict[str, ChainStatistics]
    virial: ChainStatistics
    walkers: int
    drift: float
    rms_radius: dict[str, ChainStatistics]
    fractions: dict[str, dict[str, ChainStatistics]]
    acceptance: float
    bin_edges: Tensor
    pair_density: dict[str, Tensor]
    one_body_density: dict[str, Tensor]


def evaluate(
    wavefunction: WaveFunction,
    target_error: float | None = None,
    n_samples: int = 100_000,
    max_samples: int = 2_000_000,
    n_walkers: int = 2000,
    thermalisation: int = 600,
    seed: int = 0,
    max_seconds: float | None = None,
    bins: int = 120,
    make_sampler: Callable[..., MetropolisSampler] = MetropolisSampler,
) -> Evaluation:
    """Sample |ψ|² with walkers of its own until the energy's error is below `target_error`, and measure.

    Args:
        target_error: in `system.energy_unit`; None for exactly n_samples.
        n_samples, max_samples: the least and the most samples.
        thermalisation: sweeps before the first sample, during which the steps adapt.
        max_seconds: stop after this time, thermalisation included, whatever the error; two samples of each walker at least.
        make_sampler: called with the wave function, n_walkers and seed.

    The number of samples is decided from the error alone, never from the energy, so the mean stays unbiased.
    """
    if n_samples < 2 * n_walkers:
        raise ConfigError(f"n_samples={n_samples} is less than two samples for each of {n_walkers} walkers")
    started = time.monotonic()
    sampler = make_sampler(wavefunction, n_walkers=n_walkers, seed=seed)
    first, _ = sampler.sample(thermalisation)
    sampler.adapt = False
    sampler.reset_acceptance()
    chains = _Chains(wavefunction, 1.25 * float(wavefunction.system.distances(first).max()), bins)
    done, goal = 0, n_samples
    while done < goal:
        r, channel = sampler.sample()
        chains.add(r, channel, local_energy(wavefunction, r, channel))
        done += n_walkers
        if done >= goal and target_error is not None:
            error = chain_statistics(chains.stacked("energy")).error
            if error > target_error:
                goal = int(min(max_samples, max(1.1 * done * (error / target_error) ** 2, done + n_walkers)))
        if max_seconds is not None and time.monotonic() - started > max_seconds and done >= 2 * n_walkers:
            break
    return chains.result(sampler.acceptance)


class _Chains:
    """Walker by walker records of every observable."""

    def __init__(self, wavefunction: WaveFunction, reach: float, bins: int):
        self.wavefunction = wavefunction
        self.system = system = wavefunction.system
        self.parts = potential_parts(system)
        self.records: dict[str, list[Tensor]] = {}
        self.bin_edges = torch.linspace(0.0, reach, bins + 1, dtype=torch.float64)
        self.pair_counts = {name: torch.zeros(bins) for name in system.pair_classes}
        self.one_body_counts = {name: torch.zeros(bins) for name in system.flavors}

    def _record(self, name: str, values: Tensor) -> None:
        self.records.setdefault(name, []).append(values.cpu())

    @torch.no_grad()
    def add(self, r: Tensor, channel: Tensor | None, local: LocalEnergy) -> None:
        unit, system = self.system.to_unit, self.system
        psi = (
            local.psi if channel is None else self.wavefunction(r)
        )  # all channels: less noise than the sampled one
        self._record("energy", local.energy * unit + system.mass_sum)
        self._record("kinetic", local.kinetic * unit)
        self._record("potential", local.potential * unit)
        self._record("virial", (2 * local.kinetic - virial(system, local.distances, psi)) * unit)
        for name, part in self.parts.items():
            self._record(f"part/{name}", expectation(part, local.distances, psi) * unit)
        for name, pairs in system.pair_classes.items():
            distances = local.distances[pairs]
            self._record(f"square/{name}", distances.square().mean(0))
            self.pair_counts[name] += self._histogram(distances)
        masses = system.masses.to(r)
        radius = (r - torch.einsum("i,ixb->xb", masses / masses.sum(), r)).square().sum(1).sqrt()
        for i, flavor in enumerate(system.flavors):
            self.one_body_counts[flavor] += self._histogram(radius[i])
        for kind, name, mask in _fraction_masks(system):
            self._record(f"{kind}/{name}", local.weights[mask].sum(0))

    def _histogram(self, lengths: Tensor) -> Tensor:
        bins = len(self.bin_edges) - 1
        return torch.histc(lengths.flatten().float().cpu(), bins, 0.0, float(self.bin_edges[-1]))

    def _density(self, counts: dict[str, Tensor], particles: Callable[[str], int]) -> dict[str, Tensor]:
        n = sum(len(x) for x in self.records["energy"]) * float(self.bin_edges[1])
        return {name: count.double() / (n * particles(name)) for name, count in counts.items()}

    def _drift(self) -> float:
        chains = self.stacked("energy")
        half = len(chains) // 2
        if half < 2:
            return 0.0
        difference = chains[half:].mean(0) - chains[:half].mean(0)  # of every walker
        return float(difference.mean() / (difference.std() / len(difference) ** 0.5))

    def stacked(self, name: str) -> Tensor:
        """(steps, walkers)."""
        return torch.stack(self.records[name])

    def result(self, acceptance: float) -> Evaluation:
        statistics = {name: chain_statistics(self.stacked(name)) for name in self.records}
        fractions: dict[str, dict[str, ChainStatistics]] = {}
        for kind, name, _ in _fraction_masks(self.system):
            fractions.setdefault(kind, {})[name] = statistics[f"{kind}/{name}"]
        return Evaluation(
            energy=statistics["energy"],  # Eq. (14)
            kinetic=statistics["kinetic"],
            potential=statistics["potential"],
            parts={name: statistics[f"part/{name}"] for name in self.parts},
            virial=statistics["virial"],
            walkers=self.stacked("energy").shape[1],
            drift=self._drift(),
            rms_radius={c: _root(statistics[f"square/{c}"]) for c in self.system.pair_classes},
            fractions=fractions,
            acceptance=acceptance,
            bin_edges=self.bin_edges,
            pair_density=self._density(self.pair_counts, lambda c: len(self.system.pair_classes[c])),
            one_body_density=self._density(self.one_body_counts, self.system.flavors.count),
        )


def _fraction_masks(system: FewBodySystem) -> Iterator[tuple[str, str, Tensor]]:
    """Which channels make up every colour, spin and isospin state, where there is more than one."""
    kinds = ("color_fraction", "spin_fraction", "isospin_fraction")
    labels = (system.color_labels, system.spin_labels, system.isospin_labels)
    for column, (kind, names) in enumerate(zip(kinds, labels, strict=True)):
        if len(names) > 1:
            for k, name in enumerate(names):
                yield kind, name, system.channel_indices[:, column] == k


def _root(square: ChainStatistics) -> ChainStatistics:
    """√ of a mean, errors to first order."""
    mean = square.mean**0.5
    return replace(square, mean=mean, error=square.error / (2 * mean), std=square.std / (2 * mean))
