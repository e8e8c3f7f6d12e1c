"""What the sampler, the estimators and the optimiser ask of a wave function."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Self

import torch
from torch import Tensor, nn
from torch.func import functional_call, hessian, vjp, vmap

from hadronlab.systems.length_scales import natural_scales

if TYPE_CHECKING:
    from hadronlab.systems.few_body import FewBodySystem


class WaveFunction(nn.Module):
    """ψ_α(r) of a few-body system: N particles, n coupled colour-spin-isospin channels α, real.

    A subclass defines `forward`; the other passes are then correct but slow (torch.func) until it overrides
    them with its own. Everything is feature-major, and computes in the dtype of r.

    With `samples_channel`, a sample is a point and one channel, ρ(r, α) = ψ_α(r)² [DeepQuark, Eq. 12];
    otherwise a sample is a point and the channels are summed exactly, ρ(r) = Σ_α ψ_α(r)².

    With `n_states` above 1 it holds several states of the system (see span.py): whatever has n_channels rows here has
    n_states · n_channels, those of one state after those of another, and ρ is summed over the states too.

    `scale` (n_pairs,) and `length` are the expected distances in fm, `energy_scale` the kinetic energy at
    that size in GeV. `start_width` is that of the Gaussian (fm) from which walkers begin, where ψ has places that
    walkers would not find from the expected distances in time; None: the natural one. `start_clusters`: groups of
    particles that walkers begin with apart, the hadrons of a molecule, for other groups are places that they leave late.
    `copies`: places at which a network is evaluated for one ψ, by which passes are cut.
    """

    scale: Tensor
    start_width: float | None = None
    start_clusters: Sequence[Sequence[int]] = ()

    task = "vmc"
    samples_channel = False
    n_states = 1
    conditioned_on: tuple[str, ...] = ()
    binding: float | None = None
    """decay of the tails between hadrons at first, over the mean natural scale; None where there are no such tails to choose, ∞
    where they have been lost"""
    apart = 0.0
    """the same of hadrons that nothing holds together"""
    tail_mass = 0.0
    """least reduced mass of two hadrons with such tails"""

    def __init__(self, system: FewBodySystem):
        super().__init__()
        self.system = system
        self.n_channels, self.copies = system.n_channels, len(system.group)
        masses = torch.as_tensor(system.masses, dtype=torch.float64)
        scale, self.energy_scale = natural_scales(system)
        self.register_buffer("scale", scale, persistent=False)
        self.length = float(scale.mean())
        self.register_buffer("kinetic_factor", -0.5 * system.hbar_c**2 / masses, persistent=False)

    def forward(self, r: Tensor) -> Tensor:
        """ψ_α(r), (n_channels, batch), at positions r (N, 3, batch) in fm (leptons: bohr)."""
        raise NotImplementedError

    def log_density(self, r: Tensor, channel: Tensor | None = None) -> Tensor:
        """ln ρ, (batch,), safe against underflow in float32; channel (batch,) if `samples_channel`."""
        psi = self.sampled_amplitudes(r, channel)
        if channel is not None:
            return psi[0].abs().log().mul(2)  # Eq. (12)
        return psi.square().sum(0).log()

    def sampled_amplitudes(self, r: Tensor, channel: Tensor | None = None) -> Tensor:
        """ψ of all channels, or with `channel` (batch,) one row, that of the channel."""
        psi = self(r)
        return psi if channel is None else psi.gather(0, channel[None])

    def parameters_kept(self) -> AbstractContextManager[None]:
        """While the parameters stay as they are, as between two steps: what is made of them alone may be made once."""
        return nullcontext()

    def rotate(self, vectors: Tensor) -> None:
        """Go over to the states ψ̃_i = Σ_j vectors_ij ψ_j, (n_states, n_states); one state stays what it is."""

    def spanning(self) -> Sequence[WaveFunction]:
        """The members of a span, whose parameters follow one another; of one state itself."""
        return [self]

    def shares(self) -> Tensor:
        """a, (n_states, n_states), of ψ_k = |ψ_k| Σ_j a_kj ψ̃_j, of norm 1: how members are made of states of norm 1."""
        return torch.ones(1, 1, dtype=torch.float64, device=self.scale.device)

    def member_norms(self) -> Tensor:
        """|ψ_k| of the members, (n_states,), in that of a state."""
        return torch.ones(1, dtype=torch.float64, device=self.scale.device)

    def state(self, index: int) -> WaveFunction:
        """One of the states alone."""
        return self

    def binding_at(self, energy: float) -> float:
        """The `binding` of tails e^{−κR} of hadrons that are bound by `energy` (GeV, Hartree), κ = √(2μE)/ħc."""
        return (2.0 * self.tail_mass * energy) ** 0.5 / self.system.hbar_c * self.length

    def lose_tails(self) -> None:
        """Be a function of one hadron of all particles alone, from now on."""

    def of(self, system: FewBodySystem) -> Self:
        """A copy for another system of the same particles, with other masses and forces: the same function of r, but for what
        the system fixes in it."""
        other = copy.deepcopy(self)
        other.system = system
        other.kinetic_factor = -0.5 * system.hbar_c**2 / system.masses
        return other

    def kinetic(self, r: Tensor, channel: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """ψ (n_channels, batch) and Tψ = −Σ_i ∇_i²ψ/2m_i, without the centre of mass, GeV × ψ.

        Tψ has n_channels rows, or with `channel` one: that of the channel.
        """
        n, _, batch = r.shape

        def one(point: Tensor) -> Tensor:
            return self(point.reshape(n, 3, 1))[:, 0]

        second = vmap(hessian(one))(r.permute(2, 0, 1).reshape(batch, -1))  # (batch, channel, 3N, 3N)
        per_particle = second.diagonal(dim1=-2, dim2=-1).reshape(batch, -1, n, 3).sum(-1)
        kinetic = (per_particle @ self.get_buffer("kinetic_factor").to(r.dtype)).T
        return self(r), kinetic if channel is None else kinetic.gather(0, channel[None])

    def parameter_rows(self, r: Tensor, cotangent: Tensor, channel: Tensor | None = None) -> Tensor:
        """Rows Σ_α c_α ∂ψ_α/∂θ of every sample, (P, R, batch), for cotangents c (R, n_channels, batch).

        P runs over `parameters()`, flattened in order. With `channel`, c is (R, 1, batch) and belongs to
        that channel.
        """
        parameters = dict(self.named_parameters())

        def one(point: Tensor, c: Tensor, alpha: Tensor | None) -> Tensor:
            def psi(values: dict[str, Tensor]) -> Tensor:
                out = functional_call(self, values, (point[..., None],))
                return out[:, 0] if alpha is None else out[:, 0].gather(0, alpha[None])

            pullback = vjp(psi, parameters)[1]
            grads = vmap(lambda v: pullback(v)[0])(c)
            return torch.cat([grads[name].flatten(1) for name in parameters], 1)

        dims = (2, 2, None if channel is None else 0)
        return vmap(one, in_dims=dims)(r, cotangent, channel).permute(2, 1, 0)

    def parameter_gradient(self, r: Tensor, cotangent: Tensor, channel: Tensor | None = None) -> Tensor:
        """Σ_samples Σ_α c_α ∂ψ_α/∂θ, (P,), for cotangents c (n_channels, batch)."""
        return self.parameter_rows(r, cotangent[None], channel).sum((1, 2))

    # Where inputs of a network are linearly dependent, ∂ψ/∂θ stays in a subspace of the parameters, the same for all
    # points. Tangent coordinates, those of an orthonormal basis of it, hold all of it in fewer numbers.

    def tangent_rows(
        self, r: Tensor, cotangent: Tensor, channel: Tensor | None = None, spare: Tensor | None = None
    ) -> Tensor:
        """`parameter_rows` in tangent coordinates, (n_tangent, R, batch).

        spare: rows that are no longer needed: their memory may be used again.
        """
        return self.parameter_rows(r, cotangent, channel)

    def tangent_gradient(self, r: Tensor, cotangent: Tensor, channel: Tensor | None = None) -> Tensor:
        """`parameter_gradient` in tangent coordinates, (n_tangent,)."""
        return self.parameter_gradient(r, cotangent, channel)

    def from_tangent(self, vector: Tensor) -> Tensor:
        """Parameters (P, ...) of tangent coordinates (n_tangent, ...)."""
        return vector

    def to_tangent(self, vector: Tensor) -> Tensor:
        """Tangent coordinates (n_tangent,) of parameters (P,), projected on the subspace."""
        return vector

    @property
    def n_tangent(self) -> int:
        return self.n_parameters

    @property
    def n_parameters(self) -> int:
        return sum(p.numel() for p in self.parameters())


def chunks(batch: int, size: int) -> Iterator[slice]:
    """Slices of at most `size` samples: what a pass holds at a time should stay in the cache."""
    for start in range(0, batch, size):
        yield slice(start, min(start + size, batch))


def rows_for(n: int, cotangent: Tensor, spare: Tensor | None) -> Tensor:
    """Room for rows (n, R, batch) of cotangents (R, ·, batch): `spare` where it fits, else new.

    Sample-major in memory, as rows are made and as their products read them.
    """
    shape = (n, len(cotangent), cotangent.shape[-1])
    if spare is not None and spare.shape == shape and spare.dtype == cotangent.dtype:
        return spare
    return cotangent.new_empty(*shape[1:], n).permute(2, 0, 1)
