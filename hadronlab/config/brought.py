"""What a choice brings with it: model=gaussians the task of levels, in the place of that of the system, model.conditioned_on that
of a range of values, and six quarks the network that needs no sum over their permutations."""

from __future__ import annotations

from collections.abc import Sequence

from hadronlab.config.groups import choices, content_of
from hadronlab.config.overrides import is_swept, key_of, value_of

MANY, OF_MANY = 6, "equivariant"  # quarks, and their model


def with_brought(settings: Sequence[str]) -> list[str]:
    """The settings of a command line, and before them what conf/base/model/ says of the model among them, or of six quarks that are
    given with the model that is for them, or none.

    Those that the command line names itself stand, and the values of its experiment, whose model may be another one for six quarks. A
    model that is swept brings nothing: its jobs are of one task.
    """
    models = [s for s in settings if key_of(s) == "model"]
    chosen = [value_of(s) for s in models[-1:] if value_of(s) in choices("base/model") and not is_swept(s)]
    quarks = [value_of(s).split() for s in settings if key_of(s) == "system.quarks"]
    free = not models and not any(key_of(s) == "experiment" for s in settings)
    if quarks and len(quarks[-1]) == MANY and (free or (models and value_of(models[-1]) == OF_MANY)):
        chosen.append("many_quarks")
    if any(key_of(s) == "model.conditioned_on" and value_of(s) not in ("[]", "") for s in settings):
        chosen.append("conditioned_on")
    named = {key_of(setting) for setting in settings} | _of_experiments(settings)
    brought = [s for one in chosen for s in content_of("base/model", one)["brings"] if key_of(s) not in named]
    return [*brought, *settings]


def _of_experiments(settings: Sequence[str]) -> set[str]:
    """The values within a group, group.key, that the experiment among the settings gives."""
    chosen = [value_of(s) for s in settings if key_of(s) == "experiment" and not is_swept(s)]
    contents = [content_of("experiment", one) for one in chosen if one in choices("experiment")]
    return {
        f"{group}.{key}"
        for content in contents
        for group, values in content.items()
        if isinstance(values, dict)
        for key in values
    }
