"""A wave function of the pair distances for many identical particles: no sum over their permutations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from hadronlab.errors import ConfigError
from hadronlab.models.wavefunctions.at_once import at_once
from hadronlab.models.wavefunctions.envelopes import TiedEnvelope
from hadronlab.models.wavefunctions.equivariant_layer import EquivariantLayer, pools
from hadronlab.models.wavefunctions.jets import ACTIVATIONS, FEATURES, compose_, laplacian_of_product
from hadronlab.models.wavefunctions.molecules import (
    Part,
    Partition,
    apart_binding,
    compact_decays,
    first_bindings,
    hadron_orbits,
    least_mass,
    partitions_of,
)
from hadronlab.models.wavefunctions.orbits import generating_orbits
from hadronlab.models.wavefunctions.pair_geometry import OfDistances, PairGeometry, check_distances_alone
from hadronlab.models.wavefunctions.wavefunction import chunks, rows_for
from hadronlab.systems.length_scales import contact_slopes, is_confining

if TYPE_CHECKING:
    from hadronlab.systems.few_body import FewBodySystem

SPREAD = 0.1  # of the functions about their constants at first
LEAST = -80.0  # ln of the least envelope beside the largest: smaller numbers would be subnormal in single precision, and slow
COLUMNS = 1600  # slots times samples that a kinetic energy holds at a time


class EquivariantWaveFunction(OfDistances):
    """ψ(r) = Σ_o Σ_s Σ_k V_osk e^{−Σ_p a_osp r_p} y_osk(r): orbits o of groups of particles, such as pairs, with members s.

    V_osk are the channel vectors that go with member s (see orbits.py). Layers that commute with all permutations
    (equivariant_layer.py) pass features from pair to pair, `hidden`, then from pairs to members, `gathering`, and to their functions
    y_osk, `outputs`; the decays a_osp are equal for pairs that are alike to s. ψ is exactly antisymmetric, at the price of one network.
    Where the vectors span all channels it is as general as model=invariant.

    Args:
        widths, activation: of the hidden layers of pairs; that of every member is as wide as the last.
        features: keys of `jets.FEATURES`, functions of r/s with s the natural scale of the pair.
        clusters: partitions of the particles such as ((0, 1, 2), (3, 4, 5)), an orbit each, with the tails of hadrons; None: the hadrons
            of the lowest threshold.
        binding: decay of those tails at first, over the mean natural scale of the pairs; None: 1, of two baryons 0.2.
        kato, confining, size, conditioned_on: as of model=invariant.
    """

    coefficients: Tensor
    classes: Tensor
    envelope_of: Tensor

    def __init__(
        self,
        system: FewBodySystem,
        widths: Sequence[int] = (12, 8),
        activation: str = "silu",
        features: Sequence[str] = ("saturating",),
        clusters: Sequence[Partition] | None = None,
        binding: float | None = None,
        kato: bool = True,
        confining: bool | None = None,
        size: float = 1.0,
        conditioned_on: Sequence[str] = (),
    ):
        super().__init__(system)
        self.conditioned_on = tuple(conditioned_on)
        check_distances_alone("equivariant", system.parity, features, binding, size)
        if activation not in ACTIVATIONS or not widths or min(widths) < 1:
            raise ConfigError(
                f"model.activation={activation}, model.widths={list(widths)}: choose from {', '.join(ACTIVATIONS)}, and "
                "1 or more nodes in every hidden layer"
            )
        self.geometry = PairGeometry(system.masses, system.pairs)
        self.features = [FEATURES[name] for name in features]
        self.activate_, self.activation = ACTIVATIONS[activation]
        self.scale *= size
        scale, pairs = self.scale, system.pairs
        self.copies = len(pairs)

        compact = compact_decays(system, scale)
        parts: list[Part] = [(orbit, compact, None) for orbit in generating_orbits(system)]
        partitions = partitions_of(system, clusters, binding)
        self.start_clusters = next(iter(partitions), ())
        bindings = first_bindings(binding, partitions)
        if partitions and not conditioned_on:
            self.binding, self.apart = max(bindings), apart_binding(partitions)
            self.tail_mass = least_mass(system, partitions)
        n_compact = sum(orbit.vectors[..., 0, :].numel() for orbit, *_ in parts)
        for b, p in zip(bindings, partitions, strict=True):
            parts += hadron_orbits(system, scale, b / self.length, p)
        confining = is_confining(system, self.length) if confining is None else confining
        slopes = contact_slopes(system)[0] if kato else None

        kinds = torch.zeros(len(system.pair_classes), len(pairs), dtype=torch.float64)
        for row, members in zip(kinds, system.pair_classes.values(), strict=True):
            row[members] = 1.0
        self.register_buffer("classes", kinds, persistent=False)
        sizes = [len(kinds) * (len(features) + 1), *widths]
        sharing = pools([(pair,) for pair in pairs], pairs)
        self.hidden: Iterable[Any] = nn.ModuleList(
            EquivariantLayer(a, b, sharing) for a, b in pairwise(sizes)
        )
        gathering: list[EquivariantLayer] = []
        outputs: list[EquivariantLayer] = []
        starts: list[Tensor] = []
        ties: list[Tensor] = []
        for orbit, (linear, airy), channels in parts:
            first = (orbit.ties[:, None] == torch.arange(int(orbit.ties.max()) + 1)).int().argmax(0)
            ties.append(orbit.ties[orbit.order.argsort(1)] + sum(start.shape[1] for start in starts))
            starts.append(torch.stack([linear, airy] if confining else [linear])[:, first])
            n_vectors = orbit.vectors.shape[2]
            gathering.append(EquivariantLayer(sizes[-1], widths[-1], pools(orbit.members, pairs)))
            layer = EquivariantLayer(widths[-1], n_vectors)
            with torch.no_grad():
                layer.weight.mul_(SPREAD)
                layer.bias.copy_(torch.ones(n_vectors) if channels is None else orbit.vectors[0].T @ channels)
            outputs.append(layer)
        self.gathering: Iterable[Any] = nn.ModuleList(gathering)
        self.outputs: Iterable[Any] = nn.ModuleList(outputs)
        self.envelope = TiedEnvelope(torch.cat(starts, 1), torch.cat(ties), scale, slopes)
        matrix = torch.cat([orbit.vectors.permute(1, 2, 0).flatten(1) for orbit, *_ in parts], 1)
        self.register_buffer("coefficients", matrix, persistent=False)  # (n_channels, Σ_o m_o n_so)
        self.of_tails = torch.arange(matrix.shape[1]) >= n_compact
        self.n_members = [len(orbit.members) for orbit, *_ in parts]
        of_orbits = torch.arange(sum(self.n_members)).split(self.n_members)
        repeated = [s.repeat(orbit.vectors.shape[2]) for s, (orbit, *_) in zip(of_orbits, parts, strict=True)]
        self.register_buffer("envelope_of", torch.cat(repeated), persistent=False)  # of every column

    def _features(self, distance: Tensor) -> Tensor:
        """One-hot of the class times 1 and the features, (F, n_pairs, batch)."""
        t = distance / self.scale.to(distance.dtype)[:, None]
        functions = torch.stack([torch.ones_like(t), *(feature(t)[0] for feature in self.features)])
        return (self.classes.to(t.dtype)[:, None, :, None] * functions).flatten(0, 1)

    def _feature_jets(self, jet: Tensor) -> Tensor:
        t = jet / self.scale[:, None, None]
        one = torch.zeros_like(t)
        one[:, 0] = 1.0
        functions = torch.stack([one, *(compose_(t.clone(), feature(t[:, 0])) for feature in self.features)])
        return (self.classes[:, None, :, None, None] * functions).flatten(0, 1)

    def _amplitudes(self, distance: Tensor) -> Tensor:
        """y of all orbits, functions and members, (Σ_o m_o n_so, batch)."""
        x = self._features(distance)
        for layer in self.hidden:
            x = self.activate_(layer.values(x))
        heads = zip(self.gathering, self.outputs, strict=True)
        return torch.cat(
            [output.values(self.activate_(gather.values(x))).flatten(0, 1) for gather, output in heads]
        )

    def _scaled(self, r: Tensor) -> tuple[Tensor, Tensor]:
        """ψ e^{−u} and the largest exponent u of the envelopes."""
        distance = self.geometry(r)
        exponent = self.envelope.values(distance)[:, 0]
        largest = exponent.amax(0)
        terms = (exponent - largest).clamp(min=LEAST).exp()[self.envelope_of] * self._amplitudes(distance)
        return self.coefficients.to(r.dtype) @ terms, largest

    def forward(self, r: Tensor) -> Tensor:
        psi, largest = self._scaled(r)
        return psi * largest.exp()

    def log_density(self, r: Tensor, channel: Tensor | None = None) -> Tensor:
        psi, largest = self._scaled(r)
        return psi.square().sum(0).log().add(largest, alpha=2.0)

    @torch.no_grad()
    def kinetic(self, r: Tensor, channel: Tensor | None = None) -> tuple[Tensor, Tensor]:
        psi, t_psi = r.new_empty(2, self.n_channels, r.shape[-1])
        slots = self.geometry.n_directions + 2
        for part in chunks(r.shape[-1], at_once(r, COLUMNS // slots, slots * len(self.system.pairs))):
            jet = self.geometry.jets(r[..., part])
            x = self._feature_jets(jet)
            for layer in self.hidden:
                x = self._activated_jets(layer.jets(x))
            exponents, values, laplacians = self.envelope.jets(jet)[:, 0], [], []
            heads = zip(self.gathering, self.outputs, exponents.split(self.n_members), strict=True)
            for gather, output, exponent in heads:
                y, factor = output.jets(self._activated_jets(gather.jets(x))), exponent[:, 0].exp()
                values.append((factor * y[:, :, 0]).flatten(0, 1))
                laplacians.append((factor * laplacian_of_product(exponent, y)).flatten(0, 1))
            psi[:, part] = self.coefficients @ torch.cat(values)
            t_psi[:, part] = self.coefficients @ torch.cat(laplacians)
        return psi, t_psi.mul_(-0.5 * self.system.hbar_c**2)  # T = −½ħ²c² Σ_i ∇_i²/m_i

    def _activated_jets(self, jet: Tensor) -> Tensor:
        return compose_(jet, self.activation(jet[:, :, 0]))

    @torch.no_grad()
    def parameter_rows(self, r: Tensor, cotangent: Tensor, channel: Tensor | None = None) -> Tensor:
        return self.tangent_rows(r, cotangent, channel)

    @torch.no_grad()
    def tangent_rows(
        self, r: Tensor, cotangent: Tensor, channel: Tensor | None = None, spare: Tensor | None = None
    ) -> Tensor:
        out = rows_for(self.n_parameters, cotangent, spare)
        for part in chunks(r.shape[-1], at_once(r, 64, len(self.system.pairs))):
            self._backward(r[..., part], cotangent[..., part], out[..., part])
        return out

    @torch.no_grad()
    def parameter_gradient(self, r: Tensor, cotangent: Tensor, channel: Tensor | None = None) -> Tensor:
        out = r.new_zeros(self.n_parameters)
        for part in chunks(r.shape[-1], at_once(r, 64, len(self.system.pairs))):
            self._backward(r[..., part], cotangent[None, ..., part], out)
        return out

    def _backward(self, r: Tensor, cotangent: Tensor, out: Tensor) -> None:
        """Rows (P, R, batch) or their sum (P,) in the order of `parameters()`: hidden layers, gathering, outputs, envelope."""
        distance = self.geometry(r)
        hidden, heads = list(self.hidden), [*self.gathering, *self.outputs]
        x, inputs, slopes = self._features(distance), [], []
        for layer in hidden:
            inputs.append(x)
            x, slope, _ = self.activation(layer.values(x))
            slopes.append(slope[:, :, None])
        parts = [*hidden, *heads, self.envelope]
        rows = list(out.split([sum(p.numel() for p in part.parameters()) for part in parts]))
        envelope = self.envelope.values(distance).exp()  # (Σ_o n_so, 1, batch)
        of_terms = (self.coefficients.to(r.dtype).T @ cotangent).transpose(0, 1)  # (Σ_o m_o n_so, R, batch)
        of_x, of_exponents, first = torch.zeros_like(x)[:, :, None], [], 0
        n = len(heads) // 2
        for gather, output, factor, of_gather, of_output in zip(
            heads[:n],
            heads[n:],
            envelope.split(self.n_members),
            rows[len(hidden) : -1 - n],
            rows[-1 - n : -1],
            strict=True,
        ):
            gathered, slope, _ = self.activation(gather.values(x))
            y = output.values(gathered)[:, :, None]  # (m, n_s, 1, batch)
            terms = slice(first, first := first + len(y) * len(factor))
            of_y = of_terms[terms].unflatten(0, (-1, len(factor))) * factor  # (m, n_s, R, batch)
            of_exponents.append((of_y * y).sum(0))
            of_x = of_x + gather.backward(
                x, output.backward(gathered, of_y, of_output) * slope[:, :, None], of_gather
            )
        self.envelope.backward(distance, torch.cat(of_exponents)[:, None], rows[-1])
        for layer, x, slope, found in zip(
            hidden[::-1], inputs[::-1], slopes[::-1], rows[: len(hidden)][::-1], strict=True
        ):
            of_x = layer.backward(x, of_x * slope, found)
