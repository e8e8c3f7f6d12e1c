"""Feed damaged and nonsensical inputs to every reader and to the configuration: each must end in one clear line.

    python benchmarks/fuzz_inputs.py [--scale 1.0] [--seed 1]

Prints how many inputs each reader was given, accepted and refused, and every exception that is not a clear line.
"""

from __future__ import annotations

import argparse
import json
import logging
import pickle
import random
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from measure import Figure
from omegaconf import DictConfig, OmegaConf

from hadronlab.api import composed
from hadronlab.config.check import check
from hadronlab.config.messages import one_line, user_errors
from hadronlab.data.ingest.npz import read_npz
from hadronlab.data.ingest.pickled import read_pickle
from hadronlab.data.ingest.text import read_text
from hadronlab.data.r_correlator import RCorrelator, read, write
from hadronlab.run.directory.checkpoint_io import load_checkpoint
from hadronlab.run.directory.trust import read_run_config
from hadronlab.sweeps.job_results import read_job

Trial = Callable[[random.Random], None]
ODD = [
    "nan",
    "-inf",
    "1e400",
    "-1",
    "0",
    "null",
    "[]",
    "{}",
    "''",
    "???",
    "${x}",
    "[1,[2]]",
    "true",
    "é",
    "a b",
    "1_0",
    "0x1",
    "!!int x",
    "*a",
    "\\",
    '"',
]


def damaged(data: bytes, random_source: random.Random) -> bytes:
    """`data` with bits flipped, pieces cut, doubled, swapped, or replaced."""
    content = bytearray(data)
    for _ in range(random_source.randint(1, 4)):
        at, length = random_source.randrange(len(content) + 1), random_source.choice([1, 2, 8, 64, 512])
        kind = random_source.randrange(6)
        if kind == 0 and content:
            content[at % len(content)] ^= 1 << random_source.randrange(8)
        elif kind == 1:
            del content[at : at + length]
        elif kind == 2:
            content[at:at] = content[at : at + length]
        elif kind == 3:
            content[at : at + length] = random_source.randbytes(length)
        elif kind == 4:
            del content[at:]
        else:
            content[at : at + 8] = random_source.choice(
                [b"\xff" * 8, b"\x00" * 8, b"\x7f" + b"\xff" * 7, b"nan nan "]
            )
    return bytes(content)


def of_file(path: Path, reader: Callable[[Path], Any]) -> Trial:
    """A trial that reads damaged copies of the file `path`."""
    whole, copy = path.read_bytes(), path.with_name(f"fuzzed_{path.name}")

    def trial(random_source: random.Random) -> None:
        copy.write_bytes(damaged(whole, random_source))
        reader(copy)

    return trial


def configuration_value(config: DictConfig) -> Trial:
    """A trial that checks `config` with odd values at random places."""
    leaves = [key for key in _leaves(OmegaConf.to_container(config, resolve=False))]

    def trial(random_source: random.Random) -> None:
        changed = config.copy()
        for key in random_source.sample(leaves, random_source.randint(1, 3)):
            value = random_source.choice(
                [
                    None,
                    -1,
                    0,
                    1.5,
                    float("nan"),
                    "",
                    "text",
                    [],
                    [1],
                    {},
                    {"_target_": "os.system"},
                    True,
                    10**30,
                ]
            )
            OmegaConf.update(changed, key, value, force_add=True)
        check(changed)

    return trial


def command_line(random_source: random.Random) -> None:
    """A trial that composes and checks random overrides."""
    keys = ["system", "model", "loss", "data", "optimizer", "trainer.max_epochs", "model.scale", "seed", "loss.asymptotic.cutoff", "x", "",
            "+y", "~model", "model.", ".", "trainer", "callbacks", "a@b", "hydra.run.dir", "scales.length", "strategy"]  # fmt: skip
    values = [*ODD, "separable", "sdnn", "tcc", "adam", "natural_gradient", "cpu", "ddp", "1", "0.5", "ridge"]
    overrides = [
        f"{random_source.choice(keys)}={random_source.choice(values)}"
        for _ in range(random_source.randint(1, 3))
    ]
    check(composed(*overrides, directory="unused"))


def _leaves(node: Any, path: str = "") -> list[str]:
    if isinstance(node, dict) and node:
        return [
            leaf
            for key, value in node.items()
            for leaf in _leaves(value, f"{path}.{key}" if path else str(key))
        ]
    return [path]


def trials(folder: Path) -> dict[str, tuple[int, Trial]]:
    """Name → (number of inputs at scale 1, trial)."""
    array = np.random.default_rng(1).normal(size=(3, 4, 6))
    torch.save(
        {"state_dict": {"w": torch.ones(50)}, "loops": {"a": [1, 2.0, "x", None]}, "epoch": 1},
        folder / "last.ckpt",
    )
    np.savez(folder / "a.npz", wall=array[0], t=np.arange(4), radius=np.arange(1.0, 7.0))
    (folder / "a_L4_t010_wall.pkl").write_bytes(pickle.dumps(np.ones((3, 10)), 3))
    table = "".join(f"{t} {r} {1.0 / r:.6f} 0.01\n" for t in range(3) for r in range(1, 9))
    (folder / "a.txt").write_text("# t r R error\n" + table)
    for read_whole in (lambda: read_npz(folder / "a.npz"), lambda: read_text(folder / "a.txt", "wall")):
        read_whole()  # what is damaged below was sound
    config = composed("system=separable", directory=folder)
    (folder / "config.yaml").write_text(OmegaConf.to_yaml(config, resolve=True))
    found = {
        "checkpoint": (4000, of_file(folder / "last.ckpt", load_checkpoint)),
        "npz archive": (2000, of_file(folder / "a.npz", read_npz)),
        "pickle": (2000, of_file(folder / "a_L4_t010_wall.pkl", read_pickle)),
        "text table": (2000, of_file(folder / "a.txt", lambda path: read_text(path, "wall"))),
        "config.yaml of a run": (1000, of_file(folder / "config.yaml", read_run_config)),
        "files of a job": (1500, _job(folder / "job")),
        "configuration values": (1000, configuration_value(config)),
        "command line": (400, command_line),
    }
    example = _correlator(folder / "a.h5")
    return found | {"HDF5 file": (150, of_file(example, read))}


def _job(folder: Path) -> Trial:
    """A trial that reads a job of a sweep one file of which is damaged."""
    (folder / ".hydra").mkdir(parents=True)
    quantity = {"value": 1.5, "error": 0.1, "unit": "fm"}
    files = {
        folder / "result.json": json.dumps(
            {"status": "ok", "observables": {"a": quantity}, "warnings": [], "objective": 1.0}
        ).encode(),
        folder / "metrics.csv": b"step,loss\n0,1.5\n20,0.7\n",
        folder / ".hydra" / "overrides.yaml": b"- seed=1\n- model.depth=3\n",
    }

    def trial(random_source: random.Random) -> None:
        for file, content in files.items():
            file.write_bytes(content)
        chosen = random_source.choice(list(files))
        chosen.write_bytes(damaged(files[chosen], random_source))
        if chosen.name == "metrics.csv":
            (folder / "result.json").unlink()
        read_job(folder)

    return trial


def _correlator(path: Path) -> Path:
    t, radius = np.arange(5), np.arange(1, 9) * 0.5
    values = np.exp(-0.1 * t)[:, None] * (1 + np.exp(-0.2 * radius))[None, :]
    bins = np.stack([values, values * 1.01, values * 0.99])
    write(
        RCorrelator(t=t, values={"wall": bins}, mass=0.5, mass2=0.5, inverse_spacing=2000.0, radius=radius),
        path,
    )
    return path


def fuzz(scale: float, seed: int, show: bool = True) -> tuple[int, Counter[str]]:
    """(number of inputs, exceptions that are not one clear line, by their text)."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    torch.set_num_threads(1)
    uncaught: Counter[str] = Counter()
    total, clear = 0, user_errors()
    with tempfile.TemporaryDirectory() as folder:
        for name, (number, trial) in trials(Path(folder)).items():
            outcomes, began = Counter[str](), time.perf_counter()
            for index in range(max(3, round(number * scale))):
                random_source = random.Random(f"{seed} {name} {index}")
                try:
                    trial(random_source)
                    outcomes["accepted"] += 1
                except clear as error:
                    outcomes["refused"] += 1
                    if len(one_line(error).splitlines()) != 1:
                        uncaught[f"{name} {index}: not one line: {one_line(error)!r}"] += 1
                except Exception as error:
                    uncaught[f"{name} {index}: {type(error).__name__}: {str(error)[:120]}"] += 1
            total += max(3, round(number * scale))
            if show:
                seconds = time.perf_counter() - began
                counts = (
                    f"{outcomes['accepted']:6} accepted  {outcomes['refused']:6} refused  {seconds:6.1f} s"
                )
                print(f"{name:24} {max(3, round(number * scale)):6} inputs  {counts}", flush=True)
    return total, uncaught


def short() -> list[Figure]:
    total, uncaught = fuzz(scale=0.02, seed=1, show=False)
    return [
        Figure(f"inputs of {total} that do not end in one clear line", sum(uncaught.values()), None, "", "")
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    total, uncaught = fuzz(options.scale, options.seed)
    print(f"{total} inputs, {sum(uncaught.values())} uncaught")
    for text in list(uncaught)[:40]:
        print(" ", text)
    sys.exit(bool(uncaught))


if __name__ == "__main__":
    main()
