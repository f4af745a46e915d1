"""Compare the samples of all iterations with human performances."""

from pathlib import Path

from snakemake.iocontainers import Snakemake

from perfrnn.evaluation.evaluate import evaluate
from perfrnn.evaluation.reference import read_reference
from perfrnn.evaluation.training_set import read_training_set
from perfrnn.jobs import job

snakemake: Snakemake

with job(snakemake.log[0]):
    folders = zip(snakemake.params.iterations, map(Path, snakemake.input.midi), strict=True)
    evaluate(
        dict(folders),
        read_reference(),
        read_training_set(Path(snakemake.input.split), map(Path, snakemake.input.shards)),
        table=Path(snakemake.output.table),
        verdicts=Path(snakemake.output.verdicts),
        seed=snakemake.params.seed,
    )
