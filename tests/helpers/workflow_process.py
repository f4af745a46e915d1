"""What several workflow tests need to start Snakemake and to know of the shipped config."""

import os

ITERATIONS = ("iter1", "iter2", "iter3")


def environment():
    return os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2", "COLUMNS": "200"}
