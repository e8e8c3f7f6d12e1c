"""Errors of Markov-chain averages: autocorrelation time, R̂, and the error bar they give.

Chains are (steps, walkers): every walker is a chain of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from hadronlab.errors import HadronlabError


@dataclass(frozen=True)
class ChainStatistics:
    """A Monte Carlo mean and how far to trust it.

    error accounts for autocorrelation; tau_corr is the integrated autocorrelation time in steps (½ for
    independent steps); r_hat near 1 says that the walkers agree.
    """

    mean: float
    error: float
    std: float
    tau_corr: float
    r_hat: float
    n_samples: int

    def __str__(self) -> str:
        spread = f"σ={self.std:.3g}, τ={self.tau_corr:.2g}, R̂={self.r_hat:.4f}"
        return f"{self.mean:.6g} ± {self.error:.2g} [{spread}]"


def autocorrelation_time(chains: Tensor, window: float = 5.0) -> float:
    """Integrated autocorrelation time τ = ½ + Σ_t ρ(t) in steps, from chains (steps, walkers).

    The sum ends at the first t ≥ window · τ(t)   [Sokal 1997]; ρ is averaged over the walkers before the
    sum, so that short chains of many walkers do well.
    """
    steps = len(chains)
    if steps < 2:
        return 0.5
    centred = (chains - chains.mean()).double()
    spectrum = torch.fft.rfft(centred, n=2 * steps, dim=0).abs().square().mean(1)
    covariance = torch.fft.irfft(spectrum)[:steps] / torch.arange(steps, 0, -1, device=chains.device)
    if covariance[0] <= 0:
        return 0.5
    tau = 0.5 + (covariance[1:] / covariance[0]).cumsum(0)
    times = torch.arange(1, steps, device=chains.device)
    enough = (times >= window * tau).nonzero()
    return max(0.5, float(tau[enough[0, 0]] if len(enough) else tau[-1]))


def split_r_hat(chains: Tensor) -> float:
    """Split R̂ over the walkers: √(total / within-chain variance)   [Gelman et al. 2013, Eq. 11.4]."""
    half = len(chains) // 2
    if half < 2:
        return float("nan")
    parts = torch.cat([chains[:half], chains[-half:]], 1).double()
    within = parts.var(0).mean()
    if within == 0:
        return 1.0 if parts.mean(0).var() == 0 else float("inf")
    return float(((half - 1) / half + parts.mean(0).var() / within).sqrt())


def block_means(chains: Tensor, fewest: int = 32, most: int = 100) -> Tensor:
    """Means (B,) of equal independent blocks: groups of walkers, or stretches of steps where the walkers are few."""
    steps, walkers = chains.shape
    n_time = 1 if walkers >= fewest else max(1, min(steps // 2, -(-fewest // walkers)))
    usable = steps - steps % n_time
    means = chains[:usable].double().reshape(n_time, -1, walkers).mean(1).flatten()
    return grouped(means, most)


def grouped(means: Tensor, most: int = 100) -> Tensor:
    """Means over equal groups of the last axis, at most `most` of them; what is left over joins none."""
    size = -(-means.shape[-1] // most)
    count = means.shape[-1] // size
    return means[..., : count * size].unflatten(-1, (count, size)).mean(-1)


def blocked_error(chains: Tensor) -> float:
    """Error of the mean from independent blocks: the walkers, and stretches of steps where they are few."""
    means = block_means(chains, most=chains.numel())
    return float(means.std() / len(means) ** 0.5) if len(means) > 1 else float("nan")


def chain_statistics(chains: Tensor) -> ChainStatistics:
    """Mean and error of chains (steps, walkers) of any real observable.

    The error is the larger of the two honest ones: σ √(2τ/n), and that of independent walkers, which also
    sees correlations longer than the chain. Raises HadronlabError if a value is not finite.
    """
    if chains.dim() != 2 or chains.numel() < 2:
        raise HadronlabError(
            f"chain_statistics needs (steps, walkers) with two samples or more, got {tuple(chains.shape)}"
        )
    if not bool(torch.isfinite(chains).all()):
        raise HadronlabError(
            "chain_statistics: a sample is not finite; the wave function or the potential is singular there"
        )
    tau = autocorrelation_time(chains)
    std = float(chains.double().std())
    naive = std * (2 * tau / chains.numel()) ** 0.5
    blocked = blocked_error(chains)
    error = max(naive, blocked) if blocked == blocked else naive
    return ChainStatistics(
        float(chains.double().mean()), error, std, tau, split_r_hat(chains), chains.numel()
    )
