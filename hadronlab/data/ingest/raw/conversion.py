"""What a conversion has written, and what there is to say of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hadronlab.data.channel_correlator import ChannelCorrelator
from hadronlab.data.ingest.raw.divide import Imaginary
from hadronlab.data.ingest.raw.plateau import Plateau
from hadronlab.data.r_correlator import RCorrelator


@dataclass(frozen=True)
class Conversion:
    """`correlator` is the content of the file: of one channel, or of several."""

    correlator: RCorrelator | ChannelCorrelator
    averaged: str
    symmetry: str
    imaginary: dict[str, Imaginary]  # of R and of every C2
    plateaux: tuple[Plateau, ...]  # none where masses were given

    def lines(self) -> Iterator[str]:
        """In words, a line each."""
        held, a = self.correlator, self.correlator.inverse_spacing
        channels = f", channels {', '.join(held.channels)}" if isinstance(held, ChannelCorrelator) else ""
        yield (
            f"t = {held.t.tolist()}, L = {held.length}, {held.n_bins} {held.resampling} bins of {', '.join(held.values)}"
            + channels
        )
        yield f"averaged: {self.averaged}"
        yield f"symmetry: {self.symmetry}"
        for name, part in self.imaginary.items():
            yield f"{name}: {part}"
        for found in self.plateaux:
            yield (
                f"mass of {found.hadron}: {found.mass[0]:.5f} ± {found.error:.5f} = {found.mass[0] * a:.1f} ± "
                f"{found.error * a:.1f} MeV, plateau of ln C2(t)/C2(t+1) at t = {found.first} … {found.last}, "
                f"χ² = {found.chi_square:.2g} of {found.freedom}"
            )
