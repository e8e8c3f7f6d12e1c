"""The classes that the shipped configuration names, and the key at which each of them stands."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import yaml

NAMED = (
    "callbacks",
    "data.lattice.sources",
    "logger",
    "loss",
    "observables",
    "sampler.moves",
    "schedule.stages",
)
"""mappings whose keys are names that anybody may choose"""
WITHIN = {
    "loss.*.source": "source",
    "loss.*.data": "measurement",
    "loss.*.wave": "wave",
    "measurement.source": "source",
    "observables.*.sources.*": "source",
    "observables.*.data": "measurement",
}
"""where choices of groups that have no place of their own do: source@loss.correlation.source=levy, singly or in lists"""

POTENTIALS = (
    *(f"hadronlab.physics.forces.local_potentials.{name}"
      for name in ("Gaussians", "YukawaSquared", "Yukawas", "SumOfPotentials", "omega_ccc", "omega_omega", "nucleon_omega",
                   "nucleon_phi", "reid_1s0")),
    "hadronlab.data.potential_table.potential_table",
    "hadronlab.data.potential_table.exported_potential",
    "hadronlab.physics.forces.tabulated.TabulatedPotential",
    "hadronlab.physics.forces.nonlocal_potentials.PereyBuck",
    "hadronlab.physics.forces.separable.Separable",
)  # fmt: skip
OPTIMIZERS = tuple(f"torch.optim.{name}" for name in
                   ("Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "ASGD", "LBFGS", "NAdam", "RAdam", "RMSprop", "Rprop", "SGD"))  # fmt: skip
SCHEDULERS = tuple(f"torch.optim.lr_scheduler.{name}" for name in  # those whose settings are numbers
                   ("ConstantLR", "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "CyclicLR", "ExponentialLR", "LinearLR",
                    "MultiStepLR", "OneCycleLR", "PolynomialLR", "StepLR"))  # fmt: skip
MORE = {
    "system.potential": POTENTIALS,
    "optimizer.optimizer": OPTIMIZERS,
    "optimizer.scheduler": SCHEDULERS,
    "residuals": ("hadronlab.losses.feed_down.FeedDown",),
}
"""what may stand at a key beside what the shipped files name there"""


def may_stand(key: str, value: Any) -> bool:
    """Whether `value` is one that `key`, the last part of which Hydra gives a meaning (`_target_`), has in a shipped file.

    The parts of a composed model or potential may be what the whole may be; system.interaction is what interaction is, and
    what stands WITHIN is what its group is.
    """
    node, _, word = key.rpartition(".")
    node = "interaction" if node == "system.interaction" else _within(_with_stars(node))
    node = re.sub(r"^model\.potential\b", "system.potential", node)  # of model=known
    whole = next((k for k in ("model", "system.potential") if node.startswith(f"{k}.")), node)
    known = [value for k in {node, whole} for value in _shipped()[f"{k}.{word}"]]
    if word == "_target_":
        known += MORE.get(whole, ())
    return any(type(value) is type(k) and value == k for k in known)


def place_of(group: str) -> str:
    """How a choice of the group is written: model, and source@loss.correlation.source where it has no place of its own."""
    place = next((place for place, within in WITHIN.items() if within == group), None)
    return group if place is None else f"{group}@{place.replace('*', 'correlation')}"


def _with_stars(node: str) -> str:
    """`node` with * for a name that anybody may choose: loss.asymptotic → loss.*"""
    return re.sub(rf"^({'|'.join(map(re.escape, NAMED))})\.[^.]+", r"\1.*", node)


def _within(node: str) -> str:
    """`node` as a part of its own group: loss.*.data[1].noise → measurement.noise"""
    for place, group in (
        *WITHIN.items(),
        ("loss.*.residuals.*", "residuals"),
        ("observables.*.residuals.*", "residuals"),
    ):
        pattern = re.escape(place).replace(r"\*", r"[^.\[]+")
        node = re.sub(rf"^{pattern}(\[\d+\])?(?=\.|$)", group, node)
    return node


@cache
def _shipped() -> defaultdict[str, list[Any]]:
    """Key → its values in the shipped files, for the keys that Hydra gives a meaning (_target_, _partial_)."""
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for group in files("hadronlab.conf").iterdir():
        if group.name != "hydra" and group.is_dir():
            for file in _yaml_files(group):
                text = file.read_text(encoding="utf-8")
                header = re.match(r"# @package (\S+)", text)
                package = header.group(1) if header else group.name
                for key, value in _meant_for_hydra(
                    yaml.safe_load(text) or {}, "" if package == "_global_" else package
                ):
                    node, _, word = key.rpartition(".")
                    found[f"{_within(_with_stars(node))}.{word}"].append(value)
    return found


def _yaml_files(folder: Traversable) -> Iterator[Traversable]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _yaml_files(entry)
        elif entry.name.endswith(".yaml"):
            yield entry


def _meant_for_hydra(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    """(key, value) of every key such as `_target_` at `node`, which stands at `path`, and below."""
    if isinstance(node, dict):
        for name, value in node.items():
            here = f"{path}.{name}" if path else str(name)
            if re.fullmatch(r"_\w+_", str(name)):
                yield here, value
            yield from _meant_for_hydra(value, here)
    elif isinstance(node, list):
        for index, item in enumerate(node):
            yield from _meant_for_hydra(item, f"{path}[{index}]")
