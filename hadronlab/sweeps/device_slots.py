"""One device a process: the first whose lock file nobody holds."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from hadronlab.errors import ConfigError
from hadronlab.run.directory.locks import hold

_held: tuple[int, IO[str]] | None = None


def device_slot(devices: Sequence[str], directory: Path | None = None) -> int:
    """The index in `devices` of one that no other process holds; it is held as long as this process lives.

    devices: names that mean the same device in every process of this machine. directory: of the lock files; one of the
    user's own in the temporary directory by default. Raises ConfigError where all are taken.
    """
    global _held
    if _held is not None:
        return _held[0]
    place = directory or Path(tempfile.gettempdir()) / f"hadronlab-devices-{os.getuid()}"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    for index, device in enumerate(devices):
        handle = open(place / f"{device.replace('/', '_')}.lock", "w")  # noqa: SIM115 (held as long as the process)
        if not hold(handle):
            handle.close()
            continue
        _held = index, handle
        return index
    raise ConfigError(
        f"all {len(devices)} devices of this machine are in use: lower hydra.launcher.n_jobs, or wait"
    )


def visible_devices(count: int) -> list[str]:
    """Names of the `count` GPUs that this process sees: their numbers on the machine, or the ids that a scheduler gave."""
    names = [name.strip() for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name.strip()]
    return names[:count] if names else [str(number) for number in range(count)]


def free_device() -> list[int]:
    """The GPU of this machine that no other process of yours holds, as `trainer.devices` wants it."""
    import torch

    return [device_slot(visible_devices(torch.cuda.device_count()))]
