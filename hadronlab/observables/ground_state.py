"""What a ground state looks like: energies in MeV or Hartree, radii, colour shares, the bound-state verdict."""

from __future__ import annotations

import math

import torch

from hadronlab.estimates.chains import ChainStatistics
from hadronlab.observables.evaluation import Evaluation
from hadronlab.observables.observables import Observables, Quantity
from hadronlab.systems.few_body import FewBodySystem
from hadronlab.systems.references import references
from hadronlab.systems.threshold import Threshold

FAR_ABOVE = 4.0  # MeV; what comes apart ends nearer to its threshold


def ground_state(system: FewBodySystem, found: Evaluation, threshold: Threshold | None) -> Observables:
    """Observables of a variational state from its evaluation; E ≥ threshold − 2σ is "no bound state"."""
    unit, length = system.energy_unit, system.length_unit
    result = Observables()
    scalars = result.scalars
    energy = scalars["energy"] = Quantity(found.energy.mean, found.energy.error, unit)
    if threshold is not None:
        scalars["threshold"] = Quantity(threshold.energy, None, unit, name=threshold.name)
        if energy.value < threshold.energy - 2 * found.energy.error:
            scalars["binding_energy"] = Quantity(energy.value - threshold.energy, energy.error, unit)
        else:
            result.warnings.append(
                f"no bound state: E = {energy} does not lie below the threshold {threshold.name} "
                f"at {threshold.energy:.6g} {unit} by two standard errors"
            )
            if unit == "MeV" and energy.value - threshold.energy > FAR_ABOVE:
                result.warnings.append(
                    f"{energy.value - threshold.energy:.0f} MeV above the threshold leave room for one: train longer; "
                    "model=unbound begins with the hadrons of the threshold far apart"
                )
    scalars["kinetic_energy"] = _quantity(found.kinetic, unit)
    scalars["potential_energy"] = _quantity(found.potential, unit)
    for name, part in found.parts.items():
        scalars[f"potential.{name}"] = _quantity(part, unit)
    scalars["virial_residual"] = _quantity(found.virial, unit)
    for pair, radius in found.rms_radius.items():
        scalars[f"rms_radius.{pair}"] = _quantity(radius, length)
    for kind, shares in found.fractions.items():
        for label, share in shares.items():
            scalars[f"{kind}.{label}"] = _quantity(share, "")
    scalars["local_energy_std"] = Quantity(found.energy.std, None, unit)
    scalars["acceptance"] = Quantity(found.acceptance)
    scalars["r_hat"] = Quantity(found.energy.r_hat)
    scalars["tau_corr"] = Quantity(found.energy.tau_corr)
    scalars["samples"] = Quantity(float(found.energy.n_samples))
    _densities(result, found, length)
    known = references(system)
    result.reference = {**known["paper"], **known["reference"]}
    _warn(result, found)
    return result


def _quantity(statistics: ChainStatistics, unit: str) -> Quantity:
    exact = statistics.std <= 1e-12 * abs(
        statistics.mean
    )  # the same at every sample, such as the constant term
    return Quantity(statistics.mean, None if exact else statistics.error, unit)


def _densities(result: Observables, found: Evaluation, length: str) -> None:
    """Distributions of distances P(d), ∫ P dd = 1: by pair class, and of each particle from the centre of mass."""
    result.arrays["distance"] = (0.5 * (found.bin_edges[1:] + found.bin_edges[:-1])).numpy()
    result.units["distance"] = length
    for name, densities in (
        ("pair_density", found.pair_density),
        ("one_body_density", found.one_body_density),
    ):
        result.arrays[name] = torch.stack(list(densities.values())).numpy()
        result.units[name] = f"1/{length}"
        result.labels[name] = list(densities)


def _warn(result: Observables, found: Evaluation) -> None:
    scalars = result.scalars
    energy, known = scalars["energy"], result.reference.get("energy", {})
    if "error" in known:
        margin = 3 * math.hypot(found.energy.error, known["error"])
        if energy.value < known["value"] - margin:
            result.warnings.append(
                f"energy {energy} lies below the reference {known['value']} by more than three standard errors"
            )
    half = max(1, found.energy.n_samples // found.walkers // 2)  # steps over which R-hat compares the walkers
    alike = math.sqrt(1 + (2 * found.energy.tau_corr - 1) / half)  # what it is for walkers that agree
    if scalars["r_hat"].value > 1.05 * alike:
        result.warnings.append(
            f"the walkers of the evaluation disagree: R-hat = {scalars['r_hat'].value:.3f}"
        )
    if abs(found.drift) > 4:
        result.warnings.append(
            "the energy drifted during the evaluation: its walkers had not reached equilibrium"
        )
