"""C(k) of a potential without a training: one that a yaml file or a system gives, or the learned one of a run."""

from __future__ import annotations

import csv
import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import torch
from hydra import compose, initialize_config_module
from hydra.core.global_hydra import GlobalHydra
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from hadronlab.config.check import check_settings, nearest
from hadronlab.config.groups import choices
from hadronlab.config.paths import make_paths_absolute
from hadronlab.data.correlations.correlation_file import CorrelationFile
from hadronlab.data.sources import Radii
from hadronlab.errors import ConfigError
from hadronlab.models.potentials.known import Known
from hadronlab.observables.femtoscopy import Femtoscopy
from hadronlab.observables.learned_potential import LearnedPotential
from hadronlab.observables.low_energy import LowEnergy
from hadronlab.observables.results import Results
from hadronlab.plotting.femtoscopy import correlation_derivative, correlation_function
from hadronlab.plotting.style import save, style
from hadronlab.run.directory.trust import check_classes, read_plain
from hadronlab.systems.hadrons import HadronPair

SETTINGS = [name for name in inspect.signature(Femtoscopy).parameters if name != "data"]
"""of the observable, which a yaml file may hold beside the pair"""
NEGLIGIBLE = 1e-9  # MeV: where a potential has died
NEAREST, FARTHEST = 6.0, 40.0  # fm, of the end of its mesh
K_MAX = 2.0  # fm⁻¹, that its mesh is good for at least


def femtoscopy(
    what: str, overrides: Sequence[str] = (), data: str | Path | None = None, **settings: Any
) -> Results:
    """Low-energy parameters and C(k), as the observables `low_energy` and `femtoscopy` name them.

    what: a yaml file with a potential and its pair, system=NAME, or a run directory. overrides: system.charges=[1,1] and
    the like. data: a measured C(k) to compare with. settings: those of `Femtoscopy`; they go before those of the file.

    Raises:
        HadronlabError: an input that cannot be read, a class in the file that may not stand there, no C(k).
    """
    chosen = {name: value for name, value in settings.items() if value is not None}
    if data is not None:
        chosen["data"] = CorrelationFile(str(data))
        chosen["data"].load()  # says what is wrong with it before all else
    changes = _of_the_pair(overrides)
    path = Path(what).expanduser()
    if what.startswith("system=") or not path.is_dir():
        config, own = _shipped(what) if what.startswith("system=") else _of_file(path)
        config.update(changes)
        check_settings(OmegaConf.create({"system": config}))
        pair, observable = instantiate(config, _convert_="all"), Femtoscopy(**own | chosen)
        result = _of_potential(pair, observable)
    else:
        result = _of_run(path, changes, Femtoscopy(**chosen))
    if "correlation" not in result.estimates:
        raise ConfigError(next(w for w in result.warnings if w.startswith("femtoscopy: ")))
    return result


def _of_potential(pair: HadronPair, observable: Femtoscopy) -> Results:
    if pair.potential is None:
        raise ConfigError(
            f"system {pair.name} has no potential: give potential: {{_target_: …}}, or a run that has one"
        )
    k_max = max(K_MAX, float(observable.momenta[-1]) / pair.hbar_c)
    learned = LearnedPotential([Known(pair.potential)], Radii(reach(pair)).load(pair), pair, k_max)
    result = LowEnergy().observe(learned)
    result.add(observable.observe(learned))
    return result


def _of_run(directory: Path, changes: Mapping[str, Any], observable: Femtoscopy) -> Results:
    from hadronlab.run.restore import restore  # Lightning, which a potential of a file does without
    from hadronlab.tasks.inverse import InverseTask

    _, task, _ = restore(directory)
    if not isinstance(task, InverseTask):
        raise ConfigError(f"{directory}: only a run that {InverseTask.purpose} has a C(k)")
    task.pair = replace(task.pair, **changes)
    task.observables = {"low_energy": LowEnergy(), "femtoscopy": observable}
    return task.observe()


def reach(pair: HadronPair) -> float:
    """Where the potential of the pair has died, fm: there its mesh ends."""
    if (own := getattr(pair.potential, "reach", None)) is not None:
        return float(own)
    r = torch.arange(0.5, FARTHEST, 0.5, dtype=torch.float64)
    size = torch.zeros_like(r)
    if pair.local is not None:
        size = size + pair.local(r).abs()
    if pair.nonlocal_part is not None:
        size = size + (pair.nonlocal_part(r[:, None], r) * 4 * torch.pi * r * r[:, None] * 0.5).abs().sum(-1)
    return max(NEAREST, float(r[size > NEGLIGIBLE].max()) if bool((size > NEGLIGIBLE).any()) else 0.0)


def _of_the_pair(overrides: Sequence[str]) -> dict[str, Any]:
    """{charges: [1, 1]} of system.charges=[1,1]."""
    known = {each.name for each in fields(HadronPair)}
    for override in overrides:
        key = override.partition("=")[0]
        if not re.fullmatch(r"system\.\w+=.+", override):
            raise ConfigError(f"{override}: beside the potential stand system.charges=[1,1] and the like")
        if key.removeprefix("system.") not in known:
            raise ConfigError(
                f"{key} is not a setting: {nearest(key.removeprefix('system.'), sorted(known))}"
            )
    content: Any = OmegaConf.to_container(OmegaConf.from_dotlist(list(overrides)))
    return dict(content.get("system", {}))


def _shipped(choice: str) -> tuple[DictConfig, dict[str, Any]]:
    GlobalHydra.instance().clear()
    with initialize_config_module("hadronlab.conf", version_base="1.3"):
        system = compose("train", [choice]).system
    if system._target_ != f"{HadronPair.__module__}.{HadronPair.__name__}":
        raise ConfigError(f"{choice} is no pair of hadrons")
    return DictConfig(OmegaConf.to_container(system, resolve=False)), {}


def _of_file(path: Path) -> tuple[DictConfig, dict[str, Any]]:
    """The pair of a yaml file, and the settings of `Femtoscopy` beside it. Its classes are those that run directories may name."""
    if not path.is_file():
        known = f"system={path}" if str(path) in choices("system") else "system=NAME"
        raise ConfigError(f"{path}: no such file or run directory; {known} is a shipped system")
    _, content = read_plain(path)
    pairs = [each.name for each in fields(HadronPair)]
    for name in content:
        if name not in (*pairs, *SETTINGS):
            raise ConfigError(f"{path}: {name} is not a setting: {nearest(name, [*pairs, *SETTINGS])}")
    pair = {name: value for name, value in content.items() if name in pairs}
    own = {name: value for name, value in content.items() if name in SETTINGS}
    target = (
        f"{HadronPair.__module__}.{HadronPair.__name__}",
        f"{Femtoscopy.__module__}.{Femtoscopy.__name__}",
    )
    parts = {
        "system": {"_target_": target[0], **pair},
        "observables": {"femtoscopy": {"_target_": target[1], **own}},
    }
    check_classes(parts, path)
    for name in ("potential", "mass1"):
        if name not in pair:
            raise ConfigError(
                f"{path}: {name} is missing: a file has a potential and its masses, mass1 and mass2, in MeV"
            )
    parts["system"] = {"name": path.stem, "mass2": pair["mass1"], **parts["system"]}
    config = OmegaConf.create(parts)
    make_paths_absolute(config, path.parent.absolute())
    check_settings(config)
    femto = instantiate(config.observables.femtoscopy, _partial_=True, _convert_="all")
    return config.system, dict(femto.keywords)


def table(results: Results) -> list[dict[str, float]]:
    """A row a momentum: k and, of every source, C with its error, Lednický–Lyuboshits and the brackets."""
    arrays, C = results.values, results.estimates["correlation"]
    columns: dict[str, Any] = {"k_MeV" if results.unit("correlation_k") else "k": arrays["correlation_k"]}
    for i, row in enumerate(C.rows):
        columns[f"C({row})"] = C.value[i]
        if C.error is not None:
            columns[f"error({row})"] = C.error[i]
        for name in ("lednicky", "low", "high"):
            if f"correlation_{name}" in arrays:
                columns[f"{name}({row})"] = arrays[f"correlation_{name}"][i]
    return [
        dict(zip(columns, map(float, values), strict=True)) for values in zip(*columns.values(), strict=True)
    ]


def write(results: Results, out: Path | None, figure: Path | None) -> None:
    """The table as csv, and the picture; that of δC/δV(r) beside it as NAME_derivative."""
    if out is not None:
        rows = table(results)
        out.parent.mkdir(parents=True, exist_ok=True)
        with out.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    if figure is not None:
        with style():
            save(correlation_function(results), figure)
            if (derivative := correlation_derivative(results)) is not None:
                save(derivative, figure.with_stem(f"{figure.stem}_derivative"))
