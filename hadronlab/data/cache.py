"""What takes time to compute, kept on disk, each in a file named by the hash of everything that its numbers come from."""

from __future__ import annotations

import hashlib
import inspect
import json
import logging
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import torch

from hadronlab.config.cache_directory import cache_directory
from hadronlab.data import r_correlator
from hadronlab.data.r_correlator import RCorrelator
from hadronlab.data.synthetic import SyntheticLattice, generate
from hadronlab.errors import DataError
from hadronlab.physics.finite_volume.box import box_mesh
from hadronlab.systems.hadrons import HadronPair

SEAL = "cache_seal"  # attribute of an entry: the hash of its key and its contents
IMPORT = re.compile(r"^\s*from (hadronlab[\w.]*) import (\([^)]*\)|.*)", re.MULTILINE)
log = logging.getLogger(__name__)


T = TypeVar("T")


@dataclass(frozen=True)
class Store(Generic[T]):
    """A kind of thing that is kept on disk.

    what: it is called in messages. read: a file's content and the seal in it; DataError for a damaged one. write: a file that
    `read` gives back, from content and seal. parts: all that the content consists of, of which the seal is made.
    """

    what: str
    read: Callable[[Path], tuple[T, str]]
    write: Callable[[T, str, Path], None]
    parts: Callable[[T], Iterable[bytes]]

    def get(self, name: Callable[[], str], make: Callable[[], T]) -> T:
        """`make()`, or what an earlier call stored in the file `name()`, which is to hold the hash of all that makes it.

        An entry that is damaged, or that holds the numbers of another key, is made again. A cache that cannot be read or
        written costs a warning, not the run. Entries appear whole, so several processes may ask at once.
        """
        try:
            path = cache_directory() / name()
            stored = self._stored(path)
        except DataError as error:
            log.warning("%s is not cached: %s", self.what, error)
            return make()
        if stored is not None:
            return stored
        made = make()
        try:
            self.write(made, self._seal(path, made), path)
        except DataError as error:
            log.warning("%s is not cached: %s", self.what, error)
        return made

    def _stored(self, path: Path) -> T | None:
        """The entry, or None where there is none or it is damaged or foreign. DataError for a place that cannot be read."""
        try:
            if not path.exists():
                return None
            content, seal = self.read(path)
        except OSError as error:
            raise DataError(f"{path}: {error.strerror or error}") from error
        except DataError as error:
            log.warning("cached file is made again: %s", error)
            return None
        if seal != self._seal(path, content):
            log.warning("cached file is made again: %s: holds other numbers than its name says", path)
            return None
        return content

    def _seal(self, path: Path, content: T) -> str:
        """Hash of an entry's name and of all that it holds."""
        digest = hashlib.sha256(path.name.encode())
        for part in self.parts(content):
            digest.update(part)
        return digest.hexdigest()


def synthetic_correlator(pair: HadronPair, lattice: SyntheticLattice) -> RCorrelator:
    """`generate`, or what an earlier call with the same key stored."""
    found = CORRELATORS.get(lambda: f"synthetic-{key(pair, lattice)}.h5", lambda: generate(pair, lattice))
    return replace(found, origin=f"synthetic {pair.name}")


def key(pair: HadronPair, lattice: SyntheticLattice) -> str:
    """Hash of all that makes the numbers: settings, masses, the potential where `generate` takes it, code, libraries.

    Raises DataError where a part of the code is in no file, as a class of a notebook is.
    """
    chosen = [part for part in (lattice.noise, lattice.inelastic) if part is not None]
    code = generating_code(SyntheticLattice.__module__, *(type(part).__module__ for part in chosen))
    libraries = (torch.__version__, np.__version__)
    settings = [pair.name, pair.mass1, pair.mass2, pair.hbar_c, asdict(lattice), code, libraries]
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True, default=vars).encode())
    r = box_mesh(lattice.radius_fm, lattice.n_mesh, lattice.boundary).r
    if pair.local is not None:
        digest.update(b"local" + pair.local(r).numpy().tobytes())
    if pair.nonlocal_part is not None:
        digest.update(b"nonlocal" + pair.nonlocal_part(r[:, None], r[None, :]).numpy().tobytes())
    return digest.hexdigest()[:32]


def generating_code(*modules: str) -> str:
    """Hash of the source files of these imported modules, and of all of hadronlab that they import in turn."""
    sources: dict[str, str] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name in sources or name not in sys.modules:
            continue
        try:
            sources[name] = Path(str(inspect.getsourcefile(sys.modules[name]))).read_text(encoding="utf-8")
        except (OSError, TypeError) as error:
            raise DataError(f"the code of {name} is in no file") from error
        if name.startswith("hadronlab."):
            waiting.append(name.rpartition(".")[0])  # the package it stands in runs first
        for package, names in IMPORT.findall(sources[name]):  # the parser of Python 3.11 fails in threads
            waiting += [package, *(f"{package}.{part}" for part in re.findall(r"\w+", names))]
    return hashlib.sha256(json.dumps(sources, sort_keys=True).encode()).hexdigest()


def _read(path: Path) -> tuple[RCorrelator, str]:
    correlator = r_correlator.read(path)
    return correlator, str(correlator.attributes.get(SEAL))


def _write(correlator: RCorrelator, seal: str, path: Path) -> None:
    r_correlator.write(replace(correlator, attributes={**correlator.attributes, SEAL: seal}), path)


def _parts(correlator: RCorrelator) -> Iterator[bytes]:
    for source, values in sorted(correlator.values.items()):
        yield source.encode() + np.ascontiguousarray(values).tobytes()
    for array in (correlator.t, correlator.site, correlator.radius):
        yield b"" if array is None else np.ascontiguousarray(array).tobytes()
    numbers = (
        correlator.mass,
        correlator.mass2,
        correlator.inverse_spacing,
        correlator.length,
        correlator.resampling,
    )
    yield repr(numbers).encode()


CORRELATORS = Store("synthetic lattice", _read, _write, _parts)
