"""What an observable of a few-body state sees: samples while they are drawn, and the evaluation when it has ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from torch import Tensor

from hadronlab.estimates.chains import ChainStatistics
from hadronlab.estimates.estimate import Estimate
from hadronlab.models.wavefunctions.wavefunction import WaveFunction
from hadronlab.sampling.contact import contact_terms
from hadronlab.sampling.local_energy import LocalEnergy
from hadronlab.systems.few_body import FewBodySystem
from hadronlab.systems.threshold import Threshold


@dataclass(frozen=True)
class Samples:
    """A batch of samples of ρ   [DeepQuark, Eq. 12, 14]: what an observable of a few-body state sees.

    r: (N, 3, batch), fm (bohr). channel: (batch,) where channels are sampled too, else None. local: the local energies
    and what they are made of, in the internal unit. reach: no particle is expected farther from another.
    """

    wavefunction: WaveFunction
    r: Tensor
    channel: Tensor | None
    local: LocalEnergy
    reach: float

    @property
    def system(self) -> FewBodySystem:
        """That of the wave function."""
        return self.wavefunction.system

    @cached_property
    def psi(self) -> Tensor:
        """All channels, (n_channels, batch): less noise than the sampled one."""
        return self.local.psi if self.channel is None else self.wavefunction(self.r)

    @cached_property
    def contact(self) -> Tensor:
        """Of mean zero, (batch,), internal unit: what takes out of an energy that which diverges where particles meet."""
        return contact_terms(self.wavefunction, self.r, self.channel, self.local)


@dataclass(frozen=True)
class Evaluation:
    """What is known of an evaluation beside the means.

    statistics: of the chain of every number measured. threshold: the lowest one, None without. drift: energy of the
    later half of the samples minus that of the earlier, in its errors. walkers: their number.
    """

    system: FewBodySystem
    energy: Estimate
    statistics: Mapping[str, ChainStatistics]
    threshold: Threshold | None
    acceptance: float
    drift: float
    walkers: int
    reach: float
