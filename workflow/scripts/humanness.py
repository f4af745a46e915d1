"""Place the samples among human performances."""

from pathlib import Path

from snakemake.iocontainers import Snakemake

from perfrnn.evaluation.reference import read_reference
from perfrnn.jobs import job
from perfrnn.report.humanness import draw_humanness

snakemake: Snakemake

with job(snakemake.log[0]):
    draw_humanness(
        Path(snakemake.input.evaluation), read_reference(), Path(snakemake.output.figure)
    )
