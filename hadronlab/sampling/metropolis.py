"""Metropolis sampling of ρ = Σ_α ψ_α(r)² (or of ψ_α(r)² with α sampled too) by many independent walkers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from hadronlab.errors import ConfigError, HadronlabError
from hadronlab.models.wavefunctions.at_once import at_once
from hadronlab.sampling.moves import AllParticles, Dilation, Move, RandomSubset, Separation

if TYPE_CHECKING:
    from hadronlab.models.wavefunctions.wavefunction import WaveFunction

MOVES: Mapping[str, Callable[[WaveFunction], Move]] = {
    "all": partial(AllParticles, weight=0.45),
    "subset": partial(RandomSubset, weight=0.45),
    "dilation": partial(Dilation, weight=0.1),
    "separation": partial(Separation, weight=0.0),
}
START_DISTANCE = 3.0  # of `start_clusters`, in lengths of the system
COLUMNS = 72_000  # walkers times copies of a network whose densities are computed together: more would not stay in the cache


class MetropolisSampler:
    """Walkers, their random numbers and their step sizes, on the device of the wave function.

    At every sweep one kind of move is chosen for all walkers, with the odds of the moves' weights (see sampling/moves.py).
    Every kind has a step of its own that adapts to `target_acceptance`, among the walkers that keep their channel,
    while `adapt` is on. Proposals and densities are computed in single precision, which moves ρ by 1e-6 relative:
    energies are computed from the walkers in double precision.

    Args:
        wavefunction: gives log_density; with `samples_channel` every sweep also proposes a channel
        [DeepQuark, Eq. 13].
        n_walkers: number of walkers of this process.
        sweeps: sweeps between two sets of samples.
        step: first step, in units of the width of the masses, fm.
        seed: of the generator that this sampler owns.
        moves: called with the wave function, by name; None for the four of conf/sampler/metropolis.yaml.
    """

    def __init__(
        self,
        wavefunction: WaveFunction,
        n_walkers: int = 800,
        sweeps: int = 10,
        step: float = 0.5,
        seed: int = 0,
        moves: Mapping[str, Callable[[WaveFunction], Move]] | None = None,
        target_acceptance: float = 0.5,
        dtype: torch.dtype = torch.float32,
    ):
        if n_walkers < 1 or sweeps < 1:
            raise ConfigError(
                f"sampler.n_walkers={n_walkers}, sampler.sweeps={sweeps}: both must be 1 or more"
            )
        if not 0 < target_acceptance < 1 or step <= 0:
            raise ConfigError(
                f"sampler.step={step} must be > 0 and sampler.target_acceptance={target_acceptance} in (0, 1)"
            )
        self.wavefunction = wavefunction
        device = wavefunction.scale.device
        self.sweeps, self.target_acceptance = sweeps, target_acceptance
        self.dtype, self.device = dtype, device
        self.adapt = True
        self.generator = torch.Generator(device).manual_seed(seed)
        # of the kinds of moves: on a GPU a generator of the host, lest every sweep wait for a number
        self.choices = self.generator if on_host(self.generator) else torch.Generator().manual_seed(seed)
        self.moves = {name: make(wavefunction) for name, make in (moves or MOVES).items() if make is not None}
        weights = [move.weight for move in self.moves.values()]
        if not sum(weights) > 0:
            raise ConfigError(
                f"sampler.moves: none of {', '.join(self.moves)} has a weight here (nothing is pulled apart that "
                "cannot come apart): give another one a weight"
            )
        self.move_weights = torch.tensor(weights, dtype=torch.float64)
        self.steps = torch.full((len(weights),), step, dtype=torch.float64, device=device)
        self.accepted = torch.zeros_like(self.steps)
        self.proposed = torch.zeros_like(self.steps)
        masses = torch.as_tensor(wavefunction.system.masses, dtype=torch.float64)
        scale = (masses.min() / masses).sqrt().to(device, dtype)[:, None, None]
        width = wavefunction.start_width
        self.r = torch.randn(len(masses), 3, n_walkers, generator=self.generator, dtype=dtype, device=device)
        self.r *= 0.5 * wavefunction.length * scale if width is None else width
        for cluster in wavefunction.start_clusters:
            far = torch.randn(1, 3, n_walkers, generator=self.generator, dtype=dtype, device=device)
            self.r[list(cluster)] += START_DISTANCE * wavefunction.length * far
        n = wavefunction.n_channels
        self.channel: Tensor | None = None
        if wavefunction.samples_channel:
            self.channel = torch.randint(n, (n_walkers,), generator=self.generator, device=device)

    @property
    def n_walkers(self) -> int:
        return self.r.shape[-1]

    @property
    def acceptance(self) -> float:
        """Accepted share of the proposals that keep the channel, since `reset_acceptance`."""
        return float(self.accepted.sum() / self.proposed.sum().clamp_min(1))

    @property
    def step_sizes(self) -> dict[str, float]:
        """The present step of every move, by its name."""
        return dict(zip(self.moves, self.steps.tolist(), strict=True))

    def reset_acceptance(self) -> None:
        self.accepted.zero_()
        self.proposed.zero_()

    @torch.inference_mode()
    def sample(self, sweeps: int | None = None) -> tuple[Tensor, Tensor | None]:
        """Advance every walker; positions (N, 3, walkers) in float64 and channels (walkers,) or None.

        The density is computed afresh at the start, for the parameters may have moved since the last call.
        """
        with self.wavefunction.parameters_kept():
            log_density = self._evaluate(self.r, self.channel)
            n = self.sweeps if sweeps is None else sweeps
            kinds = torch.multinomial(self.move_weights, n, replacement=True, generator=self.choices)
            for kind in kinds.tolist():
                log_density = self._sweep(kind, log_density)
        self.r -= self.r.mean(0, keepdim=True)  # a drift of the whole system would cost digits
        if not bool(torch.isfinite(self.r).all()):
            raise HadronlabError(
                "sampler: a walker left the range of numbers; the wave function does not fall off"
            )
        return self.r.double(), self.channel

    def resize(self, n_walkers: int) -> None:
        """Change the number of walkers: the first ones, or copies, which part within a few samples."""
        index = torch.arange(n_walkers, device=self.r.device) % self.n_walkers
        self.r = self.r[..., index].clone()
        if self.channel is not None:
            self.channel = self.channel[index].clone()

    def _evaluate(self, r: Tensor, channel: Tensor | None) -> Tensor:
        copies = self.wavefunction.copies
        size = at_once(r, max(1, COLUMNS // copies), copies)
        channels = [None] * (-(-r.shape[-1] // size)) if channel is None else channel.split(size)
        parts = zip(r.split(size, -1), channels, strict=True)
        log_density = torch.cat([self.wavefunction.log_density(*part) for part in parts])
        return torch.nan_to_num(log_density, nan=-math.inf, neginf=-math.inf)

    def _uniform(self, *shape: int) -> Tensor:
        return torch.rand(*shape, generator=self.generator, dtype=self.dtype, device=self.device)

    def _sweep(self, kind: int, log_density: Tensor) -> Tensor:
        """One proposal of a kind of move for every walker; returns the new ln ρ."""
        move = list(self.moves.values())[kind]
        proposal, log_jacobian = move.propose(self.r, self.steps[kind], self.generator)
        channel = None if self.channel is None else self._flip(self.channel)
        proposed = self._evaluate(proposal, channel)
        accept = self._uniform(self.n_walkers).log() < proposed - log_density + log_jacobian  # Eq. (13)
        self.r = torch.where(accept, proposal, self.r)
        judged = torch.ones_like(accept)
        if channel is not None and self.channel is not None:
            # another channel is mostly refused: where it is proposed the steps are not to blame
            judged = channel == self.channel
            self.channel = torch.where(accept, channel, self.channel)
        self._judge(kind, accept & judged, judged.sum())
        return torch.where(accept, proposed, log_density)

    def _judge(self, kind: int, accepted: Tensor, count: Tensor) -> None:
        """Note the accepted share of `count` proposals and adapt the step; none of it is read back from the device."""
        share, any_judged = (accepted.sum().float() / count.clamp(min=1)).double(), count.clamp(max=1)
        self.accepted[kind] += share
        self.proposed[kind] += any_judged
        if self.adapt:
            factor = torch.exp(0.2 * (share - self.target_acceptance * any_judged))
            self.steps[kind] = (self.steps[kind] * factor).clamp(1e-4, 1e3)

    def _flip(self, channel: Tensor) -> Tensor:
        """A channel chosen at random for half of the walkers   [DeepQuark, Appendix B]."""
        n = self.wavefunction.n_channels
        other = torch.randint(n, channel.shape, generator=self.generator, device=self.device)
        return torch.where(self._uniform(len(channel)) < 0.5, other, channel)

    def state_dict(self) -> dict[str, Any]:
        """Plain tensors only: walkers, channels, steps, generator."""
        return {
            "r": self.r.clone(),
            "channel": None if self.channel is None else self.channel.clone(),
            "steps": self.steps.clone(),
            "accepted": self.accepted.clone(),
            "proposed": self.proposed.clone(),
            "generator": self.generator.get_state(),
            "choices": self.choices.get_state(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue exactly where `state_dict` was taken, with the number of walkers it had.

        On another kind of device, whose random numbers are others, with the same walkers.
        """
        self.r = state["r"].to(self.device)
        self.channel = None if state["channel"] is None else state["channel"].to(self.device)
        self.steps, self.accepted, self.proposed = (
            state[k].to(self.device, copy=True) for k in ("steps", "accepted", "proposed")
        )
        if len(state["generator"]) == len(self.generator.get_state()):
            self.generator.set_state(state["generator"].cpu())
            if "choices" in state:  # older checkpoints hold none
                self.choices.set_state(state["choices"].cpu())


def on_host(generator: torch.Generator) -> bool:
    """Whether its numbers are made in the memory of the CPU."""
    return generator.device.type == "cpu"
