"""Whether plain YAML values fit the annotations of the classes that are to receive them."""

from __future__ import annotations

import contextlib
import inspect
import types
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def hints_of(function: Any) -> dict[str, Any]:
    """Annotations of a function, without those that are only imported for type checkers."""
    hints: dict[str, Any] = {}
    for name, annotation in getattr(function, "__annotations__", {}).items():
        holder = type(
            "holder", (), {"__annotations__": {name: annotation}, "__module__": function.__module__}
        )
        with contextlib.suppress(NameError, TypeError):
            hints |= typing.get_type_hints(holder)
    return hints


def settings_of(made: Any) -> tuple[dict[str, Any], bool]:
    """The annotations of the arguments of a function or class, by name, and whether it takes others too.

    A class that takes **settings hands them on: those of the classes behind it are its own. Raises TypeError or ValueError for what
    is compiled and tells nothing of its arguments.
    """
    parameters = inspect.signature(made).parameters
    behind = (
        [vars(c)["__init__"] for c in inspect.getmro(made) if "__init__" in vars(c)]
        if inspect.isclass(made)
        else [made]
    )
    known = hints_of(made.__init__ if inspect.isclass(made) else made)
    found = {name: known.get(name, Any) for name in parameters}
    for function in behind[1:]:
        if not _is_open(parameters):
            break
        parameters, known = inspect.signature(function).parameters, hints_of(function)
        found = {name: known.get(name, Any) for name in list(parameters)[1:]} | found
    return found, _is_open(parameters)


def _is_open(parameters: Mapping[str, inspect.Parameter]) -> bool:
    return any(p.kind is p.VAR_KEYWORD for p in parameters.values())


def fits(value: Any, hint: Any) -> bool:
    """Whether a plain YAML value can be passed where `hint` is annotated; unknown annotations accept anything."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if isinstance(value, Mapping):  # a nested object, checked by its own class
        return True
    if hint is Any or isinstance(hint, typing.TypeVar):
        return True
    if origin in (typing.Union, types.UnionType):
        return any(fits(value, option) for option in arguments)
    if origin is typing.Literal:
        return value in arguments
    if hint is None or hint is type(None):
        return value is None
    if hint is bool:
        return isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint in (str, Path):
        return isinstance(value, str | Path)
    if origin is not None and inspect.isclass(origin) and issubclass(origin, Sequence):
        items = [a for a in arguments if a is not Ellipsis]
        if isinstance(value, str) or not isinstance(value, Sequence):
            return False
        if origin is tuple and Ellipsis not in arguments and len(items) != len(value):
            return False
        padded = items if len(items) == len(value) else items[:1] * len(value)
        return all(fits(item, a) for item, a in zip(value, padded or [Any] * len(value), strict=True))
    if inspect.isclass(hint) and isinstance(value, str | int | float):
        return isinstance(value, hint)
    return value is not None


def describe(hint: Any) -> str:
    """`hint` in words a user reads."""
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "a text", Path: "a path",
             type(None): "null", None: "null"}  # fmt: skip
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        literals = [
            value for a in arguments if typing.get_origin(a) is typing.Literal for value in typing.get_args(a)
        ]
        others = [
            a
            for a in arguments
            if typing.get_origin(a) is not typing.Literal and not (a is int and float in arguments)
        ]
        others = [
            a for a in others if a in words or typing.get_origin(a)
        ] or others  # what a yaml file can hold
        options = [typing.Literal[*literals], *others] if literals else others
        return " or ".join(describe(option) for option in options)
    if origin is typing.Literal:
        return "one of " + ", ".join(dict.fromkeys(map(str, arguments)))
    if origin is not None and inspect.isclass(origin) and issubclass(origin, Sequence):
        items = [describe(a) for a in arguments if a is not Ellipsis]
        return "a list of " + ", ".join(items) if items else "a list"
    return words.get(hint, getattr(hint, "__name__", str(hint)))
