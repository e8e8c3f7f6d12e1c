"""Errors of a learned potential where the one behind its data is known."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from hadronlab.data.wave_data import WaveData
from hadronlab.observables.observables import Observables, Quantity
from hadronlab.observables.scattering_observables import Scattering, fold
from hadronlab.physics.scattering.rmatrix import RMatrix
from hadronlab.systems.hadrons import HadronPair

REACH = 3  # of the mesh of a known potential, over the largest radius of the data
KINDS = ("nonlocal", "local", "leading_order", "expansion", "expansion_non_hermitian")
"""what phase shifts are given of: the full U, V_θ, V_LO, and V0 + V2∇² in two orderings"""


def compare_with_truth(
    rmatrix: RMatrix, k: Tensor, data: WaveData, pair: HadronPair, result: Observables, compare_kernel: bool
) -> None:
    """Errors of U, of V_θ and of the phase shifts where the potential behind the data is known.

    The truth does not end where the data do: what they cut off is part of the error. compare_kernel: whether U stands
    alone; what a local part V0 δ(r−r') takes over cannot be compared on a grid.
    """
    local, kernel = (getattr(pair.potential, name, None) for name in ("local", "nonlocal_part"))
    if local is None and kernel is None:
        return
    r = data.r
    whole = RMatrix(REACH * rmatrix.radius, REACH * rmatrix.mesh.n_points, pair.reduced_mass, pair.hbar_c)
    V = local(whole.r) if local is not None else None
    U = kernel(whole.r[:, None], whole.r[None, :]) if kernel is not None else None
    exact = Scattering.of(whole.solve(U, V), k)
    closed_form = getattr(pair.potential, "phase_shift", None)  # the separable toy has one
    degrees = torch.rad2deg(closed_form(k) if closed_form else exact.phase_shifts).numpy()
    result.arrays["phase_shift_truth"], result.units["phase_shift_truth"] = degrees, "degrees"
    for kind in KINDS:
        if f"phase_shift_{kind}" not in result.arrays:
            continue
        off = torch.rad2deg(
            fold(torch.deg2rad(torch.from_numpy(result.arrays[f"phase_shift_{kind}"] - degrees)))
        ).abs()
        name = "phase_shift_error_max" if kind == "nonlocal" else f"phase_shift_error_max.{kind}"
        result.scalars[name] = Quantity(float(off.max()), None, "deg")
    for name in ("scattering_length", "effective_range", "binding_energy", "rms_radius"):
        value = float(getattr(pair.potential, name, None) or getattr(exact, name))
        if math.isfinite(value):
            result.reference[name] = {"value": value, "source": "truth"}
    if kernel is not None and local is None and compare_kernel:
        truth, ours = kernel(r[:, None], r[None, :]), torch.from_numpy(result.arrays["U"])
        size = r[:, None] * r[None, :]
        result.arrays["U_truth"], result.units["U_truth"] = truth.numpy(), result.units["U"]
        result.scalars["potential_error"] = Quantity(float((ours - truth).norm() / truth.norm()))
        weighted = ((ours - truth) * size).norm() / (truth * size).norm()
        result.scalars["potential_error_weighted"] = Quantity(float(weighted))
    elif local is not None and kernel is None:
        V_truth = local(r)
        shown = (r > 0.15) & (r < 2.0)
        off = torch.from_numpy(result.arrays["V_theta"])[0] - V_truth
        result.arrays["V_truth"], result.units["V_truth"] = V_truth.numpy(), result.units["V_theta"]
        result.scalars["V_theta_error_rms"] = Quantity(
            float(off[shown].square().mean().sqrt()), None, result.units["V_theta"]
        )
