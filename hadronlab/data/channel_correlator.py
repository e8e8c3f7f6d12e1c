"""R-correlators with several channels: waves that the tensor force couples, or coupled pairs of hadrons.

The HDF5 layout is that of `data.r_correlator`, on sites or radii, but for
    attributes  channels         names such as "S,D" or "Lambda Lambda,N Xi", C of them
                masses           (2 C) masses × a: both hadrons of the first channel, of the second, …
                thresholds       (C,) their sums
    /<source>/R          (T, B, C, S): the wave of each channel; D is tr[S12 ψ]/(3√8), see `physics.forces.tensor_waves`
    /<source>/laplacian  (T, B, C, S), units of a⁻²: for D it is tr[S12 ∇²ψ]/(3√8), which no Laplacian of D gives
    /<source>/two_point  (T, B, C): C2 C2′ of each channel, by which R is divided
    /<source>/mean, laplacian_mean, two_point_mean: (T, …) of the whole sample
    /<source>/R_imaginary, mean_imaginary, …: imaginary parts, which are noise (optional).
V_C and V_T are the real parts of what the complex R gives, as one divides the waves: with little data this differs from
what the real part of R gives, by the square of the noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hadronlab.data import hdf5, whole_files
from hadronlab.data.on_lattice import OnLattice
from hadronlab.data.times import FIRST, SECOND, time_slices
from hadronlab.data.wedge import wedge_sites
from hadronlab.errors import DataError
from hadronlab.estimates.resampling import KINDS
from hadronlab.physics.forces.tensor_waves import central_and_tensor

OWN_ATTRIBUTES = (
    "channels",
    "masses",
    "thresholds",
    "mass_lattice",
    "mass2_lattice",
    "a_inv_MeV",
    "L",
    "resampling",
)
ARRAYS = {"values": "R", "laplacian": "laplacian", "two_point": "two_point"}
IMAGINARY = "_imaginary"
MEANS = {"R": "mean", "laplacian": "laplacian_mean", "two_point": "two_point_mean"}


@dataclass(frozen=True, eq=False)
class ChannelCorrelator(OnLattice):
    """R(t, r) of C channels, lattice units, the mean first, then B bins, on sites or, of a model, on radii.

    Raises DataError, naming `origin`, for bad shapes.
    """

    t: np.ndarray  # (T,)
    values: Mapping[str, np.ndarray]  # source → R (1+B, T, C, S), complex or real
    laplacian: Mapping[str, np.ndarray]  # (1+B, T, C, S)
    two_point: Mapping[str, np.ndarray]  # (1+B, T, C), real
    channels: tuple[str, ...]
    masses: np.ndarray  # (C, 2), times a
    inverse_spacing: float  # MeV
    site: np.ndarray | None  # (S, 3)
    length: int | None
    radius: np.ndarray | None = None  # (S,), times 1/a, in place of sites
    resampling: str = "jackknife"
    attributes: Mapping[str, Any] = field(default_factory=dict)
    origin: str = "R-correlator"

    def __post_init__(self) -> None:
        n_channels, n_times = len(self.channels), len(self.t)
        if (self.site is None) == (self.radius is None):
            raise self.error("needs exactly one of site (S, 3) and radius (S,)")
        sizes = (n_times, n_channels, len(self.distance))
        if self.masses.shape != (n_channels, 2) or not (
            np.isfinite(self.masses).all() and (self.masses > 0).all()
        ):
            raise self.error(f"needs two positive masses of each of {n_channels} channels for its threshold")
        if self.resampling not in KINDS:
            raise self.error(f"resampling must be one of {', '.join(KINDS)}, got {self.resampling!r}")
        if self.site is not None and (self.length is None or len(self.site) != len(wedge_sites(self.length))):
            raise self.error(f"site must be the whole wedge of L = {self.length}")
        if not self.values:
            raise self.error("holds no source; expected a group such as wall/R")
        for name, stored in ARRAYS.items():
            for source, array in getattr(self, name).items():
                expected = sizes[:2] if name == "two_point" else sizes
                if array.shape[1:] != expected or len(array) == 2:
                    raise self.error(
                        f"/{source}/{stored} must be (1+B, {expected}), B = 0 or ≥ 2, got {array.shape}"
                    )
                if not np.isfinite(array).all():
                    raise self.error(f"/{source}/{stored} holds NaN or infinity")

    @property
    def thresholds(self) -> np.ndarray:
        """m1 + m2 of every channel, times a, (C,)."""
        return self.masses.sum(1)


def kinetic(
    correlator: ChannelCorrelator, source: str, time: int, time_order: int = 2
) -> tuple[np.ndarray, np.ndarray]:
    """R and K R (MeV) of every bin, channel and site, (1+B, C, S), as `lattice.kinetic`; the Laplacian is that of the file.

    Raises DataError for an unknown source, or a time without its neighbours.
    """
    if source not in correlator.values:
        raise correlator.error(f"no source {source!r}; it holds {', '.join(correlator.values)}")
    slices = time_slices(correlator, time, time_order)
    R = correlator.values[source][:, slices]
    m1, m2 = correlator.masses.T[..., None]  # (C, 1)
    reduced, delta = m1 * m2 / (m1 + m2), (m1 - m2) / (m1 + m2)
    first, second = (np.einsum("k,bkcs->bcs", weights[time_order], R) for weights in (FIRST, SECOND))
    centre = slices[len(slices) // 2]
    laplacian = correlator.laplacian[source][:, centre]
    KR = (1 + 3 * delta**2) / (8 * reduced) * second - first + laplacian / (2 * reduced)
    return correlator.values[source][:, centre], KR * correlator.inverse_spacing


def tensor_potentials(correlator: ChannelCorrelator, source: str, time: int) -> tuple[np.ndarray, np.ndarray]:
    """V_C and V_T (MeV) of every bin and site, (1+B, S), of a correlator with the channels S and D.

    V_T is zero at r = 0 and on the faces of the box off their axes, where S12 has no direction.
    """
    if tuple(correlator.channels) != ("S", "D"):
        raise correlator.error(f"V_C and V_T need the channels S,D, got {','.join(correlator.channels)}")
    R, KR = kinetic(correlator, source, time)
    central, tensor = central_and_tensor(R[:, 0], R[:, 1], KR[:, 0], KR[:, 1])
    return central.real, tensor.real


def write(correlator: ChannelCorrelator, path: str | Path) -> None:
    """Write a file that `read` gives back, whole or not at all. DataError if it cannot be written."""
    with whole_files.created(path) as file:
        for name, value in correlator.attributes.items():
            file.attrs[name] = value
        file.attrs["channels"] = ",".join(correlator.channels)
        file.attrs["masses"], file.attrs["thresholds"] = correlator.masses.ravel(), correlator.thresholds
        file.attrs["mass_lattice"], file.attrs["mass2_lattice"] = correlator.masses[0]
        file.attrs["a_inv_MeV"], file.attrs["resampling"] = correlator.inverse_spacing, correlator.resampling
        file["t"] = correlator.t
        for name, value in {"site": correlator.site, "radius": correlator.radius}.items():
            if value is not None:
                file[name] = value
        if correlator.length is not None:
            file.attrs["L"] = correlator.length
        for name, stored in ARRAYS.items():
            for source, array in getattr(correlator, name).items():
                group = file.require_group(source)
                for part, values in (("", array.real), (IMAGINARY, array.imag)):
                    if not part or values.any():
                        bins = values[1:].swapaxes(0, 1) if len(values) > 1 else values[0]
                        group.create_dataset(stored + part, data=bins, compression="gzip", shuffle=True)
                        if len(values) > 1:
                            group[MEANS[stored] + part] = values[0]


def read(path: str | Path, trusted: bool = False) -> ChannelCorrelator:
    """Read and check a file; otherwise a DataError of one line. `trusted` as in `r_correlator.read`."""
    with hdf5.opened(path, trusted) as file:
        about, present = file.attributes(), file.members()
        if "channels" not in about:
            raise DataError(f"{path}: holds one channel: choose a system of one, such as system=lattice")
        arrays: dict[str, dict[str, np.ndarray]] = {name: {} for name in ARRAYS}
        for source, group in file.groups().items():
            for name, stored in ARRAYS.items():
                array = _mean_and_bins(group, stored, "")
                if stored + IMAGINARY in group.members():
                    array = array + 1j * _mean_and_bins(group, stored, IMAGINARY)
                arrays[name][source] = array
        channels = tuple(str(about.get("channels", "")).split(","))
        masses = np.atleast_1d(np.asarray(about.get("masses", []), dtype=float))
        if len(masses) != 2 * len(channels):
            raise DataError(
                f"{path}: attribute masses must give two for each of the channels {', '.join(channels)}"
            )
        return ChannelCorrelator(
            t=file.array("t", "integer", ndim=(1,)),
            channels=channels,
            masses=masses.reshape(-1, 2),
            inverse_spacing=file.number("a_inv_MeV"),
            site=file.array("site", "integer", ndim=(2,)) if "radius" not in present else None,
            radius=file.array("radius", "float", ndim=(1,)) if "radius" in present else None,
            length=file.integer("L") if "L" in about else None,
            resampling=str(about.get("resampling", "jackknife")),
            attributes={name: value for name, value in about.items() if name not in OWN_ATTRIBUTES},
            origin=str(path),
            **arrays,
        )


def _mean_and_bins(group: hdf5.Group, stored: str, part: str) -> np.ndarray:
    """(1+B, …) of a dataset and its mean; (1, …) without bins, which are an axis behind the times."""
    n_axes = 2 if stored == "two_point" else 3  # without bins
    values = group.array(stored + part, "float", ndim=(n_axes, n_axes + 1))
    if values.ndim == n_axes:
        return values[None]
    bins = values.swapaxes(0, 1)
    mean = group.array(MEANS[stored] + part, "float", ndim=(n_axes,))
    if mean.shape != bins.shape[1:]:
        raise group.error(MEANS[stored] + part, f"must have the shape {bins.shape[1:]}, got {mean.shape}")
    return np.concatenate([mean[None], bins])
