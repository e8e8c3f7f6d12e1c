"""Weights & Biases as a logger that can fail without the training noticing."""

from __future__ import annotations

import contextlib
import netrc
import os
import secrets
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlparse

from omegaconf import DictConfig, OmegaConf
from pytorch_lightning.loggers import Logger
from pytorch_lightning.utilities import rank_zero_only

from hadronlab.observables.results import Results
from hadronlab.run.directory.files import write_text

STEP = "trainer/global_step"


class WandbRun(Logger):
    """One W&B run for one run directory: offline unless a key is present, never a prompt.

    The first failure (no server, full disk) is said in one line and ends the logging, not the training. The id stands
    in wandb_id.txt, so that a resumed run continues the same W&B run.

    save_dir: the run directory. name: null for system, model and the swept values. group: null for the directory of
    the sweep. offline: null for what WANDB_MODE says, and without it for "unless there is a key". init_timeout,
    finish_timeout: seconds to wait for a server.
    """

    open_runs: ClassVar[list[WandbRun]] = []

    def __init__(
        self,
        save_dir: str,
        project: str = "hadronlab",
        entity: str | None = None,
        name: str | None = None,
        group: str | None = None,
        tags: list[str] | None = None,
        offline: bool | None = None,
        init_timeout: float = 20.0,
        finish_timeout: float = 60.0,
    ) -> None:
        super().__init__()
        self.directory = Path(save_dir)
        self._about = {"project": project, "entity": entity, "tags": list(tags or [])}
        self._name, self._group = name, group
        self.mode = mode_wanted(offline)
        self._timeouts = {
            "init_timeout": init_timeout,
            "login_timeout": init_timeout,
            "finish_timeout": finish_timeout,
        }
        self.levels: dict[
            str, float
        ] = {}  # constants drawn beside a curve, such as the threshold beside the energy
        self._run: Any = None
        self._lost = False

    @property
    def name(self) -> str:
        return "wandb"

    @property
    def version(self) -> str:
        file = self.directory / "wandb_id.txt"  # made by rank 0 when its run begins
        return file.read_text(encoding="utf-8").strip() if file.exists() else ""

    @rank_zero_only
    def log_hyperparams(self, params: DictConfig, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Start the W&B run with the resolved configuration of this run."""
        self._safely(lambda: self._start(params))

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        levels = self.levels if "energy" in metrics else {}
        self._log({**metrics, **levels, STEP: step})

    @rank_zero_only
    def log_results(self, results: Results, figures: Mapping[str, Path]) -> None:
        """The observables as summary and as a table beside the references, the figures as images, the warnings."""
        self._safely(lambda: self._results(results, figures))

    @rank_zero_only
    def close(self) -> None:
        """End the W&B run, waiting no longer than finish_timeout for a server."""
        if self in WandbRun.open_runs:
            WandbRun.open_runs.remove(self)
        run, self._run = self._run, None
        if run is not None:
            lost, self._lost = (
                self._lost,
                False,
            )  # also a run that lost its server ends here, not in the next job
            self._safely(run.finish)
            self._lost = lost or self._lost

    def _log(self, row: dict[str, Any]) -> None:
        self._safely(lambda: self._run.log(row) if self._run is not None else None)

    def _safely(self, call: Callable[[], Any]) -> None:
        if self._lost:
            return
        try:
            call()
        except Exception as error:  # whatever W&B raises, the training goes on
            self._lost = True
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            print(f"warning: W&B logging has ended, the training goes on ({reason[:160]})", file=sys.stderr)

    def _start(self, config: DictConfig) -> None:
        import wandb

        known = set(wandb.Settings.model_fields)
        limits = {key: value for key, value in self._timeouts.items() if key in known}
        content = OmegaConf.to_container(config, resolve=True)
        name, group = run_name(config)
        arguments: dict[str, Any] = {**self._about, "config": content, "name": self._name or name, "group": self._group or group,
                                     "id": self._id(), "resume": "allow", "dir": str(self.directory), "reinit": "finish_previous"}  # fmt: skip
        settings = {"silent": True, "console": "off", **limits}
        try:
            self._run = wandb.init(**arguments, mode=self.mode, settings=wandb.Settings(**settings))
        except Exception as error:
            if self.mode != "online":
                raise
            print(
                f"warning: W&B cannot be reached, this run is logged offline ({str(error).splitlines()[0][:120]})",
                file=sys.stderr,
            )
            wandb.teardown()  # or the run that could not begin holds the id
            self._run = wandb.init(**arguments, mode="offline", settings=wandb.Settings(**settings))
        WandbRun.open_runs.append(self)
        self._run.define_metric(STEP)
        self._run.define_metric("*", step_metric=STEP)
        for metric in ("loss", "energy"):
            self._run.define_metric(metric, step_metric=STEP, summary="min,last")

    def _results(self, results: Results, figures: Mapping[str, Path]) -> None:
        if self._run is None:
            return
        import wandb

        table = wandb.Table(columns=["observable", "value", "error", "unit", "reference", "source"])
        for name, estimate in results.scalars.items():
            known = results.known(name) or {}
            table.add_data(
                name,
                estimate.value,
                estimate.error,
                estimate.unit,
                str(known.get("value", "")),
                str(known.get("source", "")),
            )
            self._run.summary[name] = estimate.value
            if estimate.error is not None:
                self._run.summary[f"{name}.error"] = estimate.error
        self._run.summary["warnings"] = list(results.warnings)
        pictures = {f"figures/{name}": wandb.Image(str(file), caption=name) for name, file in figures.items()}
        self._run.log(pictures)
        self._run.log({"observables": table})

    def _id(self) -> str:
        file = self.directory / "wandb_id.txt"
        with contextlib.suppress(OSError):
            return file.read_text(encoding="utf-8").strip()
        identity = secrets.token_hex(4)
        write_text(file, identity + "\n")
        return identity


def close_runs() -> None:
    """End every W&B run of this process, so that the next job of a sweep begins its own."""
    for run in list(WandbRun.open_runs):
        run.close()


def mode_wanted(offline: bool | None) -> Any:
    """ "online" only where there is a key, so that nobody is asked for one; null heeds WANDB_MODE, as W&B itself does."""
    chosen = os.environ.get("WANDB_MODE") if offline is None else "offline" if offline else None
    if chosen in ("offline", "disabled"):
        return chosen
    return "online" if has_key() else "offline"


def has_key() -> bool:
    """Whether WANDB_API_KEY or the user's netrc file holds a key for the server."""
    if os.environ.get("WANDB_API_KEY"):
        return True
    host = urlparse(os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai")).hostname or ""
    try:
        return netrc.netrc(os.environ.get("NETRC")).authenticators(host) is not None
    except (OSError, netrc.NetrcParseError):
        return False


def run_name(config: DictConfig) -> tuple[str, str | None]:
    """(system, model and swept values; the sweep's directory or None)."""
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode

    parts = [str(config.system.name), str(config.model._target_).rsplit(".", 1)[-1]]
    hydra = HydraConfig.get() if HydraConfig.initialized() else None
    if hydra is None or hydra.mode != RunMode.MULTIRUN:
        return " ".join(parts), None
    parts += [
        o.lstrip("+")
        for o in hydra.overrides.task
        if not o.startswith(("system=", "resume=", "quiet=", "figures=", "threads=", "logger="))
    ]
    return " ".join(parts), Path(hydra.sweep.dir).name
