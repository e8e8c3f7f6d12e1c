"""Settings of a shipped choice that a class of one's own in its place does not have: interaction._target_=mine.Cornell."""

from __future__ import annotations

import inspect

from omegaconf import DictConfig, open_dict

from hadronlab.config.groups import choices, content_of
from hadronlab.config.shipped import may_stand
from hadronlab.config.task_parts import locate, targets


def leave_out_shipped(config: DictConfig, group: str = "interaction") -> None:
    """Delete, in place, the settings of `group` that its own class does not have and that have the value of a shipped file.

    What the user has given or changed stays, for the checks to refuse.
    """
    for path, node in list(targets(config)):
        if path.rpartition(".")[2] != group or may_stand(f"{path}._target_", node._target_):
            continue
        try:
            parameters = inspect.signature(locate(node._target_, path)).parameters
        except (TypeError, ValueError):
            continue  # a compiled function tells nothing about its arguments
        shipped = [content_of(group, choice) for choice in choices(group)]
        with open_dict(node):
            for key in map(str, list(node)):
                if key not in parameters and any(key in one and one[key] == node[key] for one in shipped):
                    del node[key]
