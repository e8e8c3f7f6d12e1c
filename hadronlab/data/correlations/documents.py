"""Documents out of the YAML and JSON of others: plain values only, and of bounded size."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from hadronlab.data.correlations.table import read_text
from hadronlab.errors import DataError

MAX_DEPTH, MAX_ALIASES = 20, 10_000  # a table has some six levels; who repeats more means harm
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where libyaml is there
NO_TABLE = "is no HEPData table of independent_variables and dependent_variables"


def read_documents(path: Path) -> list[Mapping[str, Any]]:
    """What a file holds, without aliases without end, merges, deep nesting, or anything else than plain values."""
    text = read_text(path)
    try:
        if path.suffix == ".json":
            return [_mapping(json.loads(text))]
        depth = aliases = 0
        for event in yaml.parse(text, Loader=LOADER):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            aliases += isinstance(event, yaml.AliasEvent)
            merge = isinstance(event, yaml.ScalarEvent) and event.value == "<<"
            if depth > MAX_DEPTH or aliases > MAX_ALIASES or merge:
                raise DataError("is nested, aliased or merged as no table is")
        return [_mapping(document) for document in yaml.load_all(text, Loader=LOADER) if document is not None]
    except (yaml.YAMLError, ValueError, RecursionError, TypeError) as error:
        if isinstance(error, DataError):
            raise
        place = getattr(error, "problem_mark", None)
        line = getattr(error, "lineno", None) or (place.line + 1 if place else None)
        where = "" if line is None else f" at line {line}"
        raise DataError(f"cannot be read as {path.suffix.lstrip('.') or 'yaml'}{where}") from error


def _mapping(document: Any) -> Mapping[str, Any]:
    if not isinstance(document, dict):
        raise DataError(NO_TABLE)
    return document


def select(path: Path, documents: list[Mapping[str, Any]], table: str | int | None) -> Mapping[str, Any]:
    """The document of one table; where a submission refers to a file beside it, what stands there."""
    tables = [d for d in documents if {"data_file", "independent_variables", "values"}.intersection(d)]
    names = [str(d.get("name", at)) for at, d in enumerate(tables, start=1)]
    found = [at for at, name in enumerate(names) if table in (None, name) or str(table) == str(at + 1)]
    if len(found) != 1:
        known = ", ".join(map(ascii, names)) or "none with independent_variables"
        raise DataError(f"holds {len(tables)} tables, choose one with table=NAME: {known:.300}")
    chosen = tables[found[0]]
    if "data_file" not in chosen:
        return chosen
    file = path.parent / str(chosen["data_file"])
    if not file.resolve().is_relative_to(path.parent.resolve()):
        raise DataError(f"its data_file {str(file)!a:.100} is outside of its directory")
    return {**chosen, **select(file, [d for d in read_documents(file) if "data_file" not in d], None)}
