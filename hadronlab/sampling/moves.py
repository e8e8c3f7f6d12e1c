"""How walkers are moved: each move proposes new positions for all of them. A user's own works by `_target_`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from hadronlab.errors import ConfigError
from hadronlab.systems.splittings import possible_splits

if TYPE_CHECKING:
    from hadronlab.models.wavefunctions.wavefunction import WaveFunction

Scalar = Tensor | float
PREFERENCE = 4  # power of separation over inner size with which a split is chosen


class Move(ABC):
    """A kind of move, made for one wave function; the sampler chooses one for all walkers at every sweep.

    weight: the probability of this kind, relative to those of the others. Raises ConfigError for a negative one.
    """

    def __init__(self, wavefunction: WaveFunction, weight: float = 1.0) -> None:
        if not weight >= 0:
            raise ConfigError(f"weight={weight} of the move {type(self).__name__}: must be zero or positive")
        self.weight, self.length, self.device = weight, wavefunction.length, wavefunction.scale.device
        self.masses = torch.as_tensor(wavefunction.system.masses, dtype=torch.float64)
        self.widths = self.length * (self.masses.min() / self.masses).sqrt().to(self.device)[:, None, None]
        """(N, 1, 1): how far the particles go in a step of 1, fm; the light ones farther"""

    @abstractmethod
    def propose(self, r: Tensor, step: Scalar, generator: torch.Generator) -> tuple[Tensor, Tensor | float]:
        """New positions for r (N, 3, walkers), and the logarithm (walkers,) of what multiplies the ratio of the densities: the
        Jacobian of the move, and the odds of the way back over those of the way there.

        step: its size, which adapts to the wanted acceptance: a scalar on the device of r, or a number. All random numbers
        come from `generator`.
        """


class AllParticles(Move):
    """Every particle by a vector of its own."""

    def propose(self, r: Tensor, step: Scalar, generator: torch.Generator) -> tuple[Tensor, Tensor | float]:
        return r + normal(r, generator, *r.shape) * (step * self.widths.to(r)), 0.0


class RandomSubset(Move):
    """A random subset of the particles by one vector."""

    def propose(self, r: Tensor, step: Scalar, generator: torch.Generator) -> tuple[Tensor, Tensor | float]:
        n, _, walkers = r.shape
        chosen = torch.rand(n, 1, walkers, generator=generator, dtype=r.dtype, device=r.device) < 0.4
        first = torch.randint(n, (1, 1, walkers), generator=generator, device=r.device)
        # never the empty set, never all particles: that would only translate the system, and always be accepted
        chosen = chosen.scatter(0, first, True).scatter(0, (first + 1) % n, False)
        width = step * (self.widths.to(r) * chosen).amax(0, keepdim=True)
        return r + chosen * width * normal(r, generator, 1, 3, walkers), 0.0


class Dilation(Move):
    """r → e^ξ r about the centre, ξ normal; its Jacobian is e^{3(N−1)ξ}."""

    def propose(self, r: Tensor, step: Scalar, generator: torch.Generator) -> tuple[Tensor, Tensor | float]:
        xi = 0.3 * step * normal(r, generator, r.shape[-1])
        centre = r.mean(0, keepdim=True)
        return centre + (r - centre) * xi.exp(), 3.0 * (len(r) - 1) * xi


class Separation(Move):
    """The separation R of two parts that can exist alone is stretched, R → e^ξ R, ξ normal; the parts stay as they are.

    The split is drawn with probability ∝ (R/size of the parts)^PREFERENCE, mostly the one in which the particles stand;
    the odds of drawing it afterwards are part of the acceptance. Has no weight where nothing comes apart.
    """

    def __init__(self, wavefunction: WaveFunction, weight: float = 1.0) -> None:
        super().__init__(wavefunction, weight)
        system = wavefunction.system
        splits = possible_splits(system)
        member = torch.zeros(len(splits), system.n_particles, dtype=torch.float64)
        for row, part in zip(member, splits, strict=True):
            row[list(part)] = 1.0
        first, second = member * self.masses, (1 - member) * self.masses
        share = first.sum(1, keepdim=True) / self.masses.sum()
        i, j = torch.tensor(system.pairs).T
        inside = (member[:, i] == member[:, j]).double()
        self.weight = weight if splits else 0.0
        self.joining = (first / first.sum(1, keepdim=True) - second / second.sum(1, keepdim=True)).to(
            self.device
        )
        """(K, N): R = joining · r"""
        self.shift = (member - share).to(self.device)
        """(K, N): r + shift ΔR has R + ΔR, and the same centre of mass"""
        self.inside = (inside / inside.sum(1, keepdim=True)).to(self.device)
        self.first, self.second = i.to(self.device), j.to(self.device)

    def propose(self, r: Tensor, step: Scalar, generator: torch.Generator) -> tuple[Tensor, Tensor | float]:
        xi = 0.5 * step * normal(r, generator, r.shape[-1])
        separation, odds = self._odds(r)
        odds_of_each = (
            odds.exp().T
        )  # what torch.multinomial does, which would read back whether they are odds
        chosen = (odds_of_each / torch.empty_like(odds_of_each).exponential_(generator=generator)).argmax(1)
        stretch = separation.gather(0, chosen.expand(1, 3, -1)) * torch.expm1(xi)
        proposal = r + self.shift.to(r)[chosen].T[:, None] * stretch
        index = chosen[None]
        return proposal, 3 * xi + (self._odds(proposal)[1].gather(0, index) - odds.gather(0, index))[0]

    def _odds(self, r: Tensor) -> tuple[Tensor, Tensor]:
        """R of every split, (K, 3, walkers), and the logarithm of the probability to draw it, (K, walkers)."""
        separation = torch.einsum("kn,nxw->kxw", self.joining.to(r), r)
        squares = (r[self.first] - r[self.second]).square().sum(1)
        ratio = (separation.square().sum(1) / (self.inside.to(r) @ squares)).clamp(1e-12, 1e12)
        return separation, (0.5 * PREFERENCE * ratio.log()).log_softmax(0)


def normal(r: Tensor, generator: torch.Generator, *shape: int) -> Tensor:
    """Normal numbers on the device and in the dtype of r."""
    return torch.randn(*shape, generator=generator, dtype=r.dtype, device=r.device)
