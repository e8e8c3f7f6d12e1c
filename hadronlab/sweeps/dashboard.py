"""The W&B workspace as data: sections of panels over what the runs log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hadronlab.errors import ConfigError
from hadronlab.run.directory.files import write_text
from hadronlab.run.wandb_logger import STEP

DEPTH, CUTOFF, SEED = "model.depth", "loss.asymptotic.cutoff", "seed"

# (section, panels); a panel is its kind and its settings. Runs of either task fill the panels that are theirs.
SECTIONS: list[tuple[str, list[tuple[str, dict[str, Any]]]]] = [
    ("Training", [
        ("line", {"title": "Loss", "y": ["loss"], "log_y": True}),
        ("line", {"title": "Parts of the loss", "metric_regex": "loss/.*", "log_y": True}),
        ("line", {"title": "Energy and threshold", "y": ["energy", "threshold"]}),
        ("line", {"title": "Spread of the local energy", "y": ["local_energy_std"], "log_y": True}),
    ]),
    ("Walkers", [
        ("line", {"title": "Acceptance", "y": ["acceptance"], "range_y": [0.0, 1.0]}),
        ("line", {"title": "R-hat", "y": ["r_hat"]}),
        ("line", {"title": "Autocorrelation", "y": ["tau_corr"]}),
    ]),
    ("Physics", [
        ("media", {"title": "Phase shifts", "media_keys": ["figures/phase_shifts"]}),
        ("media", {"title": "Potential", "media_keys": ["figures/potential", "figures/nonlocal_surface"]}),
        ("media", {"title": "Localised potential", "media_keys": ["figures/localised"]}),
        ("media", {"title": "Quarks", "media_keys": ["figures/convergence", "figures/pair_distances", "figures/shares"]}),
        ("bar", {"title": "Binding energy", "metrics": ["binding_energy"]}),
    ]),
    ("Sweep", [
        ("scatter", {"title": "Loss over depth and cutoff", "x": DEPTH, "y": CUTOFF, "z": "loss_final"}),
        ("scatter", {"title": "Scattering length over depth and cutoff", "x": DEPTH, "y": CUTOFF, "z": "scattering_length"}),
        ("parallel", {"title": "Depth, cutoff, seed and what came out",
                      "columns": [DEPTH, CUTOFF, SEED, "loss_final", "scattering_length", "binding_energy"]}),
        ("importance", {"with_respect_to": "loss_final"}),
    ]),
]  # fmt: skip


def write_workspace(file: Path, entity: str, project: str) -> Path:
    """Write the workspace to `file` without a server: as W&B's own JSON with wandb-workspaces, as SECTIONS without."""
    plain = {
        "project": project,
        "step": STEP,
        "sections": [{"name": n, "panels": [{"kind": k, **s} for k, s in p]} for n, p in SECTIONS],
    }
    try:
        text = build(entity, project)._to_model().model_dump_json(by_alias=True, indent=1)
    except ImportError:
        text = json.dumps(plain, indent=1)
    write_text(file, text + "\n")
    return file


def save_workspace(entity: str, project: str) -> str:
    """Save the workspace at the server and return its address. Raises ConfigError where that fails."""
    try:
        return build(entity, project).save().url
    except ImportError as error:
        raise ConfigError(
            'wandb-workspaces is missing: pip install "hadronlab[dashboard]", or --file FILE for JSON'
        ) from error
    except Exception as error:
        raise ConfigError(
            f"the W&B server refused the workspace ({error}): write it with --file FILE"
        ) from error


def build(entity: str, project: str) -> Any:
    """The Workspace object of wandb-workspaces. Raises ImportError without that package."""
    from wandb_workspaces import workspaces as ws

    sections = [ws.Section(name=name, panels=[_panel(kind, settings) for kind, settings in panels], is_open=True)
                for name, panels in SECTIONS]  # fmt: skip
    return ws.Workspace(entity=entity, project=project, name="hadronlab", sections=sections)


def _panel(kind: str, settings: dict[str, Any]) -> Any:
    from wandb_workspaces.reports import v2 as wr

    def key(name: str) -> Any:
        return wr.Config(name) if name in (DEPTH, CUTOFF, SEED) else wr.SummaryMetric(name)

    if kind == "line":
        return wr.LinePlot(x=STEP, **{k: tuple(v) if k == "range_y" else v for k, v in settings.items()})
    if kind == "scatter":
        axes = {axis: key(settings[axis]) for axis in "xyz"}
        return wr.ScatterPlot(title=settings["title"], **axes)
    if kind == "parallel":
        columns = [wr.ParallelCoordinatesPlotColumn(key(name)) for name in settings["columns"]]
        return wr.ParallelCoordinatesPlot(title=settings["title"], columns=columns)
    classes: dict[str, Any] = {
        "media": wr.MediaBrowser,
        "bar": wr.BarPlot,
        "importance": wr.ParameterImportancePlot,
    }
    return classes[kind](**settings)
