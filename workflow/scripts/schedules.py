"""Compare learning-rate schedules in one figure."""

from pathlib import Path

from snakemake.iocontainers import Snakemake

from perfrnn.jobs import job
from perfrnn.report.curves import draw_schedules

snakemake: Snakemake

with job(snakemake.log[0]):
    draw_schedules(
        {
            "own schedule": Path(snakemake.input.own),
            "fixed rate": Path(snakemake.input.fixed),
        },
        Path(snakemake.output.figure),
    )
