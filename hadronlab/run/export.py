"""The learned potential of a run as a file for other codes: V0 and U on equal steps, with all bins."""

from __future__ import annotations

import io
import math
from pathlib import Path

import numpy as np
import torch

from hadronlab import __version__
from hadronlab.data.whole_files import placed, writing
from hadronlab.errors import ConfigError
from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.learned_potential import LearnedPotential
from hadronlab.observables.results import Results
from hadronlab.run.directory.results import as_hdf5

STEP = 0.02  # fm
TABLES = {".txt": " ", ".dat": " ", ".csv": ","}
HDF5 = (".h5", ".hdf5")


def export(directory: str | Path, path: str | Path, step: float = STEP, force: bool = False) -> list[Path]:
    """Write the potential of the run in `directory`; the files that were written.

    path: `.h5` takes everything, in the layout of result.h5: r, V_0, U. `.txt`, `.dat` or `.csv`: lines `r V V1 V2 …`, the mean
    and then the bins, and where the potential has a kernel a second file NAME_U with lines `r r' U U1 U2 …`.
    step: of the radii, in the unit of the run's radii. force: overwrite.

    Raises ConfigError for a run that has no potential, an ending that is none of these, a file that exists; DataError where it
    cannot be written.
    """
    from hadronlab.run.restore import restore
    from hadronlab.tasks.inverse import InverseTask

    path = Path(path).expanduser()
    if path.suffix not in (*HDF5, *TABLES):
        raise ConfigError(f"{path}: give a name that ends with {', '.join((*HDF5, *TABLES))}")
    if not step > 0:
        raise ConfigError(f"step = {step}: give a positive length")
    second = path.with_name(f"{path.stem}_U{path.suffix}")
    for each in (path, second) if path.suffix in TABLES else (path,):
        if each.exists() and not force:
            raise ConfigError(f"{each} exists already: give another name, or --force to overwrite it")
    _, task, about = restore(Path(directory))
    if not isinstance(task, InverseTask):
        raise ConfigError(f"{directory}: only a run that {InverseTask.purpose} has one to export")
    task.observables = {"table": _Table(step)}
    results = task.observe()
    if not {"V_0", "U"} & set(results.estimates):
        raise ConfigError(f"{directory}: its model, {about['model']}, has neither V0 nor U")
    if path.suffix in TABLES and task.data.channels:
        raise ConfigError(
            f"{path}: a table holds one channel, and these are {', '.join(task.data.names)}: give {path.stem}.h5"
        )
    data, origin = task.data, f"hadronlab {__version__}, {about['system']}, {about['model']}"
    if path.suffix in HDF5:
        facts = {"origin": origin, "reduced_mass": data.reduced_mass, "hbar_c": data.hbar_c}
        if data.channels:  # V_0 and U begin with two axes of them
            facts |= {
                "channels": ",".join(data.names),
                "masses": [m for one in data.channels for m in one.masses],
            }
        return [_written(path, as_hdf5(results, **facts))]
    r, written = results.values["r"], []
    if "V_0" in results.estimates:
        written.append(_written(path, _text(results.estimates["V_0"], [r], "r", origin, TABLES[path.suffix])))
    if "U" in results.estimates:
        pairs = [axis.ravel() for axis in np.meshgrid(r, r, indexing="ij")]
        written.append(
            _written(second, _text(results.estimates["U"], pairs, "r r'", origin, TABLES[path.suffix]))
        )
    return written


class _Table:
    """V0 and U at step, 2 step, … up to the last radius of the data, where the potential ends."""

    def __init__(self, step: float) -> None:
        self.step = step

    def observe(self, learned: LearnedPotential) -> Results:
        end = float(learned.r[-1])
        count = math.ceil(end / self.step - 1e-9)
        if count < 5:
            raise ConfigError(
                f"step = {self.step}: the potential ends at {end:.3g}; give less than a fifth of it"
            )
        r = torch.linspace(end / count, end, count, dtype=torch.float64)
        found = {"r": Estimate(r.numpy(), learned.length)}
        U, V = learned.on(r)
        if V is not None:
            found["V_0"] = learned.estimate(V, learned.energy)
        if U is not None:
            found["U"] = learned.estimate(U, learned.kernel_unit)
        return Results(found)


def _text(estimate: Estimate, at: list[np.ndarray], names: str, origin: str, delimiter: str) -> bytes:
    """Lines of the radii, the value and its bins, under a line that says what they are."""
    parts = sorted(estimate.parts.items())
    said = ", ".join(f"{len(part.bins)} {part.kind} bins of {source}" for source, part in parts)
    columns = [*at, np.ravel(estimate.value), *(bins.ravel() for _, part in parts for bins in part.bins)]
    unit = f" in {estimate.unit}" if estimate.unit else ""
    header = f"{origin}\n{names}, the mean{unit}{f', {said}' if said else ''}"
    buffer = io.StringIO()
    np.savetxt(buffer, np.stack(columns, 1), fmt="%.12g", delimiter=delimiter, header=header)
    return buffer.getvalue().encode()


def _written(path: Path, content: bytes) -> Path:
    """Whole, or not at all."""
    with writing(path), placed(path) as temporary:
        temporary.write_bytes(content)
    return path
