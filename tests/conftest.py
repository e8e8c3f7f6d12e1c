"""What every test and every process that it starts finds: one thread, and a cache that is not the user's."""

import os
import shutil
import tempfile

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
