"""Write result.json and result.h5: the contract with scripts and people (see the README)."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from hadronlab import __version__
from hadronlab.observables.observables import Observables
from hadronlab.run.directory.files import write_json, write_whole


def write_results(directory: Path, observables: Observables, **about: Any) -> Path:
    """Write both files whole and return the path of result.json. `about`: system, task, status, model, seed, …"""
    if observables.arrays:
        write_whole(directory / "result.h5", lambda path: path.write_bytes(_arrays(observables)))
    result = {
        **about,
        "version": __version__,
        "observables": {
            name: {
                "value": q.value,
                **({} if q.error is None else {"error": q.error}),
                "unit": q.unit,
                **({"name": q.name} if q.name else {}),
            }
            for name, q in observables.scalars.items()
        },
        "reference": observables.reference,
        "warnings": observables.warnings,
    }
    path = directory / "result.json"
    write_json(path, result)
    return path


def _arrays(observables: Observables) -> bytes:
    """The content of result.h5, made in memory: HDF5 itself does not survive a full disk.

    Attributes of every array: `unit`, and `rows`, the names of what its leading axis counts, where they have names.
    """
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for name, values in observables.arrays.items():
            dataset = file.create_dataset(
                name, data=np.asarray(values), compression="gzip" if np.size(values) > 1000 else None
            )
            dataset.attrs["unit"] = observables.units.get(name, "")
            if name in observables.labels:
                dataset.attrs["rows"] = observables.labels[name]
    return buffer.getvalue()
