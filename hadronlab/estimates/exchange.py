"""Estimates for gvar and pyerrors, and theirs for us: errors and all correlations go with them.

Both are extras, `pip install hadronlab[gvar]`, `hadronlab[pyerrors]`. Several estimates are handed over together, by name,
so that what they share stays shared.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np

from hadronlab.errors import ConfigError
from hadronlab.estimates.estimate import Estimate, Part

SMALL = 1e-12  # of the largest eigenvalue of a covariance: rounding


def to_gvar(estimates: Mapping[str, Estimate]) -> dict[str, Any]:
    """A GVar or an array of them for each, with the covariance of all. Raises ConfigError for one that has an interval in place of bins."""
    gvar = _library("gvar")
    _check(estimates)
    found = gvar.gvar(_values(estimates), _covariance(estimates))
    return {name: part.reshape(np.shape(e.value)) if np.ndim(e.value) else part[0]
            for (name, e), part in zip(estimates.items(), _split(found, estimates), strict=True)}  # fmt: skip


def from_gvar(quantities: Mapping[str, Any], source: str = "gvar") -> dict[str, Estimate]:
    """Estimates of GVars or arrays of them. source: the name of what their errors come from."""
    gvar = _library("gvar")
    arrays = {name: np.asarray(quantity) for name, quantity in quantities.items()}
    together = np.concatenate([array.reshape(-1) for array in arrays.values()])
    return _with_covariance(
        {name: gvar.mean(array) for name, array in arrays.items()}, gvar.evalcov(together), source
    )


def to_pyerrors(estimates: Mapping[str, Estimate]) -> dict[str, Any]:
    """An Obs or an array of them for each: jackknife bins become the history of an ensemble of that name, whose
    autocorrelation can be analysed again; other errors a covariance of that name. Raises ConfigError as `to_gvar`."""
    pe = _library("pyerrors")
    _check(estimates)
    flat = {name: np.asarray(e.value, dtype=float).reshape(-1) for name, e in estimates.items()}
    found: dict[str, list[Any]] = {name: list(values) for name, values in flat.items()}
    sources = list(dict.fromkeys(source for e in estimates.values() for source in e.parts))
    for source in sources:
        name_of = source.replace("|", "_")  # what pyerrors divides replicas by
        with_it = {name: e for name, e in estimates.items() if source in e.parts}
        if all(e.parts[source].kind == "jackknife" for e in with_it.values()):
            for name, e in with_it.items():
                part = e.parts[source]
                bins = part.bins.reshape(len(part.bins), -1)
                bins = bins.mean(0) + part.scale * (bins - bins.mean(0))
                for i, value in enumerate(flat[name]):
                    history = np.concatenate([[value], bins[:, i] + value - bins[:, i].mean()])
                    found[name][i] = found[name][i] + (pe.import_jackknife(history, name_of) - value)
        else:
            covariance = _covariance(with_it, source)
            noise = iter(pe.cov_Obs([0.0] * len(covariance), covariance, name_of))
            for name in with_it:
                found[name] = [x + next(noise) for x in found[name]]
    return {name: np.array(found[name]).reshape(np.shape(e.value)) if np.ndim(e.value) else found[name][0]
            for name, e in estimates.items()}  # fmt: skip


def from_pyerrors(quantities: Mapping[str, Any]) -> dict[str, Estimate]:
    """Estimates of Obs or arrays of them: the history of every ensemble becomes jackknife bins, scaled to the error that the
    Γ method finds; covariances become parts of their names."""
    arrays = {name: np.asarray(quantity, dtype=object) for name, quantity in quantities.items()}
    found = {}
    for name, array in arrays.items():
        observed = list(array.reshape(-1))
        for obs in observed:
            obs.gamma_method()
        parts: dict[str, Part] = {}
        for source in dict.fromkeys(s for obs in observed for s in obs.mc_names):
            parts[source] = _history(observed, source, array.shape)
        for source in dict.fromkeys(s for obs in observed for s in obs.cov_names):
            gradient = np.stack([_gradient(obs, source) for obs in observed])
            cov = next(obs.covobs[source].cov for obs in observed if source in obs.cov_names)
            root = gradient @ _root(cov)
            values = np.array([obs.value for obs in observed])
            parts[source] = Part((values + root.T).reshape(-1, *array.shape), "systematic")
        value = np.array([obs.value for obs in observed]).reshape(array.shape)
        found[name] = Estimate(value, parts=parts)
    return found


def _history(observed: list[Any], source: str, shape: tuple[int, ...]) -> Part:
    values = np.array([obs.value for obs in observed])
    length = next(sum(map(len, _deltas(obs, source))) for obs in observed if source in obs.mc_names)
    deltas = np.zeros((length, len(observed)))
    for i, obs in enumerate(observed):
        if source in obs.mc_names:
            deltas[:, i] = np.concatenate(_deltas(obs, source))
    part = Part((values - deltas / (length - 1)).reshape(length, *shape), "jackknife")
    naive = np.sqrt(part.variance(values.reshape(shape))).reshape(-1)
    known = np.array([obs.e_dvalue.get(source, 0.0) for obs in observed])
    scale = float(np.max(known[naive > 0] / naive[naive > 0], initial=0.0)) or 1.0
    return Part(part.bins, "jackknife", scale)


def _deltas(obs: Any, source: str) -> list[np.ndarray]:
    return [obs.deltas[replica] for replica in obs.e_content[source]]


def _gradient(obs: Any, source: str) -> np.ndarray:
    if source in obs.cov_names:
        return np.asarray(obs.covobs[source].grad).reshape(-1)
    raise ConfigError(
        f"the Obs of one array have different covariances ({source}): hand them over one by one"
    )


def _with_covariance(means: Mapping[str, Any], covariance: np.ndarray, source: str) -> dict[str, Estimate]:
    """Estimates whose joint covariance is given: a bin for each of its directions, one σ away."""
    root = _root(covariance)
    estimates = {name: Estimate(mean) for name, mean in means.items()}
    parts = _split(root, estimates)
    return {
        name: Estimate(
            e.value,
            parts={source: Part(np.asarray(e.value) + part.T.reshape(-1, *np.shape(e.value)), "systematic")},
        )
        for (name, e), part in zip(estimates.items(), parts, strict=True)
    }


def _root(covariance: np.ndarray) -> np.ndarray:
    """R (n, m) with R Rᵀ the covariance, without its null directions."""
    values, vectors = np.linalg.eigh(covariance)
    keep = values > SMALL * max(values.max(initial=0.0), np.finfo(float).tiny)
    return np.asarray(vectors[:, keep] * np.sqrt(values[keep]))


def _values(estimates: Mapping[str, Estimate]) -> np.ndarray:
    return np.concatenate([np.asarray(e.value, dtype=float).reshape(-1) for e in estimates.values()])


def _split(array: np.ndarray, estimates: Mapping[str, Estimate]) -> list[np.ndarray]:
    return np.split(array, np.cumsum([np.size(e.value) for e in estimates.values()])[:-1])


def _covariance(estimates: Mapping[str, Estimate], source: str | None = None) -> np.ndarray:
    """Of all elements of all estimates; of one source of uncertainty alone where it is given."""
    each = list(estimates.values())
    if source is not None:
        each = [Estimate(e.value, parts={source: e.parts[source]}) for e in each]
    return np.block([[a.covariance(b) for b in each] for a in each])


def _check(estimates: Mapping[str, Estimate]) -> None:
    for name, estimate in estimates.items():
        if estimate.interval is not None and not estimate.parts:
            raise ConfigError(
                f"{name} has an interval and no bins: hand over its inverse, of which it was made"
            )


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise ConfigError(f"{name} is not installed: pip install hadronlab[{name}]") from error
