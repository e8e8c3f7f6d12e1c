"""An R-correlator file out of raw lattice output: read, average, project, resample, divide."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hadronlab.data import channel_correlator, r_correlator
from hadronlab.data.channel_correlator import ChannelCorrelator
from hadronlab.data.ingest.raw import average as averages
from hadronlab.data.ingest.raw import masses as hadron_masses
from hadronlab.data.ingest.raw.blocks import Blocks, Resampling
from hadronlab.data.ingest.raw.conversion import Conversion
from hadronlab.data.ingest.raw.divide import Imaginary, divide, imaginary_part, products
from hadronlab.data.ingest.raw.ensemble import RawEnsemble
from hadronlab.data.ingest.raw.opened import configurations, doubt_labels, log, opened
from hadronlab.data.ingest.raw.project import Projection
from hadronlab.data.r_correlator import RCorrelator
from hadronlab.data.wedge import wedge_sites
from hadronlab.errors import DataError
from hadronlab.physics.constants import HBAR_C
from hadronlab.physics.forces.tensor_waves import WAVES

FEW_BINS = 10
Progress = Callable[[int, int], None]


def convert_raw(
    source: str | Path,
    output: str | Path,
    *,
    spin: str | None = None,
    mass: float | str = hadron_masses.FIT,
    mass2: float | None = None,
    spacing: float | None = None,
    hadrons: Sequence[str] | None = None,
    average: str | None = None,
    resampling: str = "jackknife",
    bin_size: int = 1,
    bins: int = 200,
    seed: int = 0,
    force: bool = False,
    progress: Progress = lambda done, total: None,
) -> Conversion:
    """Write `output`, an R-correlator file, and return what it holds and what was averaged.

    Args:
        source: PATH, or SOURCE=PATH: a file in the layout of `neutral` (SOURCE: only this one of it), or a directory
            with HAL QCD's compressed wedges (SOURCE names what it holds, "wall" by default).
        spin: "1s0", or "3s1", which gives the channels S and D (see `data.channel_correlator`); not needed by scalars.
        mass, mass2: of the hadrons, MeV (mass2: equal by default), or "fit": plateaux of effective masses.
        spacing: of the lattice, fm; needed where the files do not say it, and otherwise in place of what they say.
        hadrons: names of the two, where a directory has two-point functions of several.
        average: "measurement" takes labels that share a trajectory as measurements of one configuration.
        resampling, bin_size, bins, seed: see `Resampling`.
        force: overwrite `output`.
        progress: called with the number of configurations done, and of all.

    Raises DataError, one line, for input that is damaged, incomplete or does not fit; then nothing is written.
    """
    if os.path.exists(output) and not force:
        raise DataError(f"{output}: exists already; --force overwrites it (from Python: force=True)")
    how = Resampling(resampling, bin_size, bins, seed)
    with opened(str(source), hadrons) as ensemble:
        spin, inverse_spacing = _spin(spin, ensemble), _inverse_spacing(spacing, ensemble)
        if os.path.exists(output) and os.path.samefile(output, ensemble.origin):
            raise DataError(f"{output}: is the input")
        if len(ensemble.t) < 3:
            raise DataError(
                f"{ensemble.origin}: has the times {ensemble.t.tolist()}; a derivative needs three"
            )
        given = hadron_masses.given(ensemble, mass, mass2)
        groups = configurations(ensemble, average)
        blocks = {source: Blocks(len(groups), how.bin_size) for source in ensemble.sources}
        doubt_labels(ensemble, groups)
        symmetry = _fill(blocks, ensemble, groups, spin, progress)
        averaged = _averaged(ensemble, groups, how)
    draws = how.draws(len(blocks[ensemble.sources[0]].count))
    means = {
        name: (each.resampled("C4", draws), each.resampled("C2", draws)) for name, each in blocks.items()
    }
    plateaux = (
        hadron_masses.fitted(ensemble, means[ensemble.sources[0]][1], how.kind) if given is None else ()
    )
    masses = hadron_masses.of_channels(ensemble, plateaux) if given is None else given / inverse_spacing
    correlator, imaginary = _correlator(ensemble, spin, means, masses, inverse_spacing, how.kind)
    if isinstance(correlator, RCorrelator):
        r_correlator.write(correlator, output)
    else:
        channel_correlator.write(correlator, output)
    if correlator.n_bins < FEW_BINS:
        log.warning("%s: %d bins; below %d, errors are rough", output, correlator.n_bins, FEW_BINS)
    return Conversion(correlator, averaged, symmetry, imaginary, plateaux)


def _spin(spin: str | None, ensemble: RawEnsemble) -> str | None:
    """The spin to project on, None for scalars."""
    if spin not in (None, *WAVES):
        raise DataError(f"spin must be one of {', '.join(WAVES)}, got {spin!r}")
    if ensemble.n_spins == 1 and spin == "3s1":
        raise DataError(f"{ensemble.origin}: is a scalar, without spins of source and sink, which 3s1 needs")
    if ensemble.n_spins > 1 and spin is None:
        raise DataError(
            f"{ensemble.origin}: has the spins of two hadrons; choose --spin {' or '.join(WAVES)}"
        )
    return None if ensemble.n_spins == 1 else spin


def _inverse_spacing(spacing: float | None, ensemble: RawEnsemble) -> float:
    """a⁻¹ in MeV."""
    if spacing is None:
        if ensemble.inverse_spacing is None:
            raise DataError(f"{ensemble.origin}: does not say the lattice spacing; give --spacing, in fm")
        return ensemble.inverse_spacing
    if not (np.isfinite(spacing) and spacing > 0):
        raise DataError(f"spacing must be a positive number, got {spacing}")
    return HBAR_C / spacing


def _fill(
    blocks: dict[str, Blocks],
    ensemble: RawEnsemble,
    groups: list[list[int]],
    spin: str | None,
    progress: Progress,
) -> str:
    """Add C4 (2, C, T, S), values and Laplacians, and C2 (hadrons, times) of every configuration; what the spins say."""
    cubic = averages.CubicAverage(ensemble)
    projection = Projection(spin, cubic.images)
    pieces = [(source, number) for source in ensemble.sources for number in range(len(groups))]
    n_times: int | None = None
    for done, (source, number) in enumerate(pieces):
        progress(done, len(pieces))
        members = groups[number]
        C2 = averages.two_point(ensemble, source, members)
        n_times = n_times or C2.shape[1]
        if C2.shape[1] != n_times or n_times <= ensemble.t[-1]:
            label, count = ensemble.configurations[members[0]], C2.shape[1]
            raise DataError(
                f"{ensemble.origin}: two-point functions of {label} have {count} times; cut short?"
            )
        waves = [projection(cubic.four_point(source, members, k)) for k in range(len(ensemble.t))]
        blocks[source].add(number, C4=np.stack(waves, axis=2), C2=C2)
    progress(len(pieces), len(pieces))
    return cubic.finish()


def _correlator(
    ensemble: RawEnsemble,
    spin: str | None,
    means: dict[str, tuple[np.ndarray, np.ndarray]],
    masses: np.ndarray,
    inverse_spacing: float,
    kind: str,
) -> tuple[RCorrelator | ChannelCorrelator, dict[str, Imaginary]]:
    """R of one channel or of several, and what is imaginary in it and in C2."""
    waves = WAVES[spin] if spin else ("S",)
    masses = np.repeat(masses, len(waves), axis=0)
    R, laplacian, two_point, imaginary = {}, {}, {}, {}
    for source, (C4, C2) in means.items():
        product = np.repeat(products(ensemble, source, C2), len(waves), axis=1)
        R[source], laplacian[source] = divide(C4, product).transpose(1, 0, 3, 2, 4)
        two_point[source] = product.swapaxes(1, 2)
        imaginary[f"{source}: R"] = imaginary_part(R[source], kind)
        for i, hadron in enumerate(ensemble.hadrons):
            imaginary[f"{source}: C2 of {hadron}"] = imaginary_part(C2[:, i, : C2.shape[2] // 2], kind)
    about: dict[str, Any] = {
        "t": ensemble.t, "inverse_spacing": inverse_spacing, "site": wedge_sites(ensemble.length), "length": ensemble.length,
        "resampling": kind, "attributes": _attributes(ensemble, spin), "origin": ensemble.origin,
    }  # fmt: skip
    if len(masses) == 1:
        one = {source: values[:, :, 0].real for source, values in R.items()}
        return RCorrelator(values=one, mass=masses[0, 0], mass2=masses[0, 1], **about), imaginary
    names = [" ".join(pair) for pair in ensemble.channels]
    channels = (
        [*waves]
        if len(names) == 1
        else names
        if len(waves) == 1
        else [f"{n} {w}" for n in names for w in waves]
    )
    about |= {"values": R, "laplacian": laplacian, "two_point": two_point}
    return ChannelCorrelator(masses=masses, channels=tuple(channels), **about), imaginary


def _attributes(ensemble: RawEnsemble, spin: str | None) -> dict[str, Any]:
    """What the file says of its hadrons."""
    about: dict[str, Any] = {"source_files": Path(ensemble.origin).name}
    if len(ensemble.channels) == 1:
        one, two = ensemble.channels[0]
        about |= {"hadrons": f"{one},{two}", "identical": int(one == two)}
    if spin is not None:
        about |= {"channel": spin, "spin": float(spin == "3s1"), "spins": [0.5, 0.5]}
    return about


def _averaged(ensemble: RawEnsemble, groups: list[list[int]], how: Resampling) -> str:
    """What was averaged, in words."""
    source, labels = ensemble.sources[0], len(ensemble.configurations)
    C2 = ensemble.two_point(source, 0).values()
    both, forward = "forward and backward", "forward"
    shared = f" from {labels} labels" if len(groups) < labels else ""
    return (
        f"{len(groups)} configurations{shared} in bins of {how.bin_size}, measurements of each label: "
        f"{ensemble.measurements(source)}, C4 {both if ensemble.has_backward(source) else forward}, "
        f"C2 {both if all(each.backward is not None for each in C2) else forward}"
    )
