"""What every test and every process that it starts finds: one thread, a cache that is not the user's, the same random
numbers whichever tests went before.
"""

import os
import shutil
import sys
import tempfile

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # two threads on a core that is shared wait for each other

WORKER = "PYTEST_XDIST_WORKER" in os.environ


def pytest_configure() -> None:
    """The session and all its workers share one empty cache."""
    if not WORKER:
        os.environ["HADRONLAB_CACHE"] = tempfile.mkdtemp(prefix="hadronlab-cache-")


def pytest_unconfigure() -> None:
    """It goes with the session."""
    if not WORKER:
        shutil.rmtree(os.environ["HADRONLAB_CACHE"], ignore_errors=True)


@pytest.fixture(autouse=True)
def _same_numbers() -> None:
    """Random ones where a test has no seed of its own, and those next to zero, which a variational run flushes to it."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(0)
        torch.set_flush_denormal(False)
