"""A learned potential on every resampling bin, with its scattering solved once and only where it is asked for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from hadronlab.data.wave_data import WaveData
from hadronlab.errors import DataError, HadronlabError
from hadronlab.estimates.ensembles import Bins
from hadronlab.estimates.estimate import Estimate
from hadronlab.losses.loss import Loss
from hadronlab.models.potentials.potential import Potential
from hadronlab.observables.expansion_fit import Expansion, fit_expansion
from hadronlab.observables.interpolation import interpolated
from hadronlab.observables.leading_order import fit_gaussians
from hadronlab.physics.scattering.coupled_resolvent import CoupledResolvent
from hadronlab.physics.scattering.derivative_expansion import localised
from hadronlab.physics.scattering.hadronic_mesh import coupled_mesh, scattering_mesh
from hadronlab.physics.scattering.rmatrix import Resolvent, RMatrix
from hadronlab.systems.coupled_pair import scattering_channels
from hadronlab.systems.hadrons import HadronPair

N_MOMENTA = 60
EXPANSIONS = {"expansion": True, "expansion_non_hermitian": False}
"""by name: whether it is the Hermitian ordering V0 + ½{V2, ∇²}, or V0 + V2∇² as in the literature"""


@dataclass(frozen=True)
class OtherMinimum:
    """Another potential that the losses have a minimum at, and by how much its loss is higher."""

    excess: float
    model: Potential


class LearnedPotential:
    """What an observable of the inverse problem sees.

    Args:
        models: the central potential, then one for every bin (or none of them, as of a known one).
        data: what it was learned from; U ends at its last radius, for a network is never asked beyond.
        pair: the hadrons, with the potential behind synthetic data.
        k_max: largest momentum quoted, inverse length.
        loss, loss_zero: at the end, and of U = 0.
        bins: of all measurements that it was learned from; by default those of `data`.
        losses, nuisances: what was minimised, and its nuisance parameters (1+B, m) by name.
        minima: others than that of the central potential.
        effective_parameters: how many the data determine.

    Raises DataError where models and bins differ in number.
    """

    def __init__(
        self,
        models: Sequence[Potential],
        data: WaveData,
        pair: HadronPair,
        k_max: float,
        loss: float = 0.0,
        loss_zero: float = 0.0,
        bins: Bins | None = None,
        losses: Mapping[str, Loss] | None = None,
        nuisances: Mapping[str, Tensor] | None = None,
        minima: Sequence[OtherMinimum] = (),
        effective_parameters: float = math.nan,
    ) -> None:
        self.bins = Bins([data.bins]) if bins is None else bins
        if len(models) - 1 not in (0, self.bins.count):
            raise DataError(f"{len(models) - 1} refitted bins, but the data hold {self.bins.count}")
        self.minima, self.effective_parameters = list(minima), effective_parameters
        self.losses, self.nuisances = dict(losses or {}), dict(nuisances or {})
        self.models, self.data, self.pair = models, data, pair
        self.loss, self.loss_zero, self.k_max = loss, loss_zero, k_max
        self.k = torch.linspace(k_max / N_MOMENTA, k_max, N_MOMENTA, dtype=torch.float64)
        natural = pair.hbar_c == 1.0  # units of μ, which have no names
        self.length, self.energy = ("", "") if natural else ("fm", "MeV")
        self.momentum, self.kernel_unit = ("", "") if natural else ("fm⁻¹", "MeV fm⁻³")
        self._solved: dict[str, Resolvent] = {}
        self._expansions: dict[str, Expansion] = {}

    @cached_property
    def rmatrix(self) -> RMatrix:
        """On which scattering in one channel is solved: U belongs to the mass that K R was formed with, not that of nature."""
        data = self.data
        return scattering_mesh(float(data.r[-1]), data.reduced_mass, data.hbar_c, self.k_max)

    @cached_property
    def coupled(self) -> CoupledResolvent:
        """Scattering by the full matrix U of several channels."""
        channels = scattering_channels(self.data.channels, self.data.hbar_c)
        mesh = coupled_mesh(float(self.data.r[-1]), channels, self.k_max)
        return mesh.solve(*self.on(mesh.r))

    @property
    def r(self) -> Tensor:
        """Radii of the data, (N,)."""
        return self.data.r

    def estimate(self, values: Tensor, unit: str = "", **about: Any) -> Estimate:
        """Of values (1+B, …), the central one first, of all bins or of those of `data` alone, or (1, …) without bins."""
        own = len(values) != 1 + self.bins.count
        return (Bins([self.data.bins]) if own else self.bins).estimate(values.detach(), unit, **about)

    @cached_property
    def U(self) -> Tensor:
        """On the radii of the data, (1+B, [C, C,] N, N); zero for a local potential."""
        return self._on_grid(self.r)

    @cached_property
    def V0(self) -> Tensor | None:
        """The local part, (1+B, N); None where the potential has none."""
        return self.local(self.r)

    @cached_property
    def V_theta(self) -> Tensor:
        """U localised with every wave of the data, V0 included, (1+B, K, N)."""
        own = self.bins.of(self.data.bins)[: len(self.models)]
        V0 = 0.0 if self.V0 is None else self.V0[:, None]
        return V0 + localised(self.U[:, None], self.data.weight, self.data.amplitude[own])

    @property
    def kinds(self) -> list[str]:
        """Names of the potentials whose scattering is known: the full U, V_θ, V_LO, and what two sources add."""
        if self.data.channels or not (self.models[0].has_local or self.models[0].has_nonlocal):
            return []  # of several channels see `coupled`
        of_waves = ["local", "leading_order"] if self.data.labels else []
        return ["nonlocal", *of_waves, *(EXPANSIONS if self.has_expansion else ())]

    @property
    def has_expansion(self) -> bool:
        """Whether the data determine V0 and V2 of the derivative expansion: two sources or more."""
        return self.data.laplacian is not None and len(set(self.data.sources)) > 1

    def expansion(self, kind: str) -> Expansion:
        """V0 and V2 in the ordering of that name, see EXPANSIONS."""
        if kind not in self._expansions:
            self._expansions[kind] = fit_expansion(self.data, EXPANSIONS[kind])
        return self._expansions[kind]

    def solved(self, kind: str) -> Resolvent:
        """Scattering by one of `kinds`. Raises HadronlabError where an expansion has no solution."""
        if kind not in self._solved:
            self._solved[kind] = self._solve(kind)
        return self._solved[kind]

    @torch.no_grad()
    def on(self, r: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """U (1+B, n, n) and V0 (1+B, n) on radii r (n,); None for what the potential has not."""
        return self._on_grid(r) if self.models[0].has_nonlocal else None, self.local(r)

    @cached_property
    def charged(self) -> Resolvent:
        """Scattering by the full U with the point Coulomb force of the pair, if it has charges."""
        charges, data = self.pair.charge_product, self.data
        if not charges:
            return self.solved("nonlocal")
        rmatrix = scattering_mesh(self.rmatrix.radius, data.reduced_mass, data.hbar_c, self.k_max, charges)
        return self._solved_on(rmatrix)

    def _solved_on(self, rmatrix: RMatrix) -> Resolvent:
        U, V = self.on(rmatrix.r)
        if U is None and V is None:
            V = rmatrix.r.new_zeros(len(self.models), len(rmatrix.r))
        return rmatrix.solve(U, V)

    def solvable(self) -> dict[str, Resolvent]:
        """Those of `kinds` that have a solution."""
        found = {}
        for kind in self.kinds:
            try:
                found[kind] = self.solved(kind)
            except HadronlabError:  # said by the observable of the expansion
                continue
        return found

    @torch.no_grad()
    def _solve(self, kind: str) -> Resolvent:
        at = self.rmatrix.r
        if kind == "nonlocal":
            return self._solved_on(self.rmatrix)
        if kind == "local":
            return self.rmatrix.solve(None, interpolated(self.r, self.V_theta[:, 0])(at))
        if kind == "leading_order":
            return self.rmatrix.solve(None, self._leading_order(at))
        return self.expansion(kind).solve(self.rmatrix)

    @torch.no_grad()
    def _on_grid(self, r: Tensor) -> Tensor:
        if not self.models[0].has_nonlocal:
            between = (len(self.data.channels),) * 2 if self.data.channels else ()
            return r.new_zeros(len(self.models), *between, len(r), len(r))
        return torch.stack([model.on_grid(r, r).double() for model in self.models])

    @torch.no_grad()
    def local(self, r: Tensor) -> Tensor | None:
        """V0 on radii r (n,), (1+B, n); None where the potential has none."""
        return torch.stack([m.local(r).double() for m in self.models]) if self.models[0].has_local else None

    def _leading_order(self, at: Tensor) -> Tensor:
        """V_LO of the first wave on `at`, (1+B, n): four Gaussians a bin, or a spline of exact data."""
        rows, V = self.data.rows, self.data.leading_order()[:, 0]
        if self.data.n_bins:
            return fit_gaussians(self.r[rows], V[:, rows], resampling=self.data.resampling).local(at)
        return interpolated(self.r[rows], V[:, rows])(at)
