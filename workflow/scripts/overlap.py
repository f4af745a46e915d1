"""Compare the samples of all iterations with held-out music, set by set."""

from pathlib import Path

from snakemake.iocontainers import Snakemake

from perfrnn.evaluation.compared_sets import read_compared_sets
from perfrnn.evaluation.overlap import write_overlap
from perfrnn.jobs import job

snakemake: Snakemake

with job(snakemake.log[0]):
    folders = zip(snakemake.params.iterations, map(Path, snakemake.input.midi), strict=True)
    sets = read_compared_sets(
        dict(folders),
        Path(snakemake.input.split),
        map(Path, snakemake.input.shards),
        seed=snakemake.params.seed,
    )
    write_overlap(Path(snakemake.output.table), sets, seed=snakemake.params.seed)
