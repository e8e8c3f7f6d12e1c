"""An R-correlator out of ASCII tables, npz archives or pickled wedges."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from hadronlab.data.ingest.tables import Piece, read_ascii, read_npz, read_pickle
from hadronlab.data.r_correlator import RCorrelator
from hadronlab.errors import DataError
from hadronlab.estimates.resampling import make_bins
from hadronlab.physics.constants import HBAR_C


def convert(options: argparse.Namespace) -> RCorrelator:
    """The correlator of the options of `parser`. DataError for input that is damaged or does not fit."""
    for name in ("mass", "mass2", "spacing"):
        value = getattr(options, name)
        if value is not None and not (np.isfinite(value) and value > 0):
            raise DataError(f"--{name} must be a positive number, got {value}")
    if not 2 <= options.bins <= 10_000:
        raise DataError(f"--bins must lie between 2 and 10000, got {options.bins}")
    pieces = [piece for name in options.inputs for piece in _read(name, options.columns)]
    sources = list(dict.fromkeys(piece.source for piece in pieces))
    if not sources:
        raise DataError(f"{options.inputs[0]}: holds no array R(t, r)")
    first, values, times = pieces[0], {}, []
    for source in sources:
        joined = _join([piece for piece in pieces if piece.source == source], first)
        times.append(joined.t)
        values[source] = _resample(joined, options)
    if any(not np.array_equal(t, times[0]) for t in times):
        raise DataError("the sources have different times; convert those that agree")
    scale = options.spacing if options.unit == "fm" else 1.0
    mass2 = options.mass if options.mass2 is None else options.mass2
    return RCorrelator(
        t=times[0],
        values=values,
        mass=options.mass * options.spacing / HBAR_C,
        mass2=mass2 * options.spacing / HBAR_C,
        inverse_spacing=HBAR_C / options.spacing,
        site=first.site,
        radius=None if first.radius is None else first.radius / scale,
        length=first.length,
        resampling=_kind(first, options),
        attributes={"source_files": ", ".join(Path(name).name for name in options.inputs)[:1000]},
        origin=options.output,
    )


def _read(name: str, columns: str) -> list[Piece]:
    source, equals, rest = name.partition("=")
    path = Path(rest if equals else name)
    if path.suffix == ".npz":
        return read_npz(path, source if equals else None)
    if path.suffix in (".pkl", ".pickle"):
        return read_pickle(path, source if equals else None)
    return read_ascii(path, source if equals else path.stem, columns)


def _join(pieces: list[Piece], first: Piece) -> Piece:
    """The pieces of one source, in the order of time; all must share the positions of `first`."""
    source = pieces[0].source
    for piece in pieces:
        if len(piece.values) != len(piece.t):
            raise DataError(
                f"{source}: must be (T, [B,] S) with T = {len(piece.t)}, got {piece.values.shape}"
            )
        for name in ("radius", "site", "length"):
            if not np.array_equal(getattr(piece, name), getattr(first, name)):  # type: ignore[arg-type]
                raise DataError(f"{source}: its files disagree in their {name}")
        if piece.values.shape[1:] != pieces[0].values.shape[1:] or (piece.error is None) != (
            first.error is None
        ):
            raise DataError(f"{source}: its files disagree in the number of bins or radii")
    t = np.concatenate([piece.t for piece in pieces])
    order = np.argsort(t, kind="stable")
    values = np.concatenate([piece.values for piece in pieces])[order]
    error = None if first.error is None else np.concatenate([np.asarray(p.error) for p in pieces])[order]
    return Piece(source, t[order], values, error, first.radius, first.site, first.length)


def _kind(piece: Piece, options: argparse.Namespace) -> str:
    if piece.error is not None:
        return "bootstrap"
    return "bootstrap" if options.kind == "bootstrap" else "jackknife"


def _resample(piece: Piece, options: argparse.Namespace) -> np.ndarray:
    """(1+B, T, S), the mean first."""
    values = piece.values
    if piece.error is not None:
        if (piece.error <= 0).any():
            raise DataError(f"{piece.source}: an error is not positive")
        # Without a covariance the errors are taken as independent: those of derivatives come out too large.
        noise = np.random.default_rng(options.seed).standard_normal((options.bins, *values.shape))
        return np.concatenate([values[None], values + piece.error * noise])
    if values.ndim == 2:
        return values[None]
    if values.shape[1] < 2:
        raise DataError(f"{piece.source}: one bin gives no error; two or more are needed")
    bins = np.swapaxes(values, 0, 1)
    if options.kind == "configurations":
        return make_bins(torch.from_numpy(np.ascontiguousarray(bins)), options.bins).numpy()
    return np.concatenate([bins.mean(0, keepdims=True), bins])
