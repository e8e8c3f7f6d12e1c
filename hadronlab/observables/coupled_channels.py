"""What several coupled channels do: phases, inelasticities, mixing angles, the shares of a bound state, and their potentials."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from hadronlab.errors import ConfigError
from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.learned_potential import LearnedPotential
from hadronlab.observables.low_energy import ground_state
from hadronlab.observables.phase_shifts import fold
from hadronlab.observables.protocols import PotentialObservable
from hadronlab.observables.results import Results
from hadronlab.physics.forces.tensor_waves import central_and_tensor
from hadronlab.physics.scattering.coupled_resolvent import CoupledResolvent
from hadronlab.physics.scattering.hadronic_mesh import coupled_mesh
from hadronlab.physics.scattering.lattice_energies import lattice_scattering
from hadronlab.physics.scattering.phase_parameters import blatt_biedenharn, channel_phases, stapp
from hadronlab.systems.coupled_pair import scattering_channels

REACH = 3  # of the mesh of a known potential, over the largest radius of the data
ROOT = math.sqrt(8.0)


@dataclass(frozen=True)
class Angles:
    """Of energies (M,): δ (1+B, M, C) and ε (1+B, M), rad, η (1+B, M) = |S| of the channel that opens first."""

    delta: Tensor
    epsilon: Tensor | None
    eta: Tensor

    @classmethod
    def of(cls, solved: CoupledResolvent, S: Tensor, total: Tensor, parameters: str) -> Angles:
        """From S (…, M, C, C) and ½ arg det S (…, M)."""
        first = solved.first
        eta = S[..., first, first].abs()
        if len(solved.channels) != 2:
            return cls(channel_phases(S, total, first), None, eta)
        found = (blatt_biedenharn if parameters == "blatt_biedenharn" else stapp)(S, total, first)
        return cls(found.delta, found.epsilon, eta)

    def near(self, other: Angles) -> Angles:
        """On the branch of another (1, M, …): where δ is a turn off, ε has the other sign."""
        turns = ((self.delta - other.delta) / math.pi).round()
        epsilon = self.epsilon
        if epsilon is not None:
            epsilon = epsilon * torch.where(turns.nansum(-1) % 2 == 0, 1.0, -1.0)
        return Angles(self.delta - math.pi * turns, epsilon, self.eta)


class CoupledChannels(PotentialObservable):
    """`phase_shift_1`, `phase_shift_2`, … in deg on `channel_energy_1`, … (MeV from the first threshold, where the channel is open),
    `inelasticity`, η = |S| of the channel that opens first, and of two channels `mixing_angle`, deg, on
    `channel_energy`;
    `share.<channel>` of the lowest bound state; `V_11`, `V_12`, … on `r`, of S and D waves `V_C`, `V_T`, `V_LS`, beside
    `V_C_lo`, `V_T_lo`, which each wave of the data gives alone; `U_11`, `U_12`, … (r × r'). Where the truth is known, the
    largest errors of the angles.

    parameters: "stapp" (bar phases; of two channels of any kind δ_a = ½ arg S_aa) or "blatt_biedenharn" (eigenphases).
    relativistic: whether k² at an energy is that of K, see `physics.scattering.lattice_energies`, or 2μ(E − M).
    at: energies, MeV, at which phases, η and ε are quoted as numbers too, `phase_shift_1.<E>`, ….
    """

    sees_channels: ClassVar[bool] = True

    def __init__(
        self, parameters: str = "stapp", relativistic: bool = False, at: Sequence[float] = ()
    ) -> None:
        if parameters not in ("stapp", "blatt_biedenharn"):
            raise ConfigError(
                f"observables.coupled_channels.parameters={parameters!r}: choose stapp or blatt_biedenharn"
            )
        self.parameters, self.relativistic, self.at = parameters, relativistic, tuple(at)

    def observe(self, learned: LearnedPotential) -> Results:
        result = Results(reference={name: dict(entry) for name, entry in learned.pair.references.items()})
        if not learned.data.channels:
            return result
        solved = learned.coupled
        entrance = solved.channels[solved.first]
        energy = entrance.threshold + entrance.kinetic * learned.k**2
        angles = self._angles(learned, solved, energy)
        result.estimates |= {
            "k": Estimate(learned.k.numpy(), learned.momentum),
            "channel_energy": Estimate(energy.numpy(), learned.energy),
            "inelasticity": learned.estimate(angles.eta),
        }
        is_open = solved.open(energy)
        for a, name in enumerate(learned.data.names):
            at = is_open[:, a]
            result.estimates[f"channel_energy_{a + 1}"] = Estimate(
                energy[at].numpy(), learned.energy, name=name
            )
            delta = torch.rad2deg(angles.delta[:, at, a])
            result.estimates[f"phase_shift_{a + 1}"] = learned.estimate(delta, "deg")
        if angles.epsilon is not None:
            epsilon = torch.rad2deg(angles.epsilon[:, is_open.all(-1)])
            result.estimates["mixing_angle"] = learned.estimate(epsilon, "deg")
        self._quoted(learned, solved, result)
        self._shares(learned, solved, result)
        self._potentials(learned, result)
        if learned.pair.local is not None or learned.pair.nonlocal_part is not None:
            self._truth(learned, energy, angles, result)
        return result

    def _angles(self, learned: LearnedPotential, solved: CoupledResolvent, energy: Tensor) -> Angles:
        found = self._of(learned, solved, energy)
        return found.near(Angles(found.delta[:1], None, found.eta))

    def _of(self, learned: LearnedPotential, solved: CoupledResolvent, energy: Tensor) -> Angles:
        if self.relativistic:
            curvature = energy.new_tensor([channel.curvature for channel in learned.data.channels])
            S, total = lattice_scattering(solved, energy, curvature)
        else:
            S, total = solved.s_matrix(energy), solved.total_phase(energy)
        return Angles.of(solved, S, total, self.parameters)

    def _quoted(self, learned: LearnedPotential, solved: CoupledResolvent, result: Results) -> None:
        """Numbers at the energies `at`."""
        for E in self.at:
            energy = torch.tensor([E], dtype=torch.float64)
            angles, is_open = self._angles(learned, solved, energy), solved.open(energy)[0]
            for a in torch.nonzero(is_open)[:, 0].tolist():
                delta = torch.rad2deg(angles.delta[:, 0, a])
                result.estimates[f"phase_shift_{a + 1}.{E:g}"] = learned.estimate(delta, "deg")
            if bool(is_open.all()):
                result.estimates[f"inelasticity.{E:g}"] = learned.estimate(angles.eta[:, 0])
                if angles.epsilon is not None:
                    epsilon = torch.rad2deg(angles.epsilon[:, 0])
                    result.estimates[f"mixing_angle.{E:g}"] = learned.estimate(epsilon, "deg")

    def _shares(self, learned: LearnedPotential, solved: CoupledResolvent, result: Results) -> None:
        """Of the lowest state, where the central potential binds one."""
        bound = solved.bound_states()
        if bound.energies.shape[-1] and bool(torch.isfinite(bound.energies[0, 0])):
            for a, name in enumerate(learned.data.names):
                result.estimates[f"share.{name}"] = learned.estimate(bound.shares[:, 0, a])

    def _potentials(self, learned: LearnedPotential, result: Results) -> None:
        unit, data, V = learned.energy, learned.data, learned.V0
        result.estimates["r"] = Estimate(learned.r.numpy(), learned.length)
        count, tensor = len(data.channels), _is_tensor(learned)
        pairs = [(a, b) for a in range(count) for b in range(a, count)]
        if V is not None:
            found = {f"V_{a + 1}{b + 1}": V[:, a, b] for a, b in pairs}
            if tensor:
                found = {"V_C": V[:, 0, 0], "V_T": V[:, 0, 1] / ROOT}
                found["V_LS"] = (found["V_C"] - 2 * found["V_T"] - V[:, 1, 1]) / 3
                if bool(found["V_LS"].abs().max() < 1e-9 * V.abs().max()):
                    del found["V_LS"]  # a model without
            result.estimates |= {name: learned.estimate(values, unit) for name, values in found.items()}
        if learned.models[0].has_nonlocal:
            for a, b in pairs:
                result.estimates[f"U_{a + 1}{b + 1}"] = learned.estimate(
                    learned.U[:, a, b], learned.kernel_unit
                )
        if tensor:
            S, D = (data.amplitude[..., a, :].numpy() for a in range(2))
            KS, KD = (data.lhs[..., a, :].numpy() for a in range(2))
            for name, values in zip(("V_C_lo", "V_T_lo"), central_and_tensor(S, D, KS, KD), strict=True):
                result.estimates[name] = learned.estimate(torch.from_numpy(values), unit, rows=data.labels)

    def _truth(self, learned: LearnedPotential, energy: Tensor, angles: Angles, result: Results) -> None:
        exact = solved_whole(learned)
        truth = self._of(learned, exact, energy)
        truth = Angles(truth.delta[None], None if truth.epsilon is None else truth.epsilon[None], truth.eta)
        ours = angles.near(truth)
        off = torch.rad2deg(fold(angles.delta[0] - truth.delta[0]).abs())
        for a in range(off.shape[-1]):
            is_open = off[:, a].isfinite()
            result.estimates[f"phase_shift_{a + 1}_truth"] = Estimate(
                torch.rad2deg(truth.delta[0, is_open, a]).numpy(), "deg"
            )
            result.estimates[f"phase_shift_{a + 1}_error_max"] = Estimate(float(off[is_open, a].max()), "deg")
        result.estimates["phase_shift_error_max"] = Estimate(float(off.nan_to_num(0.0).max()), "deg")
        result.estimates["inelasticity_truth"] = Estimate(truth.eta.numpy())
        result.estimates["inelasticity_error_max"] = Estimate(float((angles.eta[0] - truth.eta).abs().max()))
        if ours.epsilon is not None and truth.epsilon is not None:
            both = truth.epsilon[0].isfinite()
            miss = torch.rad2deg((ours.epsilon[0] - truth.epsilon[0])[both].abs().max())
            result.estimates["mixing_angle_truth"] = Estimate(
                torch.rad2deg(truth.epsilon[0, both]).numpy(), "deg"
            )
            result.estimates["mixing_angle_error_max"] = Estimate(float(miss), "deg")
        bound, (state, radius) = exact.bound_states(), ground_state(exact)
        values = {"binding_energy": -float(state), "rms_radius": float(radius)}
        if bound.energies.shape[-1]:
            values |= {
                f"share.{name}": float(bound.shares[0, a]) for a, name in enumerate(learned.data.names)
            }
        for name, value in values.items():
            if math.isfinite(value):
                result.truth[name] = {"value": value, "source": "the potential behind the data"}


def solved_whole(learned: LearnedPotential) -> CoupledResolvent:
    """Scattering by the known potential, on a mesh that reaches far beyond the data."""
    channels = scattering_channels(learned.data.channels, learned.data.hbar_c)
    mesh, pair = coupled_mesh(REACH * float(learned.r[-1]), channels, REACH * learned.k_max), learned.pair
    V = None if pair.local is None else pair.local(mesh.r)
    U = None if pair.nonlocal_part is None else pair.nonlocal_part(mesh.r[:, None], mesh.r[None, :])
    return mesh.solve(U, V)


def _is_tensor(learned: LearnedPotential) -> bool:
    """Whether these are the waves l = 0 and 2 of one pair."""
    channels = learned.data.channels
    same = len({channel.masses for channel in channels}) == 1
    return same and [channel.orbital for channel in channels] == [0, 2]
