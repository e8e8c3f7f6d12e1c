"""A wave function of the pair distances alone: all channels at once, L = 0 exactly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from hadronlab.errors import ConfigError
from hadronlab.models.dense import DenseNetwork
from hadronlab.models.envelopes import ExponentialEnvelope
from hadronlab.models.jets import FEATURES, compose_, laplacian_of_product
from hadronlab.models.length_scales import contact_slopes, is_confining
from hadronlab.models.molecules import (
    Partition,
    compact_decays,
    molecular_decays,
    partitions_of,
    starting_amplitudes,
)
from hadronlab.models.pair_geometry import PairGeometry
from hadronlab.models.symmetry import antisymmetriser, pair_order
from hadronlab.models.wavefunction import WaveFunction, chunks

if TYPE_CHECKING:
    from hadronlab.systems.few_body import FewBodySystem

SPREAD = 0.3  # of the network's outputs about their constants at first
COPIES = (
    24  # permuted ones that a kinetic energy holds at a time, so that more than one sample fits in the cache
)


class InvariantWaveFunction(WaveFunction):
    """ψ_α(r) = Σ_π sgn(π) Σ_β D_αβ(π) Σ_k e^{−Σ_p a_βkp r_p} y_βk(φ(r)) at the permuted distances πr.

    The network y sees features φ of the distances r_p and has one output for every channel β and envelope
    k; the decays a are trained with it.

    Args:
        system: masses, pairs, permutation group and potential.
        widths, activation: of the hidden layers.
        features: keys of `jets.FEATURES`, functions of r/s with s the natural scale of the pair.
        clusters: partitions of the particles such as ((0, 2), (1, 3)); each adds an envelope that falls off slowly
            between its clusters, the tail of two hadrons; None: the hadrons of the lowest threshold.
        binding: decay of those tails at first, over the mean natural scale of the pairs.
        confining: let the envelopes also fall as e^{−r^{3/2}}; None: where the potential rises without end.
        kato: fix the slope of the envelopes at contact from the potential's 1/r.
        size: multiplies the natural scale of the system.
    """

    coefficients: Tensor

    def __init__(
        self,
        system: FewBodySystem,
        widths: Sequence[int] = (24, 16, 16),
        activation: str = "silu",
        features: Sequence[str] = ("smooth", "saturating"),
        clusters: Sequence[Partition] | None = (),
        binding: float = 1.0,
        kato: bool = True,
        confining: bool | None = None,
        size: float = 1.0,
    ):
        super().__init__(system)
        if system.parity == -1:
            raise ConfigError(
                "model=invariant sees distances alone, which have parity +1: for system.parity=-1 choose model=deepquark"
            )
        if not binding > 0:
            raise ConfigError(f"model.binding={binding}: must be positive")
        unknown = [name for name in features if name not in FEATURES]
        if unknown or not features:
            raise ConfigError(f"model.features={list(features)}: choose from {', '.join(FEATURES)}")
        self.geometry = PairGeometry(system.masses, system.pairs)
        self.features = [FEATURES[name] for name in features]
        n, n_pairs = self.n_channels, len(system.pairs)
        order = pair_order(system)
        self.scale *= size
        scale = self.scale

        partitions = partitions_of(system, clusters)
        starts = [
            compact_decays(system, scale),
            *(molecular_decays(system, scale, binding / self.length, p) for p in partitions),
        ]
        linear, airy = (torch.stack(part).repeat(n, 1) for part in zip(*starts, strict=True))
        if is_confining(system, self.length) if confining is None else confining:
            linear = torch.cat([linear, airy], 1)
        self.envelope = ExponentialEnvelope(linear, order, scale, contact_slopes(system) if kato else None)

        feature_order = torch.cat([order + k * n_pairs for k in range(len(features))], 1)
        self.network = DenseNetwork(
            n_pairs * len(features), widths, len(linear), order=feature_order, activation=activation
        )
        share = starting_amplitudes(system, scale, partitions)
        with torch.no_grad():
            self.network.weights[-1].mul_(SPREAD * share.square().mean(0).sqrt().repeat(n)[:, None])
            self.network.biases[-1].copy_(share.flatten())
        matrix = antisymmetriser(system)[..., None].expand(-1, -1, -1, len(starts))
        self.register_buffer("coefficients", matrix.reshape(n, -1).contiguous(), persistent=False)

    def _features(self, distance: Tensor) -> Tensor:
        t = distance / self.scale.to(distance.dtype)[:, None]
        return torch.cat([feature(t)[0] for feature in self.features])

    def _feature_jets(self, jet: Tensor) -> Tensor:
        t = jet / self.scale[:, None, None]
        return torch.cat([compose_(t.clone(), feature(t[:, 0])) for feature in self.features])

    def forward(self, r: Tensor) -> Tensor:
        distance = self.geometry(r)
        terms = self.envelope.values(distance).exp_() * self.network.values(self._features(distance))[0]
        return self.coefficients.to(r.dtype) @ terms.flatten(0, 1)

    def log_density(self, r: Tensor, channel: Tensor | None = None) -> Tensor:
        distance = self.geometry(r)
        exponent = self.envelope.values(distance)
        largest = exponent.amax((0, 1))
        terms = exponent.sub_(largest).exp_().mul_(self.network.values(self._features(distance))[0])
        psi = self.coefficients.to(r.dtype) @ terms.flatten(0, 1)
        return psi.square_().sum(0).log_().add_(largest, alpha=2.0)

    @torch.no_grad()
    def kinetic(self, r: Tensor, channel: Tensor | None = None) -> tuple[Tensor, Tensor]:
        psi, t_psi = r.new_zeros(2, self.n_channels, r.shape[-1])
        copies = min(self.network.n_copies, COPIES)
        size = max(1, 4000 // (self.geometry.n_directions + 2) // copies)
        of_copies = self.coefficients.unflatten(1, (self.network.n_copies, -1))
        for part in chunks(r.shape[-1], size):
            jet = self.geometry.jets(r[..., part])
            features = self._feature_jets(jet)
            for some in chunks(self.network.n_copies, copies):
                exponent, y = self.envelope.jets(jet, some), self.network.jets(features, some)
                envelope = exponent[..., 0, :].exp()
                value = (envelope * y[..., 0, :]).flatten(0, 1)
                laplacian = (envelope * laplacian_of_product(exponent, y)).flatten(0, 1)
                coefficients = of_copies[:, some].flatten(1)
                psi[:, part] += coefficients @ value
                t_psi[:, part] += coefficients @ laplacian
        return psi, t_psi.mul_(-0.5 * self.system.hbar_c**2)  # T = −½ħ²c² Σ_i ∇_i²/m_i

    @torch.no_grad()
    def parameter_rows(self, r: Tensor, cotangent: Tensor, channel: Tensor | None = None) -> Tensor:
        out = r.new_zeros(self.n_parameters, len(cotangent), r.shape[-1])
        for part in chunks(r.shape[-1], 512):
            block = r.new_zeros(self.n_parameters, len(cotangent), r[..., part].shape[-1])
            self._backward(r[..., part], cotangent[..., part], block)
            out[..., part] = block
        return out

    @torch.no_grad()
    def parameter_gradient(self, r: Tensor, cotangent: Tensor, channel: Tensor | None = None) -> Tensor:
        out = r.new_zeros(self.n_parameters)
        for part in chunks(r.shape[-1], 1024):
            self._backward(r[..., part], cotangent[None, ..., part], out)
        return out

    def _backward(self, r: Tensor, cotangent: Tensor, out: Tensor) -> None:
        """Rows (P, R, batch) or their sum (P,): envelope, then network, as in `parameters()`."""
        distance = self.geometry(r)
        features = self._features(distance)
        envelope = self.envelope.values(distance).exp_().unsqueeze(2)  # (C, T, 1, batch)
        of_terms = self.coefficients.to(r.dtype).T @ cotangent  # (R, C·T, batch)
        of_y = of_terms.transpose(0, 1).unflatten(0, envelope.shape[:2]) * envelope
        y = self.network.values(features)[0].unsqueeze(2)
        decays, network = out.split([self.envelope.raw_decay.numel(), self.network_size])
        self.envelope.backward(distance, of_y * y, decays)
        self.network.backward(features, None, of_y[None], network)

    @property
    def network_size(self) -> int:
        return sum(p.numel() for p in self.network.parameters())
