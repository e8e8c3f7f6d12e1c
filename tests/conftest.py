"""One thread in every test and in what it starts: two of them on a core that is shared wait for each other."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
