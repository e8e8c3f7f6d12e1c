"""The coupled time-dependent equations of several channels, from their R-correlators.

    K_a R_a(t, r) = Σ_b ρ_ab(t) ∫ U_ab(r, r') R_b(t, r'),  ρ_ab = (C2 C2')_b/(C2 C2')_a.

With φ_a = R_a (C2 C2')_a/(C2 C2')_1 and lhs_a = (K_a R_a)(C2 C2')_a/(C2 C2')_1 the factors are gone: lhs = U φ. They are
those of the data in every bin, never e^{−ΔM t}. What stays, the factors Z of the operators, is one number a channel.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from hadronlab.data.channel_correlator import ChannelCorrelator, kinetic
from hadronlab.data.hadron_attributes import hadron_attributes
from hadronlab.data.lattice import ORIGIN_FM, radial_grid
from hadronlab.data.times import time_slice, waves_of
from hadronlab.data.wave_data import WaveData
from hadronlab.estimates.resampling import resampled_error
from hadronlab.physics.constants import HBAR_C
from hadronlab.systems.coupled_pair import CoupledPair


def channel_wave_data(
    correlator: ChannelCorrelator,
    pair: CoupledPair,
    sources: Sequence[str] | None = None,
    times: Sequence[int] | None = None,
    r_max_fm: float | None = None,
    time_order: int = 2,
    shell_width_fm: float | None = None,
) -> WaveData:
    """The equations of the channels of `pair`, in their order; the rest is as in `lattice.lattice_wave_data`.

    Real parts: the imaginary ones are noise. Each wave is divided, in every channel, by the mean in the box of its largest
    channel. The error is that of lhs_a − lhs_a (φ·φ')/φ², the equation with the potential lhs_a φ_b/φ² of the mean.
    """
    inverse = correlator.inverse_spacing
    stored = {
        name: (float(m1) * inverse, float(m2) * inverse)
        for name, (m1, m2) in zip(correlator.channels, correlator.masses, strict=True)
    }
    channels = pair.known_channels(stored)
    chosen = [correlator.channels.index(channel.name) for channel in channels]
    pairs = waves_of(correlator, sources, times, time_order)
    r, weight, project = radial_grid(correlator, r_max_fm, shell_width_fm)
    waves = [_wave(correlator, source, time, time_order, chosen) for source, time in pairs]
    R, KR = (project(np.stack(part, axis=1)) for part in zip(*waves, strict=True))
    amplitude, lhs = torch.from_numpy(R), torch.from_numpy(KR)
    # every bin of a wave over one number
    norm = (amplitude * torch.from_numpy(weight)).sum(-1) / weight.sum()  # (1+B, K, C)
    largest = norm[:1].abs().argmax(-1, keepdim=True).expand(len(norm), -1, 1)
    norm = torch.gather(norm, -1, largest).unsqueeze(-1)
    amplitude, lhs = amplitude / norm, lhs / norm
    error, usable = None, torch.from_numpy(r > 0)
    if len(amplitude) > 1:
        square = amplitude[0].square().sum(-2, keepdim=True)
        explained = (amplitude * amplitude[0]).sum(-2, keepdim=True) / square
        error = resampled_error(lhs - lhs[0] * explained, correlator.resampling)
    first = channels[0]
    return WaveData(
        r=torch.from_numpy(np.where(r > 0, r, ORIGIN_FM)),
        weight=torch.from_numpy(weight),
        amplitude=amplitude,
        lhs=lhs,
        error=error,
        equation=usable,
        labels=tuple(f"{source} t={time}" for source, time in pairs),
        sources=tuple(source for source, _ in pairs),
        times=tuple(time for _, time in pairs),
        momenta=None,
        reduced_mass=first.reduced_mass,
        hbar_c=HBAR_C,
        resampling=correlator.resampling,
        hadrons=hadron_attributes(correlator),
        ensemble="lattice" if correlator.length is None else f"lattice:L{correlator.length}",
        channels=channels,
    )


def _wave(
    correlator: ChannelCorrelator, source: str, time: int, time_order: int, chosen: list[int]
) -> tuple[np.ndarray, np.ndarray]:
    """φ and lhs (1+B, C, S) of the chosen channels."""
    R, KR = kinetic(correlator, source, time, time_order)
    two_point = correlator.two_point[source][:, time_slice(correlator, time, time)][:, chosen]
    factor = (two_point / two_point[:, :1])[..., None]
    return R.real[:, chosen] * factor, KR.real[:, chosen] * factor
