"""C(k*) in the YAML of HEPData, in the JSON of its site, and in submissions of several tables."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from hadronlab.data.correlations.correlation_file import CorrelationFile
from hadronlab.errors import DataError

from .conftest import EDGES, ERROR, SYSTEMATIC, C, K
from .test_csv_table import check

Store = Callable[..., CorrelationFile]


def errors(row: int) -> list[dict[str, Any]]:
    """Statistical, symmetric; systematic in two parts, one asymmetric and one that is no more than named."""
    return [
        {"symerror": float(ERROR[row]), "label": "stat"},
        {
            "asymerror": {"plus": 0.5 * float(SYSTEMATIC[row]), "minus": -0.7 * float(SYSTEMATIC[row])},
            "label": "sys,tracks",
        },
        {"symerror": 0.8 * float(SYSTEMATIC[row]), "label": "feed-down"},
    ]


def table() -> dict[str, Any]:
    """A data file."""
    axis = [
        {"low": low / 500, "high": high / 500, "value": k / 500}
        for (low, high), k in zip(EDGES.tolist(), K.tolist(), strict=True)
    ]
    values = [{"value": value, "errors": errors(row)} for row, value in enumerate(C.tolist())]
    fit = [{"value": 9.0} for _ in K]
    return {
        "independent_variables": [{"header": {"name": "$Q_{inv}$", "units": "GeV/$c$"}, "values": axis}],
        "dependent_variables": [
            {"header": {"name": "Fit"}, "values": fit},
            {
                "header": {"name": "$C(k^{*})$"},
                "qualifiers": [{"name": "RE", "value": "P P"}],
                "values": values,
            },
        ],
    }


def of_the_site() -> dict[str, Any]:
    """The same as the site gives it: numbers are texts there."""
    content = table()
    rows = [
        {
            "x": [{key: str(value) for key, value in x.items()}],
            "y": [{"value": str(y["value"]), "errors": y["errors"], "group": 0}],
        }
        for x, y in zip(
            content["independent_variables"][0]["values"],
            content["dependent_variables"][1]["values"],
            strict=True,
        )
    ]
    headers = [{"name": "$Q_{inv}$ [GeV/$c$]", "colspan": 1}, {"name": "C", "colspan": 1}]
    return {"name": "Table 1", "headers": headers, "values": rows, "doi": "10.17182/hepdata.1.v1/t1"}


@pytest.mark.parametrize(("content", "name"), [(yaml.safe_dump(table()), "mine.yaml"), (json.dumps(table()), "mine.json"),
                                               (yaml.safe_dump(table()), "mine.yml"), (json.dumps(of_the_site()), "mine.json")])  # fmt: skip
def test_the_same_points_in_every_dress(stored: Store, content: str, name: str) -> None:
    data = stored(content, name).load()
    check(data)
    assert data.edges is not None
    np.testing.assert_allclose(data.edges * 197.3269804, EDGES, rtol=1e-14)
    np.testing.assert_allclose(data.systematic, SYSTEMATIC, rtol=1e-14)  # .6 in the mean, and .8


def test_what_may_be_left_out_and_what_may_be_written_otherwise(stored: Store) -> None:
    content = table()
    (axis,), (_, value) = content["independent_variables"], content["dependent_variables"]
    for entry in axis["values"]:
        del entry["low"], entry["high"]
    for entry, percent in zip(value["values"], 100 * ERROR / C, strict=True):
        entry["errors"] = [{"symerror": f"{percent}%"}]
    axis["values"].append({"value": 0.2})
    value["values"].append({"value": "-"})  # no measurement there
    content["dependent_variables"] = [{**value, "header": {"name": "Ratio"}}]
    data = stored(yaml.safe_dump(content), "mine.yaml").load()
    np.testing.assert_allclose(data.error, ERROR, rtol=1e-14)
    assert data.edges is None and len(data.k) == 4


def test_the_correlation_function_is_chosen_by_its_name(stored: Store) -> None:
    content = table()
    content["dependent_variables"][0]["header"]["name"] = "C, model"
    with pytest.raises(DataError, match=r"columns\.C=NUMBER: 1 \('C, model'\), 2 \('\$C"):
        stored(yaml.safe_dump(content), "mine.yaml").load()
    for chosen in ("$C(k^{*})$", 2):
        check(stored(yaml.safe_dump(content), "mine.yaml", columns={"C": chosen}).load())


def test_a_submission(stored: Store, tmp_path: Path) -> None:
    (tmp_path / "data1.yaml").write_text(yaml.safe_dump(table()))
    entries = [
        {"comment": "A paper"},
        {"name": "Table 1", "data_file": "data1.yaml", "description": "p p pairs"},
        {"name": "Table 2", "data_file": "../../secret.yaml"},
    ]
    text = yaml.safe_dump_all(entries)
    for chosen in ("Table 1", 1):
        data = stored(text, "submission.yaml", table=chosen).load()
        check(data)
        assert data.label == "submission, Table 1" and data.source == "p p pairs"
    with pytest.raises(DataError, match="holds 2 tables, choose one with table=NAME: 'Table 1', 'Table 2'"):
        stored(text, "submission.yaml").load()
    with pytest.raises(DataError, match="is outside of its directory"):
        stored(text, "submission.yaml", table=2).load()
    check(stored(yaml.safe_dump_all([entries[0], {"name": "Table 1", **table()}]), "single.yaml").load())
