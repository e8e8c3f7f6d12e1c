"""A synthetic lattice of coupled channels: R-correlators of a known matrix of potentials.

φ_a(t, r) = Σ_n A_n ψ_na(r) e^{−ΔW_n t}, ΔW counted from the lowest threshold of the first channel, with the states of a sphere
that solve what K says of k²: with M_a the threshold of channel a and κ_a = (1 + 3δ_a²)/8μ_a

    Σ_b (H_ab + U_ab) ψ_b = [(ΔW − M_a) + κ_a (ΔW − M_a)²] ψ_a,

an eigenvalue problem quadratic in ΔW. R_a = φ_a √Z_a e^{M_a t}, and the two-point functions are e^{−M_a t}/… accordingly.
"""

from __future__ import annotations

import math

import numpy as np
import scipy.linalg
import torch
from torch import Tensor

from hadronlab.data.channel_correlator import ChannelCorrelator
from hadronlab.data.radial import radial_laplacian
from hadronlab.data.synthetic import SourceShape, SyntheticLattice
from hadronlab.errors import ConfigError
from hadronlab.physics.constants import HBAR_C
from hadronlab.physics.scattering.lagrange_mesh import LagrangeMesh
from hadronlab.physics.scattering.quadrature import gauss_legendre
from hadronlab.systems.coupled_pair import CoupledPair, HadronChannel, scattering_channels


def generate(pair: CoupledPair, lattice: SyntheticLattice) -> ChannelCorrelator:
    """R(t, r) of every channel of `pair` on radii. Raises ConfigError where a mass or the potential is unknown."""
    if pair.local is None and pair.nonlocal_part is None:
        raise ConfigError(f"system {pair.name}: its potential is unknown, so no lattice can be made of it")
    if lattice.grid != "radial" or lattice.inelastic is not None:
        raise ConfigError("a synthetic lattice of several channels has radii and no inelastic state: "
                          "choose data.lattice.grid=radial data.lattice.inelastic=null")  # fmt: skip
    channels = pair.known_channels()
    states = CoupledStates(pair, channels, lattice)
    a, clock = lattice.spacing_fm, np.asarray(lattice.times, dtype=np.int64)
    n_steps = int(lattice.radius_fm / a / lattice.step)
    radius = lattice.step * np.arange(1, n_steps + 1)
    r = torch.from_numpy(radius * a)
    psi, laplacian = states.on(r)  # (n, C, N)
    slice_per_mev = a / HBAR_C
    decay = torch.exp(-torch.outer(torch.from_numpy(clock) * slice_per_mev, states.shifts))
    threshold = torch.tensor([sum(one.masses) - sum(channels[0].masses) for one in channels]).double()
    # C2 C2' of every channel relative to the first, (T, C); √Z is what an operator does to its own channel
    two_point = torch.exp(
        -torch.outer(torch.from_numpy(clock - clock[0]).double() * slice_per_mev, threshold)
    )
    factor = torch.tensor([float(lattice.z_factors.get(one.name, 1.0)) for one in channels]).double()
    factor = (factor / two_point)[..., None]  # (T, C, 1)
    random = None if lattice.noise is None else lattice.noise.generator()
    found: dict[str, dict[str, np.ndarray]] = {"values": {}, "laplacian": {}, "two_point": {}}
    for name, source in lattice.sources.items():
        place = _channel_of(source.channel, channels)
        weights = decay * states.overlaps(source, place)  # (T, n)
        R, L = (torch.einsum("tn,nar->tar", weights, x) for x in (psi, laplacian))
        size = R[0, place].abs().mean()
        R, L = (x * factor / size for x in (R, L))
        values, curved = R[None], L[None]
        if lattice.noise is not None and random is not None:
            each = [lattice.noise.resample(R[:, i], clock, r, random) for i in range(len(channels))]
            values = torch.stack(each, 2)
            curved = torch.stack(
                [
                    torch.from_numpy(radial_laplacian(x.numpy(), r.numpy()))
                    - one.orbital * (one.orbital + 1) * x / r**2
                    for x, one in zip(each, channels, strict=True)
                ],
                2,
            )
        found["values"][name], found["laplacian"][name] = values.numpy(), (curved * a**2).numpy()
        found["two_point"][name] = two_point.expand(len(values), -1, -1).numpy()
    return ChannelCorrelator(
        t=clock,
        values=found["values"],
        laplacian=found["laplacian"],
        two_point=found["two_point"],
        channels=tuple(one.name for one in channels),
        masses=np.array([one.masses for one in channels]) * slice_per_mev,
        inverse_spacing=1 / slice_per_mev,
        site=None,
        radius=radius,
        length=lattice.length,
        attributes={"title": f"synthetic lattice of {pair.name}", "synthetic": "yes"},
        origin=f"synthetic {pair.name}",
    )


def _channel_of(name: str | None, channels: tuple[HadronChannel, ...]) -> int:
    names = [one.name for one in channels]
    if name is not None and name not in names:
        raise ConfigError(
            f"source channel {name!r} of the synthetic lattice: choose one of {', '.join(names)}"
        )
    return 0 if name is None else names.index(name)


class CoupledStates:
    """The states of a sphere, lowest first. shifts: ΔW_n, MeV, (n,)."""

    def __init__(
        self, pair: CoupledPair, channels: tuple[HadronChannel, ...], lattice: SyntheticLattice
    ) -> None:
        self.pair, self.mesh = pair, LagrangeMesh(lattice.radius_fm, lattice.n_mesh)
        self.channels, C, N = scattering_channels(channels, pair.hbar_c), len(channels), lattice.n_mesh
        mesh, blocks = self.mesh, []
        for one in self.channels:
            outward = one.kinetic * one.orbital * (one.orbital + 1) / mesh.r**2
            # dψ/dr = 0 at the edge, as in `box_spectrum`
            edge = one.kinetic / mesh.radius * torch.outer(mesh.edge, mesh.edge)
            blocks.append(one.kinetic * mesh.stiffness - edge + torch.diag(outward))
        H = torch.block_diag(*blocks)
        if pair.local is not None:
            V = torch.diag_embed(pair.local(mesh.r))
            H = H + V.transpose(1, 2).reshape(C * N, C * N)
        if pair.nonlocal_part is not None:
            U = pair.nonlocal_part(mesh.r[:, None], mesh.r[None, :])
            H = H + mesh.kernel(U.transpose(1, 2).reshape(C * N, C * N))
        threshold = torch.tensor([one.threshold for one in self.channels]).double()
        curvature = torch.tensor([one.curvature for one in channels]).double()
        self.shifts, vectors = _quadratic_states(
            H, threshold.repeat_interleave(N), curvature.repeat_interleave(N), lattice.n_states
        )
        gap = self.shifts[:, None] - threshold
        self.excess = gap + curvature * gap**2  # ε_na, (n, C)
        self.u = vectors.T.reshape(-1, C, N) / mesh.dr.sqrt()

    def on(self, r: Tensor) -> tuple[Tensor, Tensor]:
        """ψ_na(r) and (∇² − l(l+1)/r²) ψ_na, (n, C, len(r)) each: the latter by the equation, without differences."""
        psi = self._psi(r)
        right = -self.excess[..., None] * psi
        if self.pair.local is not None:
            right = right + torch.einsum("abr,nbr->nar", self.pair.local(r), psi)
        if self.pair.nonlocal_part is not None:
            kernel = self.pair.nonlocal_part(r[:, None], self.mesh.r[None, :])
            right = right + torch.einsum("abrs,nbs->nar", kernel, self._psi(self.mesh.r) * self.mesh.weight)
        kinetic = torch.tensor([one.kinetic for one in self.channels]).double()
        return psi, right / kinetic[:, None]

    def overlaps(self, source: SourceShape, place: int, n_points: int = 400) -> Tensor:
        """∫ 4π r² s(r) ψ_n,place(r) dr, (n,), of a source in the channel `place`."""
        r, weight = gauss_legendre(0.0, self.mesh.radius, n_points)
        return self._psi(r)[:, place] @ (4 * math.pi * r**2 * weight * source(r))

    def _psi(self, r: Tensor) -> Tensor:
        safe = r.clamp(min=1e-6 * self.mesh.radius)
        return self.mesh.interpolate(self.u, safe) / (safe * math.sqrt(4 * math.pi))


def _quadratic_states(H: Tensor, M: Tensor, kappa: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """ΔW (n,) and x (P, n) of H x = [(ΔW − M) + κ (ΔW − M)²] x, the lowest that lie above −1/2κ, where W rises with k².

    With λ = ΔW: [κ λ² + (1 − 2κM) λ + κM² − M − H] x = 0, linearised; inverse iteration makes the states.
    """
    P = len(H)
    middle, last = 1 - 2 * kappa * M, torch.diag(kappa * M**2 - M) - H
    companion = torch.zeros(2 * P, 2 * P, dtype=torch.float64)
    companion[:P, P:] = torch.eye(P, dtype=torch.float64)
    companion[P:, :P] = -last / kappa[:, None]
    companion[P:, P:] = -torch.diag(middle / kappa)
    found = scipy.linalg.eigvals(companion.numpy())
    real = np.sort(found.real[np.abs(found.imag) < 1e-6 * np.abs(found)])
    shifts = torch.from_numpy(real[real > -0.4 / float(kappa.max())][:count].copy())
    vectors, start = [], torch.ones(P, dtype=torch.float64)
    beside = torch.eye(P, dtype=torch.float64) * H.diagonal().abs().max() * torch.finfo(H.dtype).eps
    for i, shift in enumerate(shifts):
        x = start / start.norm()
        for _ in range(4):
            gap = shift - M
            A = H - torch.diag(gap + kappa * gap**2)
            x = torch.linalg.solve(A + beside, x)  # A of an exact eigenvalue has no inverse
            x = x / x.norm()
            shift = shift + (x @ A @ x) / (x * (1 + 2 * kappa * gap) @ x)
        shifts[i] = shift
        vectors.append(x)
    return shifts, torch.stack(vectors, 1)
