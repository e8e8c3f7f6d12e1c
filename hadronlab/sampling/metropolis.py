"""Metropolis sampling of ρ = Σ_α ψ_α(r)² (or of ψ_α(r)² with α sampled too) by many independent walkers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from hadronlab.errors import ConfigError, HadronlabError
from hadronlab.sampling.separation import SeparationMove

if TYPE_CHECKING:
    from hadronlab.models.wavefunctions.wavefunction import WaveFunction

MOVES = ("all", "subset", "dilation", "separation")
COLUMNS = 72_000  # walkers times permutations whose densities are computed together: more would not stay in the cache


class MetropolisSampler:
    """Walkers, their random numbers and their step sizes, on the device of the wave function.

    Moves, one kind chosen for all walkers at every sweep:
        all         every particle, Gaussian, of width step · mass_scale_i;
        subset      one random subset of the particles by one vector;
        dilation    r → e^{sξ} r about the centre of mass, with the Jacobian e^{3(N−1)sξ};
        separation  the distance between two parts that can exist alone, R → e^{sξ} R, where there are such parts.

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
        move_weights: probability of each kind of move.
    """

    def __init__(
        self,
        wavefunction: WaveFunction,
        n_walkers: int = 800,
        sweeps: int = 10,
        step: float = 0.5,
        seed: int = 0,
        move_weights: Sequence[float] = (0.45, 0.45, 0.1, 0.0),
        target_acceptance: float = 0.5,
        dtype: torch.dtype = torch.float32,
    ):
        if n_walkers < 1 or sweeps < 1:
            raise ConfigError(
                f"sampler.n_walkers={n_walkers}, sampler.sweeps={sweeps}: both must be 1 or more"
            )
        if len(move_weights) != len(MOVES) or min(move_weights) < 0 or sum(move_weights) <= 0:
            raise ConfigError(
                f"sampler.move_weights={list(move_weights)}: give a weight ≥ 0 for each of {', '.join(MOVES)}"
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
        self.move_weights = torch.as_tensor(move_weights, dtype=torch.float64).to(device)
        self.steps = torch.full((len(MOVES),), step, dtype=torch.float64)
        self.accepted = torch.zeros(len(MOVES), dtype=torch.float64)
        self.proposed = torch.zeros(len(MOVES), dtype=torch.float64)
        self.separation = SeparationMove(wavefunction.system, dtype, device)
        if not self.separation.n_splits:
            self.move_weights[MOVES.index("separation")] = 0.0
        if float(self.move_weights.sum()) == 0:
            raise ConfigError("sampler.move_weights: nothing comes apart here, give another move a weight")
        masses = torch.as_tensor(wavefunction.system.masses, dtype=torch.float64)
        self.mass_scale = (masses.min() / masses).sqrt().to(device, dtype)[:, None, None]
        self.length = wavefunction.length
        width = wavefunction.start_width
        self.r = self._normal(len(masses), 3, n_walkers) * (
            0.5 * self.length * self.mass_scale if width is None else width
        )
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

    def reset_acceptance(self) -> None:
        self.accepted.zero_()
        self.proposed.zero_()

    @torch.inference_mode()
    def sample(self, sweeps: int | None = None) -> tuple[Tensor, Tensor | None]:
        """Advance every walker; positions (N, 3, walkers) in float64 and channels (walkers,) or None.

        The density is computed afresh at the start, for the parameters may have moved since the last call.
        """
        log_density = self._evaluate(self.r, self.channel)
        for _ in range(self.sweeps if sweeps is None else sweeps):
            log_density = self._sweep(log_density)
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
        size = max(1, COLUMNS // len(self.wavefunction.system.group))
        channels = [None] * (-(-r.shape[-1] // size)) if channel is None else channel.split(size)
        parts = zip(r.split(size, -1), channels, strict=True)
        log_density = torch.cat([self.wavefunction.log_density(*part) for part in parts])
        return torch.nan_to_num(log_density, nan=-math.inf, neginf=-math.inf)

    def _normal(self, *shape: int) -> Tensor:
        return torch.randn(*shape, generator=self.generator, dtype=self.dtype, device=self.device)

    def _uniform(self, *shape: int) -> Tensor:
        return torch.rand(*shape, generator=self.generator, dtype=self.dtype, device=self.device)

    def _sweep(self, log_density: Tensor) -> Tensor:
        """One proposal for every walker; returns the new ln ρ."""
        kind = int(torch.multinomial(self.move_weights, 1, generator=self.generator))
        proposal, log_jacobian = self._propose(kind, float(self.steps[kind]))
        channel = None if self.channel is None else self._flip(self.channel)
        proposed = self._evaluate(proposal, channel)
        accept = self._uniform(self.n_walkers).log() < proposed - log_density + log_jacobian  # Eq. (13)
        self.r = torch.where(accept, proposal, self.r)
        judged = accept
        if channel is not None and self.channel is not None:
            # another channel is mostly refused: where it is proposed the steps are not to blame
            judged = accept[channel == self.channel]
            self.channel = torch.where(accept, channel, self.channel)
        if len(judged):
            share = float(judged.float().mean())
            self.accepted[kind] += share
            self.proposed[kind] += 1
            if self.adapt:
                factor = math.exp(0.2 * (share - self.target_acceptance))
                self.steps[kind] = min(max(float(self.steps[kind]) * factor, 1e-4), 1e3)
        return torch.where(accept, proposed, log_density)

    def _flip(self, channel: Tensor) -> Tensor:
        """A channel chosen at random for half of the walkers   [DeepQuark, Appendix B]."""
        n = self.wavefunction.n_channels
        other = torch.randint(n, channel.shape, generator=self.generator, device=self.device)
        return torch.where(self._uniform(len(channel)) < 0.5, other, channel)

    def _propose(self, kind: int, step: float) -> tuple[Tensor, Tensor | float]:
        n, _, walkers = self.r.shape
        if MOVES[kind] == "all":
            return self.r + self._normal(n, 3, walkers) * (step * self.length * self.mass_scale), 0.0
        if MOVES[kind] == "subset":
            chosen = self._uniform(n, 1, walkers) < 0.4
            first = torch.randint(n, (1, 1, walkers), generator=self.generator, device=self.device)
            # never the empty set, never all particles: that would only translate the system, and always be accepted
            chosen = chosen.scatter(0, first, True).scatter(0, (first + 1) % n, False)
            width = step * self.length * (self.mass_scale * chosen).amax(0, keepdim=True)
            return self.r + chosen * width * self._normal(1, 3, walkers), 0.0
        if MOVES[kind] == "separation":
            return self.separation.propose(self.r, 0.5 * step * self._normal(walkers), self.generator)
        xi = 0.3 * step * self._normal(walkers)
        centre = self.r.mean(0, keepdim=True)
        return centre + (self.r - centre) * xi.exp(), 3.0 * (n - 1) * xi

    def state_dict(self) -> dict[str, Any]:
        """Plain tensors only: walkers, channels, steps, generator."""
        return {
            "r": self.r.clone(),
            "channel": None if self.channel is None else self.channel.clone(),
            "steps": self.steps.clone(),
            "accepted": self.accepted.clone(),
            "proposed": self.proposed.clone(),
            "generator": self.generator.get_state(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue exactly where `state_dict` was taken, with the number of walkers it had.

        On another kind of device, whose random numbers are others, with the same walkers.
        """
        self.r = state["r"].to(self.device)
        self.channel = None if state["channel"] is None else state["channel"].to(self.device)
        self.steps, self.accepted, self.proposed = (
            state[k].clone() for k in ("steps", "accepted", "proposed")
        )
        if len(state["generator"]) == len(self.generator.get_state()):
            self.generator.set_state(state["generator"].cpu())
