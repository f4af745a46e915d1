"""Draw the curves of one training."""

from pathlib import Path

from snakemake.iocontainers import Snakemake

from perfrnn.jobs import job
from perfrnn.report.curves import draw_curves

snakemake: Snakemake

with job(snakemake.log[0]):
    draw_curves(
        Path(snakemake.input.history),
        Path(snakemake.input.metrics),
        Path(snakemake.output.figure),
    )
