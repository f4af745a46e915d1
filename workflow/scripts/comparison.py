"""Compare the iterations in one figure."""

from pathlib import Path

from snakemake.iocontainers import Snakemake

from perfrnn.jobs import job
from perfrnn.report.curves import draw_comparison

snakemake: Snakemake

with job(snakemake.log[0]):
    metrics = map(Path, snakemake.input.metrics)
    draw_comparison(
        dict(zip(snakemake.params.iterations, metrics, strict=True)),
        Path(snakemake.output.figure),
    )
