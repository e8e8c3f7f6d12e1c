"""Several states at once: wave functions of one system, and the linear combinations of them that are meant."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import cycle, islice
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from hadronlab.errors import ConfigError
from hadronlab.models.wavefunctions.wavefunction import WaveFunction

if TYPE_CHECKING:
    from hadronlab.systems.few_body import FewBodySystem

SIZES = (1.0, 0.5, 1.8)  # of the members at first: far from dependent, and an excited state is larger


class Span(WaveFunction):
    """States ψ̃_i = Σ_k c_ik ψ_k of members ψ_k, whose parameters are its own; ψ̃_iα follow one another, i first.

    Walkers sample ρ = Σ_iα ψ̃_iα², so that all states are seen at once; `rotate` makes them the Ritz vectors of a sample.

    Args:
        members: wave functions of one system, alike but for their parameters.
        vectors: c (n_states, n_members); None: the members themselves.
    """

    vectors: Tensor
    members: Sequence[WaveFunction]  # a ModuleList

    def __init__(self, members: Sequence[WaveFunction], vectors: Tensor | None = None) -> None:
        first = members[0]
        super().__init__(first.system)
        self.members = nn.ModuleList(members)  # type: ignore[assignment]
        self.register_buffer("vectors", torch.eye(len(members)).double() if vectors is None else vectors)
        self.n_states = len(self.vectors)
        self._size = float(self.vectors.norm())
        self.samples_channel = first.samples_channel
        widths = [member.start_width for member in members]
        self.start_width = max((w for w in widths if w is not None), default=None)

    def state(self, index: int) -> Span:
        """One of the states alone, which shares the members."""
        return Span(list(self.members), self.vectors[index : index + 1].clone()).to(self.vectors.device)

    def rotate(self, vectors: Tensor) -> None:
        rotated = vectors @ self.vectors
        # samples tell no common factor of the states, so that it would walk at random, out of single precision in the end
        self.vectors = rotated * (self._size / rotated.norm())

    def spanning(self) -> Sequence[WaveFunction]:
        return self.members

    def shares(self) -> Tensor:
        return torch.nn.functional.normalize(torch.linalg.inv(self.vectors))

    def member_norms(self) -> Tensor:
        return torch.linalg.inv(self.vectors).norm(dim=1)

    def _combined(self, parts: Sequence[Tensor]) -> Tensor:
        """Σ_k c_ik x_k, (n_states · m, batch), of x_k (m, batch)."""
        stacked = torch.stack(list(parts))
        return (self.vectors.to(stacked.dtype) @ stacked.flatten(1)).view(-1, stacked.shape[-1])

    def _of_members(self, cotangent: Tensor) -> Tensor:
        """Cotangents of every member, (n_members, m, batch), from those of the states, (n_states · m, batch)."""
        of_states = cotangent.unflatten(0, (self.n_states, -1))
        return torch.einsum("ik,imb->kmb", self.vectors.to(cotangent.dtype), of_states)

    @contextmanager
    def parameters_kept(self) -> Iterator[None]:
        with ExitStack() as stack:
            for member in self.members:
                stack.enter_context(member.parameters_kept())
            yield

    def forward(self, r: Tensor) -> Tensor:
        return self._combined([member(r) for member in self.members])

    def sampled_amplitudes(self, r: Tensor, channel: Tensor | None = None) -> Tensor:
        return self._combined([member.sampled_amplitudes(r, channel) for member in self.members])

    def log_density(self, r: Tensor, channel: Tensor | None = None) -> Tensor:
        return self.sampled_amplitudes(r, channel).square_().sum(0).log_()

    def kinetic(self, r: Tensor, channel: Tensor | None = None) -> tuple[Tensor, Tensor]:
        psi, t_psi = zip(*(member.kinetic(r, channel) for member in self.members), strict=True)
        return self._combined(psi), self._combined(t_psi)

    def parameter_gradient(self, r: Tensor, cotangent: Tensor, channel: Tensor | None = None) -> Tensor:
        pairs = zip(self.members, self._of_members(cotangent), strict=True)
        return torch.cat([member.parameter_gradient(r, c, channel) for member, c in pairs])


def states_of(make: Callable[..., WaveFunction], system: FewBodySystem, states: int) -> WaveFunction:
    """The wave function that `make(system)` gives, or a span of so many, begun at different sizes where it takes a `size`.

    All but the first have the tails of the hadrons of the lowest threshold where it takes `clusters`: what is excited is nearer to it.
    """
    if states < 1:
        raise ConfigError(f"task.states={states}: must be 1 or more")
    if states == 1:
        return make(system)
    sizes = list(islice(cycle(SIZES), states))
    given = make.keywords if isinstance(make, partial) else {}
    takes = inspect.signature(make).parameters
    if "size" not in takes:
        return Span([make(system) for _ in sizes])
    tails = {"clusters": given.get("clusters") or None} if "clusters" in takes else {}
    own = given.get("size", 1.0)
    members = [make(system, size=own * size, **(tails if k else {})) for k, size in enumerate(sizes)]
    # a function of r/s has the norm s^{3(N−1)/2}: the walkers begin in all members alike
    norms = torch.tensor(sizes, dtype=torch.float64) ** (1.5 * (system.n_particles - 1))
    return Span(members, torch.diag(1 / norms))
