"""What the inverse problem is fitted to: wave functions (or R) and the left side of their equation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import torch
from torch import Tensor

from hadronlab.data.r_correlator import RCorrelator
from hadronlab.errors import DataError
from hadronlab.estimates.ensembles import Ensemble
from hadronlab.systems.coupled_pair import HadronChannel


@dataclass(frozen=True, eq=False)
class WaveData:
    """Samples of a radial S-wave equation lhs(r) = V0(r) φ(r) + Σ_j w_j U(r, r_j) φ(r_j) [Wang, Eq. 4, 5].

    N radii, K wave functions (momenta, or pairs of source and time), B resampling bins. Of C channels amplitude, lhs,
    laplacian, slope and error have an axis C before that of the radii: lhs_a = Σ_b (V_ab φ_b + Σ_j w_j U_ab(r, r_j) φ_b(r_j)).
    Raises DataError where the shapes disagree, a number is not finite, or the radii do not increase from above zero.
    """

    r: Tensor  # (N,) fm, strictly increasing, > 0
    weight: Tensor  # (N,) quadrature weights of ∫ 4π r'² dr', fm³
    amplitude: Tensor  # (1+B, K, N) φ_k(r) or R(t, r); index 0 is the mean, 1…B the bins
    lhs: Tensor  # (1+B, K, N) (E − H0) φ or K R, MeV × [amplitude]
    error: Tensor | None  # (K, N) error of lhs − V_LO φ, the inverse weights of the fit; None: unit weights
    equation: Tensor  # (N,) bool: radii at which the equation is imposed; the others only feed the integral
    labels: tuple[str, ...]  # (K) such as "wall t=13", "k=0.01"
    sources: tuple[str, ...]  # (K) such as "wall"; "" without one
    times: tuple[int | None, ...]  # (K) lattice time; None without one
    momenta: Tensor | None  # (K,) fm⁻¹, where every row is one eigenstate
    reduced_mass: float  # MeV
    hbar_c: float  # MeV fm
    resampling: str = "jackknife"  # what the bins are: "jackknife" or "bootstrap"
    resampling_assumed: bool = False  # the file does not say so
    ensemble: str = "lattice"  # whose bins they are: those of one name are resampled together
    laplacian: Tensor | None = None  # (1+B, K, N) ∇²φ, [amplitude] fm⁻², and
    slope: Tensor | None = None  # (1+B, K, N) ∂φ/∂r, [amplitude] fm⁻¹, where the expansion in ∇² can use them
    hadrons: Mapping[str, Any] = field(
        default_factory=dict
    )  # charges, spins, … of the pair, as the file says
    correlator: RCorrelator | None = None  # the R(t, r) that the waves were made of, where there is one
    channels: tuple[HadronChannel, ...] = ()  # (C) of coupled ones; of one pair it is not said

    def __post_init__(self) -> None:
        between = (len(self.channels),) if self.channels else ()
        if self.amplitude.dim() != 3 + len(between) or not self.r.dim() == 1 <= len(self.r):
            got = f"{tuple(self.amplitude.shape)} and {tuple(self.r.shape)}"
            want = "(1+B, K, C, N)" if between else "(1+B, K, N)"
            raise DataError(f"wave data: amplitude must be {want} and r (N,), got {got}")
        n_waves, n_radii = self.amplitude.shape[1], self.amplitude.shape[-1]
        expected = {
            "r": (n_radii,),
            "weight": (n_radii,),
            "amplitude": (len(self.amplitude), n_waves, *between, n_radii),
            "lhs": tuple(self.amplitude.shape),
            "laplacian": tuple(self.amplitude.shape),
            "slope": tuple(self.amplitude.shape),
            "error": (n_waves, *between, n_radii),
            "equation": (n_radii,),
            "momenta": (n_waves,),
        }
        for name, shape in expected.items():
            value = getattr(self, name)
            if value is not None and tuple(value.shape) != shape:
                raise DataError(f"wave data: {name} must have shape {shape}, got {tuple(value.shape)}")
        for name in ("labels", "sources", "times"):
            if len(getattr(self, name)) != n_waves:
                raise DataError(f"wave data: {name} needs one entry for each of the {n_waves} wave functions")
        for name in ("r", "weight", "amplitude", "lhs", "error"):
            value = getattr(self, name)
            if value is not None and not torch.isfinite(value).all():
                raise DataError(f"wave data: {name} holds a value that is not finite")
        if self.r[0] <= 0 or (self.r[1:] <= self.r[:-1]).any():
            raise DataError("wave data: r must increase strictly and start above zero")
        if self.error is not None and (self.error[..., self.equation] <= 0).any():
            raise DataError("wave data: error must be positive wherever a row is an equation")
        if self.equation.dtype != torch.bool or not self.equation.any():
            raise DataError("wave data: equation must be boolean with at least one true row")
        if not (self.reduced_mass > 0 and self.hbar_c > 0):
            raise DataError(f"wave data: reduced_mass and hbar_c must be positive, got {self.reduced_mass} "
                            f"and {self.hbar_c}")  # fmt: skip

    @property
    def n_bins(self) -> int:
        """Resampling bins B (0 without any)."""
        return self.amplitude.shape[0] - 1

    @property
    def bins(self) -> Ensemble:
        """Whose the bins are, what they are, and how many."""
        return Ensemble(self.ensemble, self.resampling, self.n_bins)

    @property
    def bins_in_words(self) -> str:
        """How many bins there are and what they are, such as "20 jackknife bins (assumed)"."""
        if self.n_bins == 0:
            return "no bins"
        return f"{self.n_bins} {self.resampling} bins{' (assumed)' if self.resampling_assumed else ''}"

    @property
    def in_words(self) -> str:
        """What the data are, in one line."""
        waves, radii = (
            len(self.labels),
            f"{len(self.r)} radii up to {float(self.r[-1]):.3g} {self.length_unit}",
        )
        if not waves:
            return f"none, {radii}"
        shown = ", ".join(self.labels[:6]) + (", …" if waves > 6 else "")
        of = f" in {len(self.channels)} channels ({', '.join(self.names)})" if self.channels else ""
        return f"{waves} wave{'' if waves == 1 else 's'} ({shown}){of}, {radii}, {self.bins_in_words}"

    @property
    def names(self) -> tuple[str, ...]:
        """Of the channels, where there are several."""
        return tuple(channel.name for channel in self.channels)

    @property
    def length_unit(self) -> str:
        """The unit of `r` in words: "fm", or "1/μ" of the toy, which counts in its own μ with ħ = 1."""
        return "1/μ" if self.hbar_c == 1.0 else "fm"

    @property
    def rows(self) -> Tensor:
        """Indices (n,) int64 of the radii at which the equation is imposed: rows of U(r_i, r_j)."""
        return torch.nonzero(self.equation).squeeze(1)

    @property
    def uniform_error(self) -> Tensor:
        """rms of lhs over the equations, one number a wave (and channel), (K, N): the weights of a fit to data without errors."""
        return self.lhs[0][..., self.equation].square().mean(-1, keepdim=True).sqrt().expand_as(self.lhs[0])

    def leading_order(self) -> Tensor:
        """V_LO(r) = K R / R of every bin and wave function, (1+B, K, N) in MeV [Wang, Eq. 3]."""
        return self.lhs / self.amplitude  # Eq. (3)

    def to(self, device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> WaveData:
        """A copy on another device or in another floating type (`equation` stays boolean)."""
        moved: dict[str, Any] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, Tensor):
                moved[each.name] = value.to(device=device, dtype=dtype if value.is_floating_point() else None)
        return replace(self, **moved)
