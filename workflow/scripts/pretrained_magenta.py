"""Download one of Magenta's bundles."""

from pathlib import Path

from snakemake.iocontainers import Snakemake

from perfrnn.jobs import job
from perfrnn.network.magenta_bundles import fetch_bundle

snakemake: Snakemake

with job(snakemake.log[0]):
    fetch_bundle(
        snakemake.params.url, Path(snakemake.output.bundle), Path(snakemake.params.record)
    )
