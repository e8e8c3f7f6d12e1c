"""What spoils a correlator: statistical noise, correlated in t and r, and an inelastic state."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from hadronlab.errors import ConfigError
from hadronlab.estimates.streams import stream_seed


@dataclass(frozen=True)
class Noise:
    """Relative Gaussian noise, σ(t, r) = relative · e^{growth (t − t_first)} · sqrt(1 + (r/range_fm)²).

    Correlated over `length_fm` in r (squared exponential, so R stays smooth) and `time` slices in t
    (exponential). `bins` jackknife bins are made of independent blocks, so their jackknife error is σ.
    Raises ConfigError for sizes that are not positive or fewer than two bins.
    """

    relative: float = 1e-3
    growth: float = 0.1
    range_fm: float = 1.0
    length_fm: float = 0.5
    time: float = 20.0
    bins: int = 20
    seed: int = 0

    def __post_init__(self) -> None:
        sizes = (self.relative, self.range_fm, self.length_fm, self.time)
        if not all(math.isfinite(size) and size > 0 for size in sizes) or self.bins < 2:
            raise ConfigError(f"noise: sizes must be positive and bins 2 or more, got {self}")

    def generator(self) -> torch.Generator:
        """The random numbers of this seed."""
        return torch.Generator().manual_seed(stream_seed(self.seed, "noise"))

    def resample(self, R: Tensor, t: np.ndarray, r: Tensor, generator: torch.Generator) -> Tensor:
        """(1+B, T, N): a noisy mean and jackknife bins of R (T, N), at times t (T,) and radii r (N,) fm."""
        clock = torch.from_numpy(t - t[0]).to(r)
        time_root = _root(torch.exp(-(clock[:, None] - clock).abs() / self.time))
        modes = _even_modes(r, self.length_fm)  # (M, N)
        draw = torch.randn(self.bins, len(t), len(modes), generator=generator, dtype=r.dtype)
        block = torch.einsum("ts,bsm,mr->btr", time_root, draw, modes)
        size = (
            self.relative * torch.exp(self.growth * clock)[:, None] * torch.sqrt(1 + (r / self.range_fm) ** 2)
        )
        block = math.sqrt(self.bins) * size * block
        mean = block.mean(0, keepdim=True)
        left_out = (self.bins * mean - block) / (self.bins - 1)
        return R * (1 + torch.cat([mean, left_out]))


@dataclass(frozen=True)
class InelasticState:
    """amplitude · e^{−(r/range_fm)²} e^{−gap (t − t_first)}, relative to mean |R(t_first)|; gap in MeV."""

    gap: float = 300.0
    amplitude: float = 0.01
    range_fm: float = 0.8

    def __call__(self, elapsed: np.ndarray, r: Tensor, slice_per_mev: float) -> Tensor:
        """(T, N) at `elapsed` slices (T,); slice_per_mev = a/ħc."""
        decay = torch.from_numpy(np.exp(-self.gap * slice_per_mev * elapsed)).to(r)
        return self.amplitude * torch.outer(decay, torch.exp(-((r / self.range_fm) ** 2)))


def _root(correlation: Tensor) -> Tensor:
    """Symmetric square root of a correlation matrix."""
    value, vector = torch.linalg.eigh(correlation)
    return vector * value.clamp(min=0).sqrt() @ vector.T


def _even_modes(r: Tensor, length: float) -> Tensor:
    """Functions (M, N) that unit Gaussian coefficients sum to variance one with the correlation `length`.

    It is the even part of a squared-exponential process: R is even in r, and an odd term would make the
    Laplacian of the noise diverge at the origin.
    """
    period = 2 * (float(r.max()) + 4 * length)
    wave = 2 * math.pi / period * torch.arange(math.ceil(6 / length * period / (2 * math.pi)) + 1).to(r)
    modes = torch.exp(-0.25 * (wave * length) ** 2)[:, None] * torch.cos(wave[:, None] * r)
    return modes / modes.norm(dim=0)
