"""What a choice of a model brings with it: model=gaussians the task of levels, in the place of that of the system, and
model.conditioned_on that of a range of values."""

from __future__ import annotations

from collections.abc import Sequence

from hadronlab.config.groups import choices, content_of
from hadronlab.config.overrides import is_swept, key_of, value_of


def with_brought(settings: Sequence[str]) -> list[str]:
    """The settings of a command line, and before them what conf/base/model/ says of the model among them.

    Those that the command line names itself stand. A model that is swept brings nothing: its jobs are of one task.
    """
    chosen = [value_of(s) for s in settings if key_of(s) == "model" and not is_swept(s)]
    chosen = [chosen[-1]] if chosen and chosen[-1] in choices("base/model") else []
    if any(key_of(s) == "model.conditioned_on" and value_of(s) not in ("[]", "") for s in settings):
        chosen.append("conditioned_on")
    named = {key_of(setting) for setting in settings}
    brought = [s for one in chosen for s in content_of("base/model", one)["brings"] if key_of(s) not in named]
    return [*brought, *settings]
