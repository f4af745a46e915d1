"""Write the test set as whole performances."""

from pathlib import Path

from snakemake.iocontainers import Snakemake

from perfrnn.evaluation.scored_performances import write_scored_performances
from perfrnn.jobs import job

snakemake: Snakemake

with job(snakemake.log[0]):
    write_scored_performances(
        Path(snakemake.input.split),
        [Path(shard) for shard in snakemake.input.shards],
        Path(snakemake.output.performances),
    )
