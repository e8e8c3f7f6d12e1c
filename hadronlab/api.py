"""The same runs from Python: `run("system=separable", "seed=2")` in a notebook or a script."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterator, Sequence
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
from omegaconf import DictConfig, OmegaConf, open_dict

from hadronlab.cli.quoting import quote_values
from hadronlab.config.brought import with_brought
from hadronlab.config.messages import uncomposable
from hadronlab.data.correlations.correlation_data import CorrelationData
from hadronlab.data.correlations.correlation_file import CorrelationFile
from hadronlab.data.ingest.convert import convert_tables as convert_tables
from hadronlab.data.ingest.raw.convert import convert_raw as convert_raw
from hadronlab.data.ingest.raw.write import write_raw as write_raw
from hadronlab.data.potential_table import exported_potential as exported_potential
from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.level_analysis import analyse_levels as analyse_levels
from hadronlab.observables.results import Results
from hadronlab.run.directory.results import read_estimate
from hadronlab.run.global_state import global_state_kept


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

    def estimate(self, name: str) -> Estimate:
        """An observable or array with its unit, error and bins, fit for functions and covariances of several."""
        return read_estimate(self.directory, name)

    def figure(self, name: str) -> Path:
        """A picture of figures/, such as run.figure("phase_shifts")."""
        return self.directory / "figures" / f"{name}.png"


def run(*overrides: str, directory: str | Path | None = None) -> Run:
    """Compose a configuration with `overrides` as on the command line and run it.

    directory: of the run; outputs/<system>/<time> by default. What belongs to the caller's own program is as before when
    the run has ended: random generators, Hydra's state, logging. Raises HadronlabError or Hydra's errors for bad input.
    """
    with global_state_kept():
        from hadronlab.run.launch import launch

        config = composed(*overrides, directory=directory)
        place = Path(HydraConfig.get().runtime.output_dir)
        with train_log(place / "train.log"):
            launch(config)
        record = place / ".hydra" / "overrides.yaml"  # as the command's: `summarise` tells runs apart by it
        record.parent.mkdir(exist_ok=True)
        OmegaConf.save(OmegaConf.create(list(overrides)), record)
    return Run(place)


def evaluate(
    directory: str | Path,
    *observables: str,
    samples: int | None = None,
    max_time: str | None = None,
    config_dir: str | Path | None = None,
) -> Run:
    """`hadronlab-evaluate`: compute the observables and figures of the run in `directory` again.

    observables: other ones than the run's, "observables=[default,femtoscopy]", "observables.femtoscopy.radii=[1.0]".
    config_dir: with choices of your own.
    """
    from hadronlab.run.evaluate import evaluate as evaluate_run

    own = None if config_dir is None else Path(config_dir)
    with global_state_kept():
        return Run(evaluate_run(Path(directory).absolute(), samples, max_time, observables, own).parent)


def export(directory: str | Path, path: str | Path, step: float = 0.02, force: bool = False) -> list[Path]:
    """`hadronlab-export`: write the learned potential of the run in `directory` for other codes; see `run.export.export`."""
    from hadronlab.run.export import export as export_potential

    with global_state_kept():
        return export_potential(directory, path, step, force)


def summarise(directory: str | Path, sort: str | None = None) -> Path:
    """`hadronlab-sweep`: collect the jobs of the sweep in `directory`; the path of its sweep.csv."""
    with global_state_kept():
        from hadronlab.sweeps.summary import summarise as summarise_sweep

        return summarise_sweep(Path(directory).absolute(), sort)


def average(directories: Sequence[str | Path], *names: str) -> dict[str, Estimate]:
    """`hadronlab-average`: observables averaged over runs that differ in their choices, the part `models` of an error that of the choice.

    directories: of runs, or of sweeps. names: of observables. Raises ConfigError for a run without what its weight is made of.
    """
    from hadronlab.sweeps.average import average as average_runs

    return {one.name: one.average.estimate for one in average_runs([Path(d) for d in directories], names)}


def femtoscopy(what: str | Path, *overrides: str, data: str | Path | None = None, **settings: Any) -> Results:
    """`hadronlab-femto`: scattering lengths, bound state and C(k) of a potential without a training.

    what: a yaml file with a potential and its pair, "system=n_omega", or a run directory. overrides: "system.charges=[1,1]".
    data: a measured C(k) to compare with. settings: of the observable, radii=[1.0, 1.5], k=[5, 300], points=60, genuine=0.6,
    sources={"big": Levy(1.2, 1.6)}, … `values["correlation"]` is C, a row a source.
    """
    with global_state_kept():
        from hadronlab.run.femto import femtoscopy as compute

        return compute(str(what), overrides, data, **settings)


def read_correlation(path: str | Path, **settings: Any) -> CorrelationData:
    """A measured correlation function C(k*) out of a csv, HEPData or ROOT file, or a shipped one by name, "star_pp_2015".

    settings: those of `hadronlab.data.correlations.correlation_file.CorrelationFile`, such as unit="GeV", variable="Q",
    k_min=15.0 (MeV/c). Raises DataError, one line, for a file that is damaged or holds no C(k*).
    """
    return CorrelationFile(str(path), **settings).read(str(path))


def composed(*overrides: str, directory: str | Path | None = None) -> DictConfig:
    """The configuration of a run in `directory`, with Hydra's runtime set as its command would set it."""
    GlobalHydra.instance().clear()
    with initialize_config_module("hadronlab.conf", version_base="1.3"):
        arguments = with_brought(quote_values(overrides))
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


@contextlib.contextmanager
def train_log(path: Path) -> Iterator[None]:
    """What is logged goes to `path` too, as with the command."""
    handler = logging.FileHandler(path, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("[%(asctime)s][%(name)s][%(levelname)s] - %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(min(root.level, logging.INFO))
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()
        if path.parent.is_dir():
            path.touch()  # also where nothing was said
