"""The final numbers of a wave function: unclipped, from fresh walkers, with as many samples as the error asks for."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Protocol

import torch
from torch import Tensor

from hadronlab.errors import ConfigError
from hadronlab.estimates.chains import ChainStatistics, chain_statistics, grouped
from hadronlab.estimates.estimate import Estimate, jackknife_of_blocks
from hadronlab.models.wavefunctions.wavefunction import WaveFunction
from hadronlab.observables.protocols import SampleObservable
from hadronlab.observables.results import Results
from hadronlab.observables.samples import Evaluation, Samples
from hadronlab.sampling.local_energy import local_energy
from hadronlab.sampling.metropolis import MetropolisSampler
from hadronlab.systems.threshold import Threshold


class Sampler(Protocol):
    """What draws the samples of an evaluation."""

    adapt: bool
    """whether it changes its steps as it goes"""

    def sample(self, sweeps: int | None = None) -> tuple[Tensor, Tensor | None]:
        """Positions (N, 3, n_walkers), and channels (n_walkers,) or None, `sweeps` after the last."""
        ...

    def reset_acceptance(self) -> None:
        """`acceptance` counts from now on."""
        ...

    @property
    def acceptance(self) -> float: ...


DRIFT = 4.0  # standard deviations between the halves of an evaluation that are said


def evaluate(
    wavefunction: WaveFunction,
    observables: Mapping[str, SampleObservable],
    threshold: Threshold | None = None,
    target_error: float | None = None,
    n_samples: int = 100_000,
    max_samples: int = 2_000_000,
    n_walkers: int = 2000,
    thermalisation: int = 600,
    seed: int = 0,
    max_seconds: float | None = None,
    make_sampler: Callable[..., Sampler] = MetropolisSampler,
) -> Results:
    """Sample |ψ|² with walkers of its own until the energy's error is below `target_error`, and measure.

    Args:
        observables: by name; the energy and the quality of the sampling are always among the results.
        threshold: what a bound state lies below.
        target_error: in `system.energy_unit`; None for exactly n_samples.
        n_samples, max_samples: the least and the most samples.
        thermalisation: sweeps before the first sample, during which the steps adapt.
        max_seconds: stop after this time, thermalisation included, whatever the error; two samples of each walker at least.
        make_sampler: called with the wave function, n_walkers and seed.

    The number of samples is decided from the error alone, never from the energy, so the mean stays unbiased; what diverges where
    particles meet is taken out of the energy before (`Samples.contact`), lest both hang on the same few walkers.
    """
    if n_samples < 2 * n_walkers:
        raise ConfigError(f"n_samples={n_samples} is less than two samples for each of {n_walkers} walkers")
    started, system = time.monotonic(), wavefunction.system
    sampler = make_sampler(wavefunction, n_walkers=n_walkers, seed=seed)
    first, _ = sampler.sample(thermalisation)
    sampler.adapt = False
    sampler.reset_acceptance()
    reach = 1.25 * float(system.distances(first).max())
    record, done, goal = Record(), 0, n_samples
    while done < goal:
        r, channel = sampler.sample()
        local = local_energy(wavefunction, r, channel)
        samples = Samples(wavefunction, r, channel, local, reach)
        for name, values in (("energy", local.energy + samples.contact), ("local_energy", local.energy)):
            record.add({name: values * system.to_unit + system.mass_sum})
        with torch.no_grad():
            for observable in observables.values():
                record.add(observable.measure(samples))
        done += n_walkers
        if done >= goal and target_error is not None:
            error = chain_statistics(record.chains("energy")).error
            if error > target_error:
                goal = int(min(max_samples, max(1.1 * done * (error / target_error) ** 2, done + n_walkers)))
        if max_seconds is not None and time.monotonic() - started > max_seconds and done >= 2 * n_walkers:
            break
    statistics = record.statistics()
    means = record.means(statistics)
    energy = Estimate(means["energy"].value, system.energy_unit, means["energy"].parts)
    about = Evaluation(
        system, energy, statistics, threshold, sampler.acceptance, record.drift(), n_walkers, reach
    )
    result = Results({"energy": energy})
    for observable in observables.values():
        result.add(observable.conclude(means, about))
    result.add(sampling_quality(about))
    return result


class Record:
    """Everything measured: numbers walker by walker, arrays summed over groups of walkers."""

    def __init__(self) -> None:
        self._numbers: dict[str, list[Tensor]] = {}
        self._arrays: dict[str, Tensor] = {}
        self._steps = 0

    def add(self, measured: Mapping[str, Tensor]) -> None:
        """Numbers (batch,) and arrays (n, batch) of one step of all walkers."""
        for name, values in measured.items():
            if values.dim() == 1:
                self._numbers.setdefault(name, []).append(values.cpu())
            else:
                blocks = grouped(values.double()).cpu()
                self._arrays[name] = self._arrays.get(name, torch.zeros(())) + blocks
        self._steps = len(self._numbers["energy"])

    def chains(self, name: str) -> Tensor:
        """(steps, walkers)."""
        return torch.stack(self._numbers[name])

    def statistics(self) -> dict[str, ChainStatistics]:
        """Of every number."""
        return {name: chain_statistics(self.chains(name)) for name in self._numbers}

    def means(self, statistics: Mapping[str, ChainStatistics]) -> dict[str, Estimate]:
        """Of every number and array, without their units."""
        found = {name: Estimate.of_chains(self.chains(name), statistics[name]) for name in self._numbers}
        for name, sums in self._arrays.items():
            means = (sums / self._steps).T.numpy()
            parts = {"walkers": jackknife_of_blocks(means)} if len(means) > 1 else {}
            found[name] = Estimate(means.mean(0), parts=parts)
        return found

    def drift(self) -> float:
        """How far the energy has moved from the first to the second half of the steps, in errors of that."""
        chains = self.chains("energy")
        half = len(chains) // 2
        if half < 2:
            return 0.0
        difference = chains[half:].mean(0) - chains[:half].mean(0)  # of every walker
        return float(difference.mean() / (difference.std() / len(difference) ** 0.5))


def sampling_quality(evaluation: Evaluation) -> Results:
    """`local_energy_std`, `v_score`, `acceptance`, `r_hat`, `tau_corr`, `samples`, and warnings where the walkers disagree.

    The V-score N Var(E_L)/(E − Σm)² of N particles compares the quality of states across systems [Wu et al., Science 386,
    296 (2024)]: zero for an exact state; free particles at rest are the zero of the energy.
    """
    energy, system = evaluation.statistics["energy"], evaluation.system
    spread = evaluation.statistics["local_energy"].std
    result = Results(
        {
            "local_energy_std": Estimate(spread, system.energy_unit),
            "v_score": Estimate(system.n_particles * (spread / (energy.mean - system.mass_sum)) ** 2),
            "acceptance": Estimate(evaluation.acceptance),
            "r_hat": Estimate(energy.r_hat),
            "tau_corr": Estimate(energy.tau_corr),
            "samples": Estimate(energy.n_samples),
        }
    )
    half = max(1, energy.n_samples // evaluation.walkers // 2)  # steps over which R-hat compares the walkers
    alike = math.sqrt(1 + (2 * energy.tau_corr - 1) / half)  # what it is for walkers that agree
    if energy.r_hat > 1.05 * alike:
        result.warnings.append(f"the walkers of the evaluation disagree: R-hat = {energy.r_hat:.3f}")
    if abs(evaluation.drift) > DRIFT:
        result.warnings.append(
            "the energy drifted during the evaluation: its walkers had not reached equilibrium"
        )
    return result
