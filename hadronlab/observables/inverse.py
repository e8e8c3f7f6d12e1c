"""Observables of a learned potential: from the full nonlocal U and from its localised V_θ, side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from hadronlab.data.diagnostics import (
    RELATIVE_FLOOR,
    SIGNAL_TO_NOISE,
    effective_rank,
    hermiticity,
    signal_to_noise,
)
from hadronlab.data.wave_data import WaveData
from hadronlab.errors import DataError, HadronlabError
from hadronlab.models.potentials.potential import Potential
from hadronlab.observables.derivative_expansion import fit_expansion
from hadronlab.observables.leading_order import fit_gaussians
from hadronlab.observables.observables import Observables, Quantity
from hadronlab.observables.scattering_observables import Scattering, fold, interpolated, mean_and_error, mesh
from hadronlab.observables.truth import compare_with_truth
from hadronlab.physics.scattering.derivative_expansion import localised, next_to_leading_order
from hadronlab.physics.scattering.rmatrix import Resolvent, RMatrix
from hadronlab.systems.hadrons import HadronPair

N_MOMENTA = 60


@torch.no_grad()
def observe(
    models: Sequence[Potential],
    data: WaveData,
    pair: HadronPair,
    k_max: float,
    loss_final: float,
    loss_zero: float,
) -> Observables:
    """Observables of `models`: the central potential first, then one for every bin of `data` (or none of them).

    k_max (fm⁻¹): the largest momentum quoted. A network is never asked beyond the radii of the data: U ends there.
    """
    if len(models) - 1 not in (0, data.n_bins):
        raise DataError(f"{len(models) - 1} refitted bins, but the data hold {data.n_bins}")
    result = Observables()
    length, energy = ("fm", "MeV") if pair.hbar_c != 1.0 else ("", "")
    result.units.update(
        {
            "r": length,
            "k": f"{length}⁻¹" if length else "",
            "U": "MeV fm⁻³" if length else "",
            "V_theta": energy,
        }
    )
    result.labels["waves"] = list(data.labels)
    # U belongs to the mass that K R was formed with, which on a lattice is not that of nature
    rmatrix = mesh(float(data.r[-1]), data.reduced_mass, data.hbar_c, k_max)
    k = torch.linspace(k_max / N_MOMENTA, k_max, N_MOMENTA, dtype=torch.float64)
    curves = _curves(models, data, result)
    result.arrays["k"] = k.numpy()
    for kind, solved in _solved(models, curves, rmatrix, data).items():
        _scattering(kind, solved, k, data, result)
    _derivative_expansion(rmatrix, k, data, result)
    compare_with_truth(rmatrix, k, data, pair, result, compare_kernel=not models[0].has_local)
    _spread_over_times(rmatrix, k, data, result)
    rank = effective_rank(data)
    strength = signal_to_noise(data)
    result.arrays["singular_values"] = strength.numpy()
    result.arrays["singular_values_noise"] = np.array(SIGNAL_TO_NOISE if data.n_bins else RELATIVE_FLOOR)
    result.scalars["effective_rank"] = Quantity(rank)
    result.scalars["loss_final"] = Quantity(loss_final)
    result.scalars["loss_zero_potential"] = Quantity(loss_zero)
    if rank == 1:
        result.warnings.append(
            "effective rank 1: the data hold one direction, so the phase shifts of the full U are not determined, and "
            "V_theta agreeing with V_LO is no evidence; add a second source or other times"
        )
    _hermiticity(data, result)
    result.reference.update({name: dict(entry) for name, entry in pair.references.items()})
    return result


def _curves(models: Sequence[Potential], data: WaveData, result: Observables) -> Tensor:
    """Put r, U, V0, V_θ and V_LO with their errors into `result`; returns V_θ of the models, (1 or 1+B, K, N)."""
    r = data.r
    kernels, local, theta = [], [], []
    for index, model in enumerate(models):
        U = model.on_grid(r, r).double() if model.has_nonlocal else r.new_zeros(len(r), len(r))
        V0 = model.local(r).double() if model.has_local else torch.zeros_like(r)
        theta.append(V0 + localised(U, data.weight, data.amplitude[index]))
        local.append(V0)
        if index == 0:
            kernels.append(U)
    V_theta, V_lo = torch.stack(theta), data.leading_order()
    curves = {
        "V_theta": V_theta,
        "V_lo": V_lo,
        **({"V_0": torch.stack(local)} if models[0].has_local else {}),
    }
    result.arrays["r"], result.arrays["U"] = r.numpy(), kernels[0].numpy()
    for name, values in curves.items():
        _put(name, values, result.units["V_theta"], data, result)
    return V_theta


def _solved(
    models: Sequence[Potential], V_theta: Tensor, rmatrix: RMatrix, data: WaveData
) -> dict[str, Resolvent]:
    """Scattering by the full U, by V_θ and by V_LO."""
    at = rmatrix.r
    U = torch.stack([m.on_grid(at, at).double() for m in models]) if models[0].has_nonlocal else None
    V = torch.stack([m.local(at).double() for m in models]) if models[0].has_local else None
    return {
        "nonlocal": rmatrix.solve(U, V),
        "local": rmatrix.solve(None, interpolated(data.r, V_theta[:, 0])(at)),
        "leading_order": rmatrix.solve(None, _leading_order(data, at)),
    }


def _scattering(kind: str, solved: Resolvent, k: Tensor, data: WaveData, result: Observables) -> None:
    """Phase shifts and low-energy numbers of one potential, with their errors."""
    units = {"scattering_length": result.units["r"], "effective_range": result.units["r"],
             "binding_energy": result.units["V_theta"], "rms_radius": result.units["r"]}  # fmt: skip
    scattering = Scattering.of(solved, k)
    _put(f"phase_shift_{kind}", torch.rad2deg(scattering.phase_shifts), "degrees", data, result)
    for name, unit in units.items():
        values = getattr(scattering, name)
        value, spread = mean_and_error(values, data.resampling)
        if not math.isfinite(float(value)):
            continue
        label = name if kind == "nonlocal" else f"{name}.{kind}"
        result.scalars[label] = Quantity(float(value), None if spread is None else float(spread), unit)
        unbound = int((~torch.isfinite(values)).sum())
        if name == "binding_energy" and unbound:
            result.warnings.append(
                f"no bound state in {unbound} of {len(values) - 1} bins: the error of {label} is that of the others"
            )


def _put(name: str, values: Tensor, unit: str, data: WaveData, result: Observables) -> None:
    """An array (1+B, …) as its mean and, where the data have bins, its error."""
    mean, error = mean_and_error(values, data.resampling)
    result.arrays[name], result.units[name] = mean.numpy(), unit
    if error is not None:
        result.arrays[f"{name}_error"], result.units[f"{name}_error"] = error.numpy(), unit


def _leading_order(data: WaveData, at: Tensor) -> Tensor:
    """V_LO of the first wave function on `at`, (1 or 1+B, n): four Gaussians a bin, or a spline of exact data."""
    rows, V = data.rows, data.leading_order()[:, 0]
    if data.n_bins:
        return fit_gaussians(data.r[rows], V[:, rows], resampling=data.resampling).local(at)
    return interpolated(data.r[rows], V[:, rows])(at)


def _spread_over_times(rmatrix: RMatrix, k: Tensor, data: WaveData, result: Observables) -> None:
    """Largest difference of the V_LO phase shifts of one source between its times, where there are several."""
    V, rows = data.leading_order()[:1], data.rows
    for source in dict.fromkeys(data.sources):
        waves = [
            i
            for i, (name, t) in enumerate(zip(data.sources, data.times, strict=True))
            if name == source and t is not None
        ]
        if len(waves) > 1:
            on_mesh = torch.cat([interpolated(data.r[rows], V[:, i][:, rows])(rmatrix.r) for i in waves])
            delta = rmatrix.solve(None, on_mesh).phase_shifts(k)
            spread = torch.rad2deg(fold(delta - delta[0]).abs().max())
            result.scalars[f"time_spread.{source}"] = Quantity(float(spread), None, "deg")


def _derivative_expansion(rmatrix: RMatrix, k: Tensor, data: WaveData, result: Observables) -> None:
    """V0 and V2 of the next order of the velocity expansion and its scattering, where there are two sources.

    `expansion` is the Hermitian ordering V0 + ½{V2, ∇²}, `expansion_non_hermitian` V0 + V2∇² as in the literature, and
    the points are the latter solved radius by radius.
    """
    if data.laplacian is None or len(set(data.sources)) < 2:
        return
    points = next_to_leading_order(data.lhs, data.amplitude, data.laplacian)
    for order, unit, values in zip(("V0", "V2"), ("MeV", "MeV fm²"), points, strict=True):
        _put(f"{order}_points", values, unit, data, result)
    for kind, hermitian in (("expansion", True), ("expansion_non_hermitian", False)):
        expansion = fit_expansion(data, hermitian)
        _put(f"V0_{kind}", expansion.V0(data.r), "MeV", data, result)
        _put(f"V2_{kind}", expansion.V2(data.r), "MeV fm²", data, result)
        try:
            _scattering(kind, expansion.solve(rmatrix), k, data, result)
        except HadronlabError as error:
            result.warnings.append(f"no phase shifts of the derivative expansion ({kind}): {error}")


def _hermiticity(data: WaveData, result: Observables) -> None:
    """⟨a|K|b⟩ − ⟨b|K|a⟩ of the first two sources: zero for a Hermitian potential."""
    sources = list(dict.fromkeys(data.sources))
    if len(sources) < 2:
        return
    first, second = data.sources.index(sources[0]), data.sources.index(sources[1])
    test = hermiticity(data, first, second)
    result.scalars["hermiticity"] = Quantity(test.difference, test.error, result.units["V_theta"])
    if test.error and abs(test.difference) > 3 * test.error:
        result.warnings.append(
            f"{test.first} and {test.second} break Hermiticity by {abs(test.difference) / test.error:.1f} standard "
            "deviations: no symmetric potential stands behind both; look at excited states and at the lattice spacing"
        )
