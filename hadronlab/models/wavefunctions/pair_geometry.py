"""Distances between particles as coordinates: their jets in the directions that change the shape."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import torch
from torch import Tensor, nn

from hadronlab.errors import ConfigError
from hadronlab.models.wavefunctions.envelopes import ExponentialEnvelope
from hadronlab.models.wavefunctions.jets import FEATURES
from hadronlab.models.wavefunctions.wavefunction import WaveFunction
from hadronlab.systems.length_scales import contact_slopes

if TYPE_CHECKING:
    from hadronlab.systems.few_body import FewBodySystem


def check_distances_alone(
    name: str, parity: int | None, features: Sequence[str] | None, binding: float | None, size: float
) -> None:
    """Raise ConfigError for what a wave function of the distances alone, model=`name`, cannot be made of."""
    if parity == -1:
        raise ConfigError(
            f"model={name} sees distances alone, which have parity +1: for system.parity=-1 choose model=deepquark or gaussians"
        )
    if not (size > 0 and (binding is None or binding > 0)):
        raise ConfigError(f"model.binding={binding}, model.size={size}: must be positive")
    if features is not None and (not features or not set(features) <= set(FEATURES)):
        raise ConfigError(f"model.features={list(features)}: choose from {', '.join(FEATURES)}")


def default_features(n_particles: int, cusps_are_known: bool, comes_apart: bool) -> tuple[str, ...]:
    """Inputs of a network of distances. Of what has tails between hadrons none grows with the distance, lest the hadrons change with it.
    Where the envelopes have the cusps of all channels they are flat at contact, for any other leaves there a rest of 1/r in the local
    energy, which then has no fourth moment; elsewhere one is not."""
    if comes_apart:
        return ("saturating", "lorentzian")
    if not cusps_are_known:
        return ("smooth", "saturating")
    return ("smooth", "lorentzian") if n_particles == 2 else ("smooth", "lorentzian", "gaussian")


def default_widths(n_particles: int) -> tuple[int, ...]:
    """Hidden layers of a network of distances: of the one distance of two particles few nodes say all, and more follow the noise of a
    sample's gradient, above all in excited states."""
    return (12, 8) if n_particles == 2 else (24, 16, 16)


class OfDistances(WaveFunction):
    """A wave function of the pair distances, with envelopes that know the slopes at contact.

    coefficients: (n_channels, ·) of its functions; of_tails: which of these are of hadrons side by side.
    """

    geometry: PairGeometry
    envelope: ExponentialEnvelope
    coefficients: Tensor
    of_tails: Tensor

    def lose_tails(self) -> None:
        self.coefficients[:, self.of_tails.to(self.coefficients.device)] = 0.0
        self.binding, self.start_clusters = math.inf, ()

    def of(self, system: FewBodySystem) -> Self:
        other = super().of(system)
        other.geometry = PairGeometry(system.masses, system.pairs)
        if other.envelope.slope is not None:
            other.envelope.slope = contact_slopes(system)[0]
        return other


class PairGeometry(nn.Module):
    """Pair distances r_p = |r_i − r_j| and how the mass-weighted gradient Σ_i (1/m_i) ∇_i·∇_i sees them.

    Args:
        masses: (N,), GeV (or units of the electron mass).
        pairs: the pairs (i, j), i < j, in the order of the system.
    """

    incidence: Tensor
    coupling: Tensor

    def __init__(self, masses: Sequence[float] | Tensor, pairs: Sequence[tuple[int, int]]):
        super().__init__()
        masses = torch.as_tensor(masses, dtype=torch.float64)
        incidence = torch.zeros(len(pairs), len(masses), dtype=torch.float64)
        for p, (i, j) in enumerate(pairs):
            incidence[p, i], incidence[p, j] = 1.0, -1.0
        self.n_pairs, self.n_particles = incidence.shape
        n_shape = 1 if self.n_particles == 2 else 3 * self.n_particles - 6
        self.n_directions = min(self.n_pairs, n_shape)
        self.register_buffer("incidence", incidence, persistent=False)
        self.register_buffer("coupling", (incidence / masses) @ incidence.T, persistent=False)

    def separations(self, r: Tensor) -> Tensor:
        """Vectors r_i − r_j, (n_pairs, 3, batch), from positions r (N, 3, batch)."""
        n, _, batch = r.shape
        return (self.incidence.to(r.dtype) @ r.reshape(n, 3 * batch)).view(-1, 3, batch)

    def forward(self, r: Tensor) -> Tensor:
        """Distances (n_pairs, batch), in the units of r (N, 3, batch)."""
        return self.separations(r).square_().sum(1).sqrt_()

    def jets(self, r: Tensor) -> Tensor:
        """Jets of the distances, (n_pairs, D + 2, batch), for the Laplacian Σ_i (1/m_i) ∇_i².

        A function of the distances alone has Σ_i |∇_i f|²/m_i = Σ_pq G_pq ∂_p f ∂_q f with the metric
        G_pq = (Σ_i s_pi s_qi / m_i) û_p·û_q. Its Cholesky factor gives as many directions as the shape has
        freedoms: 1, 3, 6, 9, 12 for 2 ... 6 particles instead of the 3 (N − 1) of Cartesian coordinates.
        """
        separation = self.separations(r)
        distance = separation.square().sum(1).sqrt_()
        unit = separation.div_(distance.unsqueeze(1))
        coupling = self.coupling.to(r.dtype)
        metric = coupling[:, :, None] * (unit[:, None] * unit[None, :]).sum(2)
        jet = r.new_zeros(self.n_pairs, self.n_directions + 2, r.shape[-1])
        jet[:, 0] = distance
        jet[:, -1] = 2.0 * coupling.diagonal()[:, None] / distance  # Δ|x| = 2/|x| in three dimensions
        _cholesky_(metric, jet[:, 1:-1])
        return jet


def _cholesky_(metric: Tensor, factor: Tensor) -> None:
    """Write the lower Cholesky factor of metric (n, n, batch) into factor (n, D, batch), D ≤ n,
    rank-deficient allowed.

    At collinear or coplanar shapes a pivot vanishes: its column is left zero, which changes the metric by
    less than 1e-12 of its size.
    """
    tolerance = 1e-12 if metric.dtype == torch.float64 else 1e-6
    for k in range(factor.shape[1]):
        column = metric[k:, k]
        if k:
            column = column - (factor[k:, :k] * factor[k, :k]).sum(1)
        pivot = column[0]
        inverse_root = torch.where(
            pivot > tolerance * metric[k, k], pivot.clamp_min(torch.finfo(pivot.dtype).tiny).rsqrt(), 0.0
        )
        factor[k:, k] = column * inverse_root
