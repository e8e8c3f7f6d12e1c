"""The same runs from Python: `run("system=separable", "seed=2")` in a notebook or a script."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from hydra import compose, initialize_config_module
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, open_dict

from hadronlab.cli.quoting import quote_values
from hadronlab.config.messages import uncomposable
from hadronlab.data.ingest.convert import convert_tables as convert_tables


@dataclass(frozen=True)
class Run:
    """A finished run: its directory, result.json and result.h5."""

    directory: Path

    @property
    def result(self) -> dict[str, Any]:
        """Content of result.json."""
        return json.loads((self.directory / "result.json").read_text(encoding="utf-8"))

    def __getitem__(self, observable: str) -> float:
        """Value of an observable, such as run["scattering_length"]."""
        return self.result["observables"][observable]["value"]

    def array(self, name: str) -> np.ndarray:
        """An array of result.h5, such as run.array("phase_shift_nonlocal")."""
        with h5py.File(self.directory / "result.h5") as file:
            return np.asarray(file[name])

    def figure(self, name: str) -> Path:
        """A picture of figures/, such as run.figure("phase_shifts")."""
        return self.directory / "figures" / f"{name}.png"


def run(*overrides: str, directory: str | Path | None = None) -> Run:
    """Compose a configuration with `overrides` as on the command line and run it.

    directory: of the run; outputs/<system>/<time> by default. Raises HadronlabError or Hydra's errors for bad input.
    """
    from hadronlab.run.launch import launch

    config = composed(*overrides, directory=directory)
    launch(config)
    return Run(Path(HydraConfig.get().runtime.output_dir))


def composed(*overrides: str, directory: str | Path | None = None) -> DictConfig:
    """The configuration of a run in `directory`, with Hydra's runtime set as its command would set it."""
    GlobalHydra.instance().clear()
    with initialize_config_module("hadronlab.conf", version_base="1.3"):
        arguments = quote_values(overrides)
        try:
            config = compose("train", arguments, return_hydra_config=True)
        except (TypeError, ValueError, AttributeError) as error:
            raise uncomposable(error) from error
    place = Path(directory or f"outputs/{config.system.name}/{datetime.now():%Y-%m-%d_%H-%M-%S}").absolute()
    with open_dict(config):
        config.hydra.runtime.output_dir = str(place)
        config.hydra.job.num = 0
        config.hydra.mode = RunMode.RUN
    HydraConfig.instance().set_config(config)
    with open_dict(config):
        del config["hydra"]
    return config
