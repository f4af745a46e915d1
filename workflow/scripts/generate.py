"""Generate all samples of one iteration."""

from pathlib import Path

from snakemake.iocontainers import Snakemake

from perfrnn.jobs import job
from perfrnn.performances import write_samples

snakemake: Snakemake

with job(snakemake.log[0]):
    write_samples(
        Path(snakemake.input.bundle), Path(snakemake.output.midi), snakemake.params.settings
    )
