"""Settings for all tests."""

import os

# Of matrices as small as the tests' several threads make nothing but work; jobs of the workflow
# have one as well, from Snakemake. NumPy reads this when it is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from hypothesis import settings

# The same examples on every machine, however busy it is: speed is measured in benchmarks/.
settings.register_profile("perfrnn", deadline=None, derandomize=True)
settings.load_profile("perfrnn")
