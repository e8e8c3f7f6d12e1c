"""The DeepQuark wave function: a scalar network of coordinates, distances and one-hot channels."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from hadronlab.errors import ConfigError
from hadronlab.models.wavefunctions.at_once import at_once
from hadronlab.models.wavefunctions.cartesian import CartesianInputs, signed_copies
from hadronlab.models.wavefunctions.channel_labels import input_basis, one_hot_channels
from hadronlab.models.wavefunctions.dense import COLUMNS, DenseNetwork
from hadronlab.models.wavefunctions.permuted_laplacian import PermutedLaplacian
from hadronlab.models.wavefunctions.symmetry import antisymmetriser
from hadronlab.models.wavefunctions.wavefunction import WaveFunction, chunks, rows_for

if TYPE_CHECKING:
    from hadronlab.systems.few_body import FewBodySystem


class DeepQuarkWaveFunction(WaveFunction):
    """ψ_α(r) = e^{−Σ_p r_p²/b²} Σ_π sgn(π) Σ_β D_αβ(π) ½ [f_β(πr) + P f_β(−πr)]   [DeepQuark, Eq. 5, 6].

    f sees the 3N centre-of-mass coordinates (fm), the N(N−1)/2 distances and one-hot vectors of the colour,
    spin and isospin states of β.

    Args:
        system: masses, channels, permutation group, parity and potential.
        widths: hidden layers; the paper's by default, from the number of particles.
        boundary: b of the boundary factor, fm; None: from the expected distances.
        activation: a key of `jets.ACTIVATIONS`.
        channel_sum: "exact" sums the channels at every point; "sampled" flips them in the Metropolis walk as the paper does, where
            a channel of a thousandth is seen by a thousandth of the walkers, and is learnt as badly.
    """

    coefficients: Tensor
    one_hot: Tensor
    partners: Tensor
    partner_weights: Tensor

    def __init__(
        self,
        system: FewBodySystem,
        widths: Sequence[int] | None = None,
        boundary: float | None = None,
        activation: str = "tanh",
        channel_sum: str = "sampled",
    ):
        super().__init__(system)
        n = len(system.masses)
        if channel_sum not in ("sampled", "exact"):
            raise ConfigError(f"model.channel_sum={channel_sum!r}: choose 'exact' or 'sampled' (the paper's)")
        self.boundary = default_boundary(self.scale, n) if boundary is None else float(boundary)
        if not self.boundary > 0.5 * self.length:
            raise ConfigError(
                f"model.boundary={boundary} is too small a box for distances of {self.length:.2g} fm: typical is twice that"
            )
        # Walkers begin as the boundary factor alone would spread them, and close in: from the inside few find in time what
        # the network has left standing far out, and the energy looks too low.
        self.start_width = 0.5 * self.boundary / n**0.5
        self.samples_channel = channel_sum == "sampled" and system.n_channels > 1
        self.parity = system.parity
        self.register_buffer("one_hot", one_hot_channels(system), persistent=False)
        self.inputs = CartesianInputs(system)
        order, sign = signed_copies(system)
        self.network = DenseNetwork(
            self.inputs.size,
            paper_widths(n, self.one_hot.shape[1]) if widths is None else widths,
            1,
            order=order,
            sign=sign,
            n_labels=self.one_hot.shape[1],
            basis=input_basis(self.inputs, self.one_hot),
            activation=activation,
        )
        matrix = antisymmetriser(system)  # (n, C, n)
        if self.parity is not None:
            matrix = 0.5 * torch.cat([matrix, self.parity * matrix], 1)  # Eq. (6), ½ [f(πr) + P f(−πr)]
        self.register_buffer("coefficients", matrix, persistent=False)
        # a sampled channel α needs f_β only for the β that some permutation mixes into it
        mixed = matrix.abs().amax(1) > 1e-12
        m = int(mixed.sum(1).max())
        partners = mixed.to(torch.int8).argsort(dim=1, descending=True, stable=True)[:, :m]
        self.register_buffer("partners", partners, persistent=False)
        weights = matrix.gather(2, partners[:, None].expand(-1, matrix.shape[1], -1))
        self.register_buffer("partner_weights", weights, persistent=False)  # (n, C, m)

    def _labels(self, channel: Tensor | None) -> tuple[Tensor, Tensor]:
        """One-hot vectors (M, n_labels, 1 or batch) and weights of the copies, (n or 1, C, M, 1 or batch).

        Without a channel M runs over all n; with channels (batch,) over the partners of each.
        """
        if channel is None:
            return self.one_hot[:, :, None], self.coefficients[..., None]
        labels = self.one_hot[self.partners[channel]].permute(1, 2, 0)  # (M, n_labels, batch)
        return labels, self.partner_weights[channel].permute(1, 2, 0)[None]

    def _combine(self, f: Tensor, weights: Tensor) -> Tensor:
        """Σ_{C,M} weights f: f (M, C, slots, batch) -> (n or 1, slots, batch)."""
        f, weights = f.movedim(2, 0).flatten(1, 2), weights.to(f.dtype).transpose(1, 2).flatten(1, 2)
        if weights.shape[-1] == 1:
            return (weights[..., 0] @ f).transpose(0, 1)
        return (weights[:, None] * f).sum(2)

    def _antisymmetric(self, r: Tensor, channel: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """ψ without its boundary factor, (n or 1, batch), and the exponent of that factor, (batch,)."""
        sums, exponents = [], []
        terms = self.n_channels if channel is None else self.partners.shape[1]
        for part in chunks(r.shape[-1], at_once(r, COLUMNS // terms, terms)):
            features, squares = self.inputs(r[..., part])
            labels, weights = self._labels(None if channel is None else channel[part])
            sums.append(self._combine(self.network.values(features, labels), weights)[:, 0])
            exponents.append(squares / -(self.boundary**2))
        return torch.cat(sums, 1), torch.cat(exponents)

    def parameters_kept(self) -> AbstractContextManager[None]:
        return self.network.parameters_kept()

    def forward(self, r: Tensor) -> Tensor:
        psi, exponent = self._antisymmetric(r)
        return psi * exponent.exp()

    def sampled_amplitudes(self, r: Tensor, channel: Tensor | None = None) -> Tensor:
        psi, exponent = self._antisymmetric(r, channel)
        return psi * exponent.exp()

    def log_density(self, r: Tensor, channel: Tensor | None = None) -> Tensor:
        psi, exponent = self._antisymmetric(r, channel)
        return psi.square().sum(0).log().add(exponent, alpha=2.0)

    @torch.no_grad()
    def kinetic(self, r: Tensor, channel: Tensor | None = None) -> tuple[Tensor, Tensor]:
        psi, t_psi = r.new_empty(2, self.n_channels if channel is None else 1, r.shape[-1])
        terms = self.n_channels if channel is None else self.partners.shape[1]
        directions, copies = self.inputs.n_directions, self.network.n_copies
        size = at_once(r, max(16, COLUMNS // directions // terms), copies * (directions + 2) * terms)
        laplacian = PermutedLaplacian(self.network, self.inputs, r.dtype)
        for part in chunks(r.shape[-1], size):
            labels, weights = self._labels(None if channel is None else channel[part])
            points = r[..., part]
            batch = points.shape[-1]
            jets = self.inputs.jets(points.repeat(1, 1, terms))  # the columns of every label vector
            log_slope = jets.squares_gradient / -(self.boundary**2)  # ∇u of the boundary factor e^u
            x = torch.cat([jets.features, labels.to(r).expand(-1, -1, batch).transpose(0, 1).flatten(1)])
            f = laplacian(x, jets, log_slope).unflatten(2, (terms, batch))  # (C, 2, M, batch)
            # ψ is linear in its copies: sum them, and multiply by the boundary factor once
            summed = self._combine(f.permute(2, 0, 1, 3), weights)
            envelope = torch.exp(jets.squares[:batch] / -(self.boundary**2))
            psi[:, part] = summed[:, 0] * envelope
            log_laplacian = (
                log_slope[:, :batch].square().sum(0) - jets.squares_laplacian / self.boundary**2
            )  # Δu + |∇u|²
            t_psi[:, part] = torch.addcmul(summed[:, 1], summed[:, 0], log_laplacian) * envelope
        t_psi.mul_(-0.5 * self.system.hbar_c**2)  # T = −½ħ²c² Δ_x
        return (psi if channel is None else self(r)), t_psi

    @torch.no_grad()
    def parameter_rows(self, r: Tensor, cotangent: Tensor, channel: Tensor | None = None) -> Tensor:
        return self.from_tangent(self.tangent_rows(r, cotangent, channel))

    @torch.no_grad()
    def tangent_rows(
        self, r: Tensor, cotangent: Tensor, channel: Tensor | None = None, spare: Tensor | None = None
    ) -> Tensor:
        out = rows_for(self.n_tangent, cotangent, spare)
        for part in chunks(r.shape[-1], at_once(r, 256, self._terms(channel))):
            some = None if channel is None else channel[part]
            self._backward(r[..., part], cotangent[..., part], some, out[..., part])
        return out

    @torch.no_grad()
    def parameter_gradient(self, r: Tensor, cotangent: Tensor, channel: Tensor | None = None) -> Tensor:
        return self.from_tangent(self.tangent_gradient(r, cotangent, channel))

    @torch.no_grad()
    def tangent_gradient(self, r: Tensor, cotangent: Tensor, channel: Tensor | None = None) -> Tensor:
        out = r.new_zeros(self.n_tangent)
        for part in chunks(r.shape[-1], at_once(r, 256, self._terms(channel))):
            some = None if channel is None else channel[part]
            self._backward(r[..., part], cotangent[None, ..., part], some, out)
        return out

    def _terms(self, channel: Tensor | None) -> int:
        """Columns of the network for a sample."""
        labels = self.n_channels if channel is None else self.partners.shape[1]
        return labels * self.network.n_copies

    @property
    def n_tangent(self) -> int:
        return sum(self.network.tangent_sizes)

    def from_tangent(self, vector: Tensor) -> Tensor:
        return self.network.from_tangent(vector)

    def to_tangent(self, vector: Tensor) -> Tensor:
        return self.network.to_tangent(vector)

    def _backward(self, r: Tensor, cotangent: Tensor, channel: Tensor | None, out: Tensor) -> None:
        """Rows (n_tangent, R, batch) or their sum (n_tangent,) of cotangents (R, n or 1, batch)."""
        features, squares = self.inputs(r)
        labels, weights = self._labels(channel)
        scaled = cotangent * torch.exp(squares / -(self.boundary**2))
        of_f = torch.einsum(
            "acmb,rab->mcrb", weights.to(r.dtype).expand(*weights.shape[:3], r.shape[-1]), scaled
        )
        self.network.backward(features, labels, of_f.unsqueeze(2), out)


def paper_widths(n_particles: int, n_labels: int) -> tuple[int, ...]:
    """Hidden layers of [DeepQuark, Table 5]: leptons and three quarks, four quarks, five (and six) quarks."""
    if n_particles <= 3 or n_labels == 0:
        return (16, 16, 16, 16)
    return (32, 16, 16, 16) if n_particles == 4 else (40, 20, 20, 20)


def default_boundary(scale: Tensor, n_particles: int) -> float:
    """b, fm, with which the boundary factor alone would spread the particles to twice the expected Σ_p r_p²: its
    ⟨Σ_p r_p²⟩ is 3(N − 1) b²/4.

    A wider one leaves more room where the network itself must vanish; the one in 1e3 samples that stays there costs
    T_bb 2 MeV at b = 2.2, and nothing at 1.5.
    """
    return float((8.0 * scale.square().sum() / (3.0 * (n_particles - 1))).sqrt())
