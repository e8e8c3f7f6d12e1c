"""What a configuration that lies in a run directory may name: it may have come from somebody else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hadronlab.errors import ConfigError

if TYPE_CHECKING:
    from omegaconf import DictConfig

# No package whole: torch.hub runs code from the network, torch.os is os, and a writer of files would write any file.
TRUSTED = (
    *(f"hadronlab.{package}" for package in ("callbacks", "data", "losses", "models", "optim", "physics", "sampling", "systems", "tasks")),
    "hadronlab.run.ranks.ddp", "hadronlab.run.directory.metrics_csv", "hadronlab.run.wandb_logger",
    "torch.nn", "torch.optim", "pytorch_lightning.Trainer", "pytorch_lightning.trainer.trainer",
    *(f"pytorch_lightning.{package}" for package in ("callbacks", "loggers", "plugins", "profilers", "strategies")),
)  # fmt: skip


def read_run_config(path: Path) -> DictConfig:
    """The config.yaml of a run directory, with every `_target_` in it checked.

    Modules beyond hadronlab, torch.nn, torch.optim and pytorch_lightning must be named in HADRONLAB_TRUST
    (HADRONLAB_TRUST=theirpackage,other). Raises ConfigError where the file is unreadable, names anything else, holds
    an interpolation, or speaks to Hydra itself: a resolved configuration does neither.
    """
    from omegaconf import DictConfig, OmegaConf

    try:
        config = OmegaConf.load(path)
        content = OmegaConf.to_container(config, resolve=False)
    except Exception as error:
        raise ConfigError(f"{path}: not a readable configuration ({_first_line(error)})") from error
    if not isinstance(config, DictConfig) or not isinstance(content, dict):
        raise ConfigError(f"{path}: not a configuration, it holds a {type(content).__name__}")
    for key in ("hydra", "defaults"):
        if key in content:
            raise ConfigError(f"{path}: a run's configuration may not set {key!r}; remove it")
    _check(content, path, "")
    return config


def check_target(target: Any, where: str) -> None:
    """Raise ConfigError unless `target` names something that TRUSTED or HADRONLAB_TRUST allows, itself and where it is defined."""
    modules = (
        *TRUSTED,
        *(name.strip() for name in os.environ.get("HADRONLAB_TRUST", "").split(",") if name.strip()),
    )

    def allowed(name: str) -> bool:
        return any(name == module or name.startswith(module + ".") for module in modules)

    if isinstance(target, str) and allowed(target):
        from hadronlab.config.check import locate

        found = locate(target, where)
        if allowed(getattr(found, "__module__", "") or ""):
            return
    raise ConfigError(
        f"{where}: {target!r} is not trusted in a configuration that comes from a run directory; if it is yours, "
        f"allow its package with HADRONLAB_TRUST={str(target).split('.')[0]}"
    )


def _check(node: Any, path: Path, key: str) -> None:
    if isinstance(node, dict):
        for name, value in node.items():
            here = f"{key}.{name}" if key else str(name)
            if name == "_target_":
                check_target(value, f"{path}: {here}")
            _check(value, path, here)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            _check(value, path, f"{key}[{index}]")
    elif isinstance(node, str) and "${" in node:
        raise ConfigError(
            f"{path}: {key} holds the interpolation {node!r}; a run's configuration is resolved"
        )


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
