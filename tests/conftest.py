"""Settings for all tests."""

import os

# Of matrices as small as the tests' several threads make nothing but work; jobs of the workflow
# have one as well, from Snakemake. NumPy reads this when it is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from hypothesis import settings

# The same examples on every machine, however busy it is: speed is measured in benchmarks/.
settings.register_profile("perfrnn", deadline=None, derandomize=True)
settings.load_profile("perfrnn")


def pytest_runtest_setup(item):
    """Of tests side by side let those in a browser go first: what plays there must not be late."""
    if "PYTEST_XDIST_WORKER" in os.environ and "browser" not in item.path.parts:
        nice = max(10, os.getpriority(os.PRIO_PROCESS, 0))
        os.setpriority(os.PRIO_PROCESS, 0, nice)
