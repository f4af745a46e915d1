"""Collect everything made of one iteration's samples in one folder, with a page of its own."""

import shutil
from pathlib import Path

from snakemake.iocontainers import Snakemake

from perfrnn.jobs import job
from perfrnn.report.samples_page import write_samples_page

snakemake: Snakemake

with job(snakemake.log[0]):
    folder = Path(snakemake.output.samples)
    folder.mkdir(parents=True)
    for file in [*Path(snakemake.input.midi).iterdir(), *map(Path, snakemake.input.rendered)]:
        shutil.copy2(file, folder)
    write_samples_page(
        folder,
        iteration=snakemake.wildcards.iteration,
        metrics=Path(snakemake.input.metrics),
        corpus=snakemake.params.corpus,
        dataset=Path(snakemake.input.summary),
    )
