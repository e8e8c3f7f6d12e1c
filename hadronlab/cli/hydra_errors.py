"""What to say of an error that Hydra or its sweeper raised, and that is none of those a user can mend."""

from __future__ import annotations

import traceback

from hadronlab.config.messages import uncomposable
from hadronlab.errors import ConfigError
from hadronlab.sweeps.job_results import job_folders
from hadronlab.sweeps.multirun import Multirun
from hadronlab.sweeps.study import of_study


def explained(error: Exception) -> Exception:
    """One line for the user; `error` itself, with its trace, where it is a bug of ours."""
    if of_study(error):
        return ConfigError(
            f"the study has no best trial ({error}): the table says why each of its jobs has no result"
        )
    directory = Multirun.started
    modules = {frame.f_globals.get("__name__") for frame, _ in traceback.walk_tb(error.__traceback__)}
    begun = "hadronlab.run.launch" in modules or (directory is not None and job_folders(directory))
    return error if begun else uncomposable(error)  # by overrides that Hydra's grammar lets through
