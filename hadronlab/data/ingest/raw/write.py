"""The writer of the neutral layout: one configuration after the other, and a file only when the last is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import h5py
import numpy as np

from hadronlab.data import whole_files
from hadronlab.data.ingest.raw.neutral import LAYOUT
from hadronlab.errors import DataError


def write_raw(
    path: str | Path,
    configurations: Iterable[tuple[str, Mapping[str, np.ndarray]]],
    *,
    length: int,
    inverse_spacing: float,
    hadrons: Sequence[str],
    t: Sequence[int],
    axes: str,
    site: np.ndarray | None = None,
    channels: Sequence[str] | None = None,
) -> None:
    """Write a file in the layout `hadronlab-raw-1`, holding one configuration in memory at a time.

    Args:
        configurations: (label, arrays) in the order of the Markov chain, such as
            ("1000", {"wall/C4": …, "wall/C2/Xi": …, "wall/C2/Xi_backward": …}), all of one shape; may be a generator.
        length, inverse_spacing (MeV), hadrons, t, site, channels: as in the layout, see `neutral`.
        axes: of C4 of one configuration, such as "measurement t source sink z y x". C2 is (T,) or (measurements, T).

    Raises DataError for a configuration that lacks an array, or has one of another shape.
    """
    with whole_files.placed(path) as temporary, h5py.File(temporary, "w") as file:
        labels: list[str] = []
        for label, arrays in configurations:
            if not labels:
                for name, values in arrays.items():
                    _create(file, name, np.asarray(values), axes, channels)
            if set(arrays) != {name for name in _datasets(file)}:
                raise DataError(
                    f"{path}: configuration {label} has {sorted(arrays)}, the first {sorted(_datasets(file))}"
                )
            for name, values in arrays.items():
                if np.shape(values) != file[name].shape[1:]:
                    shapes = f"{np.shape(values)}, in the first {file[name].shape[1:]}"
                    raise DataError(f"{path}: configuration {label}: {name} has the shape {shapes}")
                file[name].resize(len(labels) + 1, axis=0)
                file[name][-1] = values
            labels.append(str(label))
        if not labels:
            raise DataError(f"{path}: no configuration to write")
        file["config"], file["t"] = labels, np.asarray(t)
        if site is not None:
            file["site"] = site
        file.attrs.update(layout=LAYOUT, L=length, a_inv_MeV=inverse_spacing, hadrons=list(hadrons))


def _create(file: h5py.File, name: str, first: np.ndarray, axes: str, channels: Sequence[str] | None) -> None:
    """An empty dataset that grows by configurations of the shape of `first`."""
    is_four_point = name.split("/")[-1].startswith("C4")
    own = axes if is_four_point else "t" if first.ndim == 1 else "measurement t"
    if len(own.split()) != first.ndim:
        raise DataError(f"{name} has the shape {first.shape}, which the axes {own!r} do not fit")
    # what is read at once lies together: one measurement at one time
    apart = ("measurement", "t") if is_four_point else ()
    chunks = [1 if axis in apart else size for axis, size in zip(own.split(), first.shape, strict=True)]
    data = file.create_dataset(
        name, (0, *first.shape), first.dtype, maxshape=(None, *first.shape), chunks=(1, *chunks)
    )
    data.attrs["axes"] = f"config {own}"
    if is_four_point and channels is not None:
        data.attrs["channels"] = list(channels)


def _datasets(file: h5py.File) -> list[str]:
    found: list[str] = []
    file.visititems(lambda name, item: found.append(name) if isinstance(item, h5py.Dataset) else None)
    return found
