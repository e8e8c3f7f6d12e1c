"""Write result.json and result.h5: the contract with scripts and people (see the docs on file formats)."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from hadronlab import __version__
from hadronlab.errors import DataError
from hadronlab.estimates.estimate import Estimate, Part
from hadronlab.observables.results import Results
from hadronlab.run.directory.files import write_json, write_whole

COMPRESSED = 1000  # numbers from which a dataset is


def write_results(directory: Path, results: Results, **about: Any) -> Path:
    """Write both files whole and return the path of result.json. `about`: system, task, status, model, seed, …"""
    if results.estimates:
        write_whole(directory / "result.h5", lambda path: path.write_bytes(as_hdf5(results)))
    path = directory / "result.json"
    write_json(
        path,
        {
            **about,
            "version": __version__,
            "observables": {name: estimate.as_json() for name, estimate in results.scalars.items()},
            **({"truth": results.truth} if results.truth else {}),
            "reference": results.reference,
            "warnings": results.warnings,
        },
    )
    return path


def as_hdf5(results: Results, **attributes: Any) -> bytes:
    """The content of result.h5, made in memory: HDF5 itself does not survive a full disk. attributes: of the file.

    Every array as NAME, with the attributes `unit` and, where its leading axis counts things that have names, `rows`;
    NAME_error; and NAME_bins, the bins along the leading axis, with the attributes `kind` (jackknife, bootstrap), `source`
    and `scale`. NAME_bins.SOURCE for each of several sources of uncertainty. Scalars that have bins likewise.
    """
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.attrs.update(attributes)
        for name, estimate in results.estimates.items():
            if isinstance(estimate.value, float) and not estimate.parts:
                continue  # result.json has all of it
            _put(file, name.replace("/", "|"), estimate)
    return buffer.getvalue()


def _put(file: h5py.File, name: str, estimate: Estimate) -> None:
    rows = {"rows": list(estimate.rows)} if estimate.rows else {}
    _dataset(file, name, estimate.value, unit=estimate.unit, **rows)
    if not estimate.parts:
        return
    _dataset(file, f"{name}_error", estimate.error, unit=estimate.unit, **rows)
    for source, part in estimate.parts.items():
        suffix = f".{source}" if len(estimate.parts) > 1 else ""
        about = {"kind": part.kind, "source": source, "scale": part.scale}
        _dataset(file, f"{name}_bins{suffix}", part.bins, unit=estimate.unit, **about)


def _dataset(file: h5py.File, name: str, values: Any, **attributes: Any) -> None:
    compression = "gzip" if np.size(values) > COMPRESSED else None
    dataset = file.create_dataset(name, data=np.asarray(values), compression=compression)
    dataset.attrs.update(attributes)


def read_estimate(directory: Path, name: str) -> Estimate:
    """An estimate of the run in `directory` as it was written. Raises DataError where there is none of that name."""
    stored = name.replace("/", "|")
    try:
        with h5py.File(directory / "result.h5") as file:
            if stored in file:
                return _read(file, stored)
        scalars = json.loads((directory / "result.json").read_text(encoding="utf-8"))["observables"]
    except OSError as error:
        raise DataError(f"{directory} has no result that can be read ({error})") from error
    if name not in scalars:
        raise DataError(f"{directory} has no estimate {name!r}; it has {', '.join(scalars)}")
    entry = scalars[name]
    value, interval = entry["value"], entry.get("interval")
    return Estimate(np.nan if value is None else value, entry["unit"], name=entry.get("name", ""),
                    interval=None if interval is None else (interval[0], interval[1]))  # fmt: skip


def _read(file: h5py.File, name: str) -> Estimate:
    parts = {}
    for key, bins in file.items():
        if key == f"{name}_bins" or key.startswith(f"{name}_bins."):
            about = bins.attrs
            parts[str(about["source"])] = Part(bins[()], str(about["kind"]), float(about["scale"]))
    about = file[name].attrs
    return Estimate(file[name][()], str(about["unit"]), parts, rows=tuple(map(str, about.get("rows", ()))))
