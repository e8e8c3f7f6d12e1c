"""Errors of a learned potential where the one behind its data is known."""

from __future__ import annotations

import math

import torch

from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.learned_potential import LearnedPotential
from hadronlab.observables.low_energy import COULOMB, ground_state, named
from hadronlab.observables.phase_shifts import fold
from hadronlab.observables.protocols import PotentialObservable
from hadronlab.observables.results import Results
from hadronlab.physics.scattering.rmatrix import Resolvent, RMatrix

REACH = 3  # of the mesh of a known potential, over the largest radius of the data
SHOWN = (0.15, 2.0)  # fm, where V_θ is compared


class Truth(PotentialObservable):
    """`phase_shift_error_max`, `potential_error`, `V_theta_error_rms`, the truth as arrays and numbers, and the
    published values of the system. The truth does not end where the data do: what they cut off is part of the error.
    """

    def observe(self, learned: LearnedPotential) -> Results:
        pair = learned.pair
        result = Results(reference={name: dict(entry) for name, entry in pair.references.items()})
        if pair.local is not None or pair.nonlocal_part is not None:
            self._scattering(learned, solved_whole(learned), result)
            self._potential(learned, result)
        return result

    def _scattering(self, learned: LearnedPotential, exact: Resolvent, result: Results) -> None:
        closed = learned.pair.closed_form  # the separable toy has one
        delta = exact.phase_shifts(learned.k) if closed is None else closed.phase_shift(learned.k)
        result.estimates["phase_shift_truth"] = Estimate(torch.rad2deg(delta).numpy(), "deg")
        for kind, solved in learned.solvable().items():
            off = torch.rad2deg(fold(solved.phase_shifts(learned.k)[0] - delta)).abs().max()
            name = "phase_shift_error_max" + ("" if kind == "nonlocal" else f".{kind}")
            result.estimates[name] = Estimate(float(off), "deg")
        values = low_energy(exact)
        if closed is not None:
            values |= closed.low_energy
        if charges := learned.pair.charge_product:
            charged = low_energy(solved_whole(learned, charges))
            values |= {named(name, COULOMB): value for name, value in charged.items()}
        for name, value in values.items():
            if math.isfinite(value):
                result.truth[name] = {"value": value, "source": "the potential behind the data"}

    def _potential(self, learned: LearnedPotential, result: Results) -> None:
        r, pair = learned.r, learned.pair
        if pair.nonlocal_part is not None and pair.local is None and learned.V0 is None:
            # what a local part V0 δ(r−r') takes over could not be compared on a grid
            truth, ours = pair.nonlocal_part(r[:, None], r[None, :]), learned.U[0]
            size = r[:, None] * r[None, :]
            weighted = ((ours - truth) * size).norm() / (truth * size).norm()
            result.estimates["U_truth"] = Estimate(truth.numpy(), learned.kernel_unit)
            result.estimates["potential_error"] = Estimate(float((ours - truth).norm() / truth.norm()))
            result.estimates["potential_error_weighted"] = Estimate(float(weighted))
        elif pair.local is not None and pair.nonlocal_part is None:
            V = pair.local(r)
            shown = (r > SHOWN[0]) & (r < SHOWN[1])
            result.estimates["V_truth"] = Estimate(V.numpy(), learned.energy)
            if learned.data.labels:
                off = (learned.V_theta[0, 0] - V)[shown].square().mean().sqrt()
                result.estimates["V_theta_error_rms"] = Estimate(float(off), learned.energy)


def low_energy(exact: Resolvent) -> dict[str, float]:
    """Scattering length, its inverse, effective range, bound state; not finite where there is none."""
    energy, radius = ground_state(exact)
    a0 = float(exact.scattering_length())
    return {"scattering_length": a0, "inverse_scattering_length": 1.0 / a0 if a0 else math.inf,
            "effective_range": float(exact.effective_range()), "binding_energy": -float(energy),
            "rms_radius": float(radius)}  # fmt: skip


def solved_whole(learned: LearnedPotential, charges: int = 0) -> Resolvent:
    """Scattering by the known potential, on a mesh that reaches far beyond the data, with the mass of the pair.

    charges: Z1·Z2, for the point Coulomb force beside it.
    """
    pair, mesh = learned.pair, learned.rmatrix
    points = REACH * mesh.mesh.n_points
    whole = RMatrix(REACH * mesh.radius, points, pair.reduced_mass, pair.hbar_c, charges=charges)
    V = None if pair.local is None else pair.local(whole.r)
    U = None if pair.nonlocal_part is None else pair.nonlocal_part(whole.r[:, None], whole.r[None, :])
    return whole.solve(U, V)
