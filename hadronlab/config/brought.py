"""What a choice of a model brings with it: model=gaussians the task of levels, in the place of that of the system."""

from __future__ import annotations

from collections.abc import Sequence

from hadronlab.config.groups import choices, content_of
from hadronlab.config.overrides import is_swept, key_of, value_of


def with_brought(settings: Sequence[str]) -> list[str]:
    """The settings of a command line, and before them what conf/base/model/ says of the model among them.

    Those that the command line names itself stand. A model that is swept brings nothing: its jobs are of one task.
    """
    chosen = [value_of(s) for s in settings if key_of(s) == "model" and not is_swept(s)]
    if not chosen or chosen[-1] not in choices("base/model"):
        return list(settings)
    named = {key_of(setting) for setting in settings}
    brought = [s for s in content_of("base/model", chosen[-1])["brings"] if key_of(s) not in named]
    return [*brought, *settings]
