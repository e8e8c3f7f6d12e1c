"""What the data can say: the directions they hold above their noise, and whether their K is Hermitian."""

from __future__ import annotations

import torch
from torch import Tensor

from hadronlab.data.wave_data import WaveData
from hadronlab.errors import DataError
from hadronlab.estimates.resampling import deviations

SIGNAL_TO_NOISE = 2.0  # with bins: a direction counts from here on
RELATIVE_FLOOR = (
    1e-4  # without: what the quadrature of the toy leaves of its own equation (3e-8 of 3.8, squared)
)


def signal_to_noise(data: WaveData) -> Tensor:
    """Signal over noise of the independent directions of the wave functions, (K,), largest first.

    A direction is a combination c of the K wave functions. With bins: the stationary values of
    |Σ c_k φ_k| / (resampling error of Σ c_k φ_k), both summed in squares over the radii, so that neither
    the scales of the wave functions nor noise that they share matter. Without bins: the singular values
    of the wave functions, each normalised to one in ∫ 4π r² dr, relative to the largest. Coupled channels stand behind each
    other, each over its own norm in all waves together: what lives in one of them only is a direction all the same.
    """
    weight = data.weight[data.equation].abs()
    amplitude = data.amplitude[..., data.equation].double()
    if data.channels:
        size = (amplitude[0].square() * weight).sum((0, -1)).sqrt()  # (C,)
        amplitude = (amplitude / size[:, None]).flatten(-2)
        weight = weight.repeat(len(data.channels))
    if data.n_bins == 0:
        wave = amplitude[0] * weight.sqrt()
        singular = torch.linalg.svdvals(wave / wave.norm(dim=1, keepdim=True))
        return singular / singular[0]
    amplitude = amplitude / amplitude[0].norm(dim=1)[None, :, None]
    deviation = deviations(amplitude, data.resampling)
    noise = torch.einsum("bkr,blr->kl", deviation, deviation)
    signal = amplitude[0] @ amplitude[0].T
    # Noise that vanishes to rounding would divide by nothing: it is held above the rounding of the signal.
    value, vector = torch.linalg.eigh(noise)
    whiten = vector / value.clamp(min=1e-30 * float(signal.trace())).sqrt()
    return torch.linalg.eigvalsh(whiten.T @ signal @ whiten).clamp(min=0).sqrt().flip(0)


def effective_rank(data: WaveData) -> int:
    """How many directions of φ the data hold above their noise: one cannot tell U from a local potential.

    The data fix U only on the span of these directions (P U + U P − P U P). See `signal_to_noise`; a
    direction counts from a ratio of 2 on, or without bins from 1e-4 of the largest.
    """
    threshold = SIGNAL_TO_NOISE if data.n_bins else RELATIVE_FLOOR
    return max(1, int((signal_to_noise(data) > threshold).sum()))


def source_independence(data: WaveData) -> float:
    """How well the waves of coupled channels tell them apart at one radius, between 0 and 1.

    The smallest over the largest singular value of the matrix (K, C) of the waves at r, each channel over its own norm,
    averaged with the squares of lhs: at one r a local potential is solved from this matrix. Two sources that start in one
    channel bring the same mixture of the others along, and it nearly vanishes.
    """
    use = data.equation
    weight = data.weight[use].abs()
    phi, lhs = data.amplitude[0][..., use], data.lhs[0][..., use]
    phi = phi / (phi.square() * weight).sum((0, -1)).sqrt()[:, None]
    singular = torch.linalg.svdvals(phi.permute(2, 0, 1))  # (n, min(K, C))
    if singular.shape[-1] < len(data.channels):
        return 0.0
    share = weight * lhs.square().sum((0, 1))
    return float((share * singular[:, -1] / singular[:, 0]).sum() / share.sum())


def hermiticity(data: WaveData, first: int, second: int, factors: Tensor | None = None) -> Tensor:
    """⟨a|K|b⟩ − ⟨b|K|a⟩ over the root of ⟨a|a⟩⟨b|b⟩, (1+B,) MeV, of two wave functions given by their indices.

    ⟨a|K|b⟩ = ∫ 4π r² a(r) (K b)(r) dr over the equations. It equals ⟨a|V0 + U|b⟩, symmetric whatever V0
    and a symmetric U are; only potentials that depend on time, inelastic states and the cut of the
    integral break it. Of coupled channels the sums run over them, each wave times its factor ζ (1+B, C), where given.
    Raises DataError for an index that the data do not hold.
    """
    n_waves = len(data.labels)
    if not (0 <= first < n_waves and 0 <= second < n_waves):
        raise DataError(f"hermiticity: wave functions {first} and {second}, but the data hold {n_waves}")
    use = data.equation
    weight = data.weight[use]
    if factors is not None:
        weight = weight * factors.square().unsqueeze(-1)  # (1+B, C, n)
    a, b, Ka, Kb = (x[:, i][..., use] for x in (data.amplitude, data.lhs) for i in (first, second))
    inner = [(weight * x * y).flatten(1).sum(-1) for x, y in ((a, a), (b, b), (a, Kb), (b, Ka))]
    return (inner[2] - inner[3]) / (inner[0] * inner[1]).sqrt()
