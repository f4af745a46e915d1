"""What several workflow tests need to start Snakemake and to know of the shipped config."""

import os
import re

ITERATIONS = ("iter1", "iter2", "iter3")


def environment():
    return os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2", "COLUMNS": "200"}


def planned_jobs(output):
    """Return the messages of the jobs that a dry run lists."""
    return set(re.findall(r"^(?:local )?Job \d+: (.+)$", output, re.MULTILINE))
