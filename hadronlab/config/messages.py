"""Turn the errors of Hydra and OmegaConf into one clear line with the nearest match."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from hadronlab.config.check import nearest
from hadronlab.config.groups import choices, content_of, groups, holds_parts
from hadronlab.config.parts import known_parts, not_chosen
from hadronlab.config.shipped import WITHIN, place_of
from hadronlab.errors import ConfigError, HadronlabError

if TYPE_CHECKING:
    from omegaconf import Container, DictConfig


def user_errors() -> tuple[type[Exception], ...]:
    """What a user can mend: our own errors, those of Hydra and OmegaConf, and those of the file system."""
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    return HadronlabError, HydraException, OmegaConfBaseException, OSError


def one_line(error: BaseException) -> str:
    """What went wrong and what to do instead, on one line."""
    cause: BaseException | None = error
    while cause is not None:  # Hydra wraps what a class says of its own arguments
        if isinstance(cause, HadronlabError):
            key = re.search(r"full_key: ([\w.\[\]]+)", str(error))
            return f"{key.group(1)}: {cause}" if key else str(cause)
        cause = cause.__cause__
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'writing'}: {error.strerror}"
    text = str(error).strip()
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return type(error).__name__
    for pattern, reply in ((r"Could not (?:find|load) '(\w+/[^']*)'", _unknown_choice),
                           (r"Could not delete from config. '([^']+)' does not exist", _nothing_to_leave_out),
                           (r"Could not override '([^']+)'", _unknown_key),
                           (r"Key '([^']+)' is not in struct", _unknown_key),
                           (r"Multiple values for ([\w/@.]+)\. To override", _chosen_twice),
                           (r"Could not append to config. An item is already at '([^']+)'", _known_key),
                           (r"Missing mandatory value: ([\w.]+)", _missing),
                           (r"Error parsing override '([^'=]+)'", _no_value),
                           (r"Ambiguous value for argument '([^=]+=(.*))'", _several_values),
                           (r"Environment variable '(\w+)' not found", _no_variable)):  # fmt: skip
        match = re.search(pattern, text)
        if match:
            return reply(match, lines, error)
    if (override := getattr(error, "override", None)) and "=" in override:  # what Hydra's grammar refuses
        reason = lines[0].partition(": ")[0]
        return f"{override} cannot be read ({reason}): quote its value, \"{override.partition('=')[0]}='…'\""
    cause = error.__cause__
    if cause is not None and str(cause).strip():
        return f"{lines[0]} ({str(cause).strip().splitlines()[0]})"
    return " ".join(lines[:2]) if lines[0].endswith(":") else lines[0]


def uncomposable(error: Exception) -> ConfigError:
    """What to say where Hydra itself fails on overrides that make no sense together."""
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return ConfigError(
        f"these arguments cannot be composed ({reason[:120]}): write group=choice and key=value, see --help"
    )


def out_of_place(group: str, key: str, choice: str) -> str:
    """What to say of a choice of a group that has no place of its own."""
    if "@observables." in key:
        return f"{key}={choice} adds to an observable: write +{key}={choice}"
    return f"{key}={choice} finds no {group} to choose: it stands in a loss, loss=correlation {place_of(group)}={choice}"


def _unknown_choice(match: re.Match[str], lines: list[str], error: BaseException) -> str:
    looked_in = re.search(r"Available options in '([\w/]+)'", str(error))
    group = looked_in.group(1) if looked_in else match.group(1).rpartition("/")[0]
    choice = match.group(1).removeprefix(f"{group}/")
    available = [line for line in lines[1:] if re.fullmatch(r"[\w./-]+", line)]
    known = sorted({*available, *choices(group)})
    within = [name for name in known if name.startswith(f"{choice}/")]
    if within:
        return f"{group}={choice} is a group of its own: choose one of {', '.join(within)}"
    return f"{group}={choice} is not known: {nearest(choice, known)}" if known else lines[0]


def _unknown_key(match: re.Match[str], lines: list[str], error: BaseException) -> str:
    key = match.group(1)
    if (group := key.partition("@")[0]) in WITHIN.values():
        given = re.search(rf"\+{re.escape(key)}=([\w/]+)", str(error))
        return out_of_place(group, key, given.group(1) if given else "NAME")
    full = next(
        (m.group(1) for m in (re.search(r"full_key: ([\w.\[\]]+)", line) for line in _all(error)) if m), key
    )
    group, _, rest = full.partition(".")
    node = _node_that_refused(error)
    if group in groups() and node is not None:
        told = _of_a_group(group, rest.partition(".")[0], node._get_root())
        if told:
            return told
    known, deeper = _keys_of(node)
    below = [path for path in deeper if path.endswith(f".{full}")]
    hint = f": did you mean {below[0]}?" if below else ""
    if known and not below:
        hint = f": {nearest(full.rsplit('.', 1)[-1], known)}"
    return f"{full} is not a setting{hint} (to add a new one write +{full}=…)"


def _of_a_group(group: str, part: str, root: Container) -> str | None:
    """What to say of a setting of a group that is not chosen, or of a part that its choice does not bring."""
    from omegaconf import OmegaConf

    chosen = OmegaConf.to_container(root, resolve=False).get(group)  # type: ignore[union-attr]
    if chosen is None:
        return f"no {group} is chosen here, and only with one has it settings: choose {group}= one of {', '.join(choices(group))}"
    present = [
        name for name, content in chosen.items() if content
    ]  # Hydra makes {} of null before it sets what is within
    told = not_chosen(group, part, present)
    if told is None and part and part not in present:
        close = (
            get_close_matches(part, {*present, *known_parts(group)}, n=1, cutoff=0.7)
            if holds_parts(group)
            else []
        )
        told = f"{group}.{part} is not a setting: did you mean {close[0]!r}?" if close else None
        others = [] if holds_parts(group) else [c for c in choices(group) if part in content_of(group, c)]
        if others:
            told = f"{group}.{part} is no setting of what is chosen here: choose {group}= one of {', '.join(others)}"
    return told


def _nothing_to_leave_out(match: re.Match[str], lines: list[str], error: BaseException) -> str:
    return f"~{match.group(1)} leaves nothing out: there is no {match.group(1)} here"


def _known_key(match: re.Match[str], lines: list[str], error: BaseException) -> str:
    return f"{match.group(1)} exists already: leave out the plus, {match.group(1)}=…"


def _chosen_twice(match: re.Match[str], lines: list[str], error: BaseException) -> str:
    group = match.group(1)
    return f"{group} is chosen already: leave out the plus, {group}=…"


def _missing(match: re.Match[str], lines: list[str], error: BaseException) -> str:
    return f"{match.group(1)} is missing: give it a value on the command line, {match.group(1)}=…"


def _no_value(match: re.Match[str], lines: list[str], error: BaseException) -> str:
    return f"{match.group(1)} sets nothing: write {match.group(1)}=value"


def _several_values(match: re.Match[str], lines: list[str], error: BaseException) -> str:
    argument, values = match.groups()
    key = argument.partition("=")[0]
    return f"{argument} are several values: add -m for a sweep over them, or write a list as {key}=[{values}]"


def _no_variable(match: re.Match[str], lines: list[str], error: BaseException) -> str:
    name = match.group(1)
    if name.startswith("SLURM_"):
        return f"{name} is not set: strategy=slurm is for a job of SLURM; elsewhere choose strategy=ddp or strategy=cpu"
    return f"the environment variable {name} is not set"


def _all(error: BaseException) -> list[str]:
    text = str(error) + (("\n" + str(error.__cause__)) if error.__cause__ else "")
    return text.splitlines()


def _node_that_refused(error: BaseException) -> DictConfig | None:
    """The node of the configuration that did not have a key, from the OmegaConf error that caused `error`."""
    from omegaconf import DictConfig
    from omegaconf.errors import OmegaConfBaseException

    current: BaseException | None = error
    while current is not None:
        if isinstance(current, OmegaConfBaseException) and isinstance(current.parent_node, DictConfig):
            return current.parent_node
        current = current.__cause__ or current.__context__
    return None


def _keys_of(node: DictConfig | None) -> tuple[list[str], list[str]]:
    """Keys of a node, and paths one step below."""
    from omegaconf import DictConfig

    if node is None or node._is_none():
        return [], []
    keys = [str(key) for key in node if not str(key).startswith("_")]
    nodes = {key: node._get_node(key) for key in keys}
    deeper = [f"{key}.{name}" for key, child in nodes.items() if isinstance(child, DictConfig)
              and not (child._is_none() or child._is_missing()) for name in map(str, child)]  # fmt: skip
    return keys, deeper
