"""The HDF5 layout of R-correlators, its strict reader and its writer.

    attributes  mass_lattice     mass of the first hadron × a, positive
                mass2_lattice    mass of the second one × a (optional: equal masses)
                a_inv_MeV        inverse lattice spacing, MeV, positive
                L                sites along one side of the periodic box (needed with `site`)
                resampling       "jackknife" or "bootstrap"; if it is absent, jackknife is assumed, and told so
                jackknife_bins   number of bins B (optional, checked)
                charges, spins   of both hadrons, two numbers each (optional, as the next two: for momentum correlations)
                spin             total spin of the channel
                identical        whether the two are one hadron
                any other        kept and passed on: title, source, license, hadron, channel, …
    /t          (T,) integers, strictly increasing: lattice times, three or more
    /site       (S, 3) integers: the whole A1+ wedge 0 ≤ z ≤ y ≤ x ≤ L/2, in any order;  or
    /radius     (S,) floats: radii in units of a, strictly increasing, > 0 (a radial file)
    /<source>/R (T, B, S) floats, B ≥ 2: R(t, r) of every bin;  or (T, S): no bins, so no errors
    /<source>/mean  (T, S) floats (optional): the mean of the whole sample, instead of the mean of the bins

A file holds one group for each source (wall, smeared, …). Links out of the file, soft links, virtual and
external datasets are refused: what is read is what the file holds.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hadronlab.data import hdf5, whole_files
from hadronlab.data.axes import bins_look_like_times, check_axes
from hadronlab.data.on_lattice import OnLattice
from hadronlab.errors import DataError
from hadronlab.estimates.resampling import KINDS

DATASETS = ("t", "site", "radius")
OWN_ATTRIBUTES = ("mass_lattice", "mass2_lattice", "a_inv_MeV", "L", "resampling", "jackknife_bins")
log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class RCorrelator(OnLattice):
    """R(t, r) of one system, in lattice units.

    `values[source]` is (1+B, T, S) float64, the mean first, then the bins (B = 0 without any). Either
    `site` (S, 3) with `length` L, or `radius` (S,) is given. Raises DataError, naming `origin`, for
    anything out of order; it gives the shape of R as it is stored, (T, B, S).
    """

    t: np.ndarray
    values: Mapping[str, np.ndarray]
    mass: float  # a m1
    mass2: float  # a m2
    inverse_spacing: float  # MeV
    site: np.ndarray | None = None
    radius: np.ndarray | None = None
    length: int | None = None
    resampling: str = "jackknife"
    resampling_assumed: bool = False  # the file does not say what its bins are
    attributes: Mapping[str, Any] = field(default_factory=dict)
    origin: str = "R-correlator"

    def __post_init__(self) -> None:
        for name in ("mass", "mass2", "inverse_spacing"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                raise self.error(f"{name} must be a positive number, got {value}")
        if self.resampling not in KINDS:
            raise self.error(f"resampling must be one of {', '.join(KINDS)}, got {self.resampling!r}")
        if self.t.ndim != 1 or len(self.t) < 3:
            raise self.error(f"t must list three time slices or more, got shape {self.t.shape}")
        if (np.diff(self.t) <= 0).any():
            raise self.error("t must increase strictly")
        if (self.site is None) == (self.radius is None):
            raise self.error("needs exactly one of site (S, 3) and radius (S,)")
        n_sites = self._check_sites() if self.site is not None else self._check_radii()
        if not self.values:
            raise self.error("holds no source; expected a group such as wall/R")
        for source in self.values:
            if source in DATASETS:
                raise self.error(f"a source cannot be called {source}, as a dataset of the layout is")
            if not source or "/" in source or source == ".":
                raise self.error(f"a source cannot be called {source!r}: HDF5 has no group of this name")
        for source, R in self.values.items():
            stored = (R.shape[1], len(R) - 1, *R.shape[2:]) if len(R) > 1 else R.shape[1:]
            check_axes(f"{self.origin}: /{source}/R", stored, len(self.t), n_sites)
            if len(R) == 2:
                raise self.error(f"{source!r}/R has one bin: an error needs two, or leave the bin axis out")
            if not np.isfinite(R).all():
                raise self.error(f"{source!r}/R holds NaN or infinity")
        if len({len(R) for R in self.values.values()}) > 1:
            raise self.error("the sources have different numbers of bins; resample them alike")

    def _check_radii(self) -> int:
        radius = self.radius
        assert radius is not None
        if radius.ndim != 1 or not np.isfinite(radius).all() or (np.diff(radius, prepend=0.0) <= 0).any():
            raise self.error("radius must be (S,), finite, strictly increasing and above zero")
        return len(radius)

    def _check_sites(self) -> int:
        site = self.site
        assert site is not None
        if self.length is None or self.length < 4:
            raise self.error(f"attribute L must be 4 or more where sites are given, got {self.length}")
        half = self.length // 2
        count = (half + 1) * (half + 2) * (half + 3) // 6
        if site.shape != (count, 3):
            raise self.error(
                f"site must be ({count}, 3): the whole A1+ wedge of L = {self.length}; got {site.shape}"
                + (", the axes in reverse" if site.shape == (3, count) else "")
            )
        x, y, z = site.T
        if (z < 0).any() or (y < z).any() or (x < y).any() or (x > half).any():
            raise self.error(f"site must obey 0 <= z <= y <= x <= {half}")
        if len(np.unique(site, axis=0)) != count:
            raise self.error("site lists a site twice")
        return count


def read(path: str | Path, trusted: bool = False) -> RCorrelator:
    """Read and check a file; otherwise a DataError of one line that names the file and the dataset.

    `trusted` spares the 0.3 s of a look by a child process, see `data.hdf5`.
    """
    with hdf5.opened(path, trusted) as file:
        present, attributes = file.members(), file.attributes()
        if "channels" in attributes:
            raise DataError(
                f"{path}: holds the channels {attributes['channels']}: choose system=coupled, or one that has them"
            )
        mass = file.number("mass_lattice")
        groups = {name: group for name, group in file.groups().items() if "R" in group.members()}
        correlator = RCorrelator(
            t=file.array("t", "integer", ndim=(1,)),
            values={name: _read_source(group) for name, group in groups.items()},
            mass=mass,
            mass2=file.number("mass2_lattice") if "mass2_lattice" in attributes else mass,
            inverse_spacing=file.number("a_inv_MeV"),
            site=file.array("site", "integer", ndim=(2,)) if "site" in present else None,
            radius=file.array("radius", "float", ndim=(1,)) if "radius" in present else None,
            length=file.integer("L") if "L" in attributes else None,
            resampling=str(attributes.get("resampling", "jackknife")),
            resampling_assumed=not {"resampling", "jackknife_bins"} & set(attributes),
            attributes={name: value for name, value in attributes.items() if name not in OWN_ATTRIBUTES},
            origin=str(path),
        )
        if "jackknife_bins" in attributes and correlator.n_bins != file.integer("jackknife_bins"):
            declared = attributes["jackknife_bins"]
            raise correlator.error(
                f"attribute jackknife_bins is {declared} but R holds {correlator.n_bins} bins"
            )
    for source, R in correlator.values.items():
        if bins_look_like_times(R[1:].swapaxes(0, 1)):
            log.warning("%s: the bins of %s differ as times would: is R stored as (B, T, S)?", path, source)
    return correlator


def _read_source(group: hdf5.Group) -> np.ndarray:
    """(1+B, T, S) of one source: the mean first."""
    R = group.array("R", "float", ndim=(2, 3))
    if R.ndim == 2:
        return R[None]
    if R.shape[1] < 2:
        raise group.error("R", "has one bin: an error needs two or more; without bins store it as (T, S)")
    if "mean" not in group.members():
        return np.concatenate([R.mean(1, keepdims=True), R], axis=1).swapaxes(0, 1)
    mean = group.array("mean", "float", ndim=(2,))
    if mean.shape != (R.shape[0], R.shape[2]):
        raise group.error(
            "mean", f"must have the shape (T, S) of R, {(R.shape[0], R.shape[2])}, got {mean.shape}"
        )
    return np.concatenate([mean[:, None], R], axis=1).swapaxes(0, 1)


def write(correlator: RCorrelator, path: str | Path) -> None:
    """Write a file that `read` gives back, whole or not at all. DataError if it cannot be written."""
    with whole_files.created(path) as file:
        for name, value in correlator.attributes.items():
            file.attrs[name] = value
        file.attrs["mass_lattice"], file.attrs["mass2_lattice"] = correlator.mass, correlator.mass2
        file.attrs["a_inv_MeV"] = correlator.inverse_spacing
        if not correlator.resampling_assumed:
            file.attrs["resampling"] = correlator.resampling
        if correlator.length is not None:
            file.attrs["L"] = correlator.length
        file["t"] = correlator.t
        if correlator.site is not None:
            file["site"] = correlator.site
        if correlator.radius is not None:
            file["radius"] = correlator.radius
        for source, values in correlator.values.items():
            group = file.create_group(source)
            bins = values[1:].swapaxes(0, 1)
            group.create_dataset(
                "R", data=bins if len(values) > 1 else values[0], compression="gzip", shuffle=True
            )
            if len(values) > 1 and not np.array_equal(values[0], bins.mean(1)):
                group.create_dataset("mean", data=values[0])
