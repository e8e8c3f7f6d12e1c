"""One seed, many independent streams; and no arithmetic on seeds anywhere in the package."""

from __future__ import annotations

import ast
import itertools
from pathlib import Path

import numpy as np
import pytest

import hadronlab
from hadronlab.errors import ConfigError
from hadronlab.estimates.streams import STREAMS, stream_seed


def test_streams_are_children_of_the_seed() -> None:
    child = np.random.SeedSequence(7).spawn(len(STREAMS))[STREAMS.index("evaluation")]
    assert stream_seed(7, "evaluation") == int(child.generate_state(1, np.uint64)[0])
    rank = np.random.SeedSequence(7).spawn(2)[1].spawn(4)[3]
    assert stream_seed(7, "walkers", 3) == int(rank.generate_state(1, np.uint64)[0])
    assert stream_seed(7, "network", 2, bits=32) < 2**32


def test_no_two_streams_are_one() -> None:
    asked = itertools.product(range(20), STREAMS, [(), (0,), (1,), (0, 0), (0, 1), (1, 0), (0, 0, 1)])
    seeds = [stream_seed(seed, name, *which) for seed, name, which in asked]
    assert len(set(seeds)) == len(seeds)


def test_a_negative_seed_is_told() -> None:
    with pytest.raises(ConfigError, match="seed = -1: a seed is a whole number"):
        stream_seed(-1, "noise")


@pytest.mark.slow
def test_nothing_is_added_to_a_seed() -> None:
    for path in Path(hadronlab.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub | ast.Mult | ast.BitXor):
                named = {n.id if isinstance(n, ast.Name) else n.attr for n in (node.left, node.right)
                         if isinstance(n, ast.Name | ast.Attribute)}  # fmt: skip
                assert "seed" not in named, f"{path}:{node.lineno}: {ast.unparse(node)}"
