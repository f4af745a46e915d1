"""Settings for all tests."""

from hypothesis import settings

# The same examples on every machine, however busy it is: speed is measured in benchmarks/.
settings.register_profile("perfrnn", deadline=None, derandomize=True)
settings.load_profile("perfrnn")
