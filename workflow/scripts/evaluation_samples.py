"""Compare the samples of all iterations with human performances."""

from pathlib import Path

from snakemake.iocontainers import Snakemake

from perfrnn.evaluation.compared_sets import read_compared_sets
from perfrnn.evaluation.evaluate import evaluate
from perfrnn.evaluation.overlap import write_overlap
from perfrnn.evaluation.reference import read_reference
from perfrnn.evaluation.training_set import read_training_set
from perfrnn.jobs import job

snakemake: Snakemake

with job(snakemake.log[0]):
    iterations, midi = snakemake.params.iterations, map(Path, snakemake.input.midi)
    folders = dict(zip(iterations, midi, strict=True))
    split, shards = Path(snakemake.input.split), [Path(shard) for shard in snakemake.input.shards]
    evaluate(
        folders,
        read_reference(),
        read_training_set(split, shards),
        table=Path(snakemake.output.table),
        verdicts=Path(snakemake.output.verdicts),
        seed=snakemake.params.seed,
    )
    sets = read_compared_sets(folders, split, shards, seed=snakemake.params.seed)
    write_overlap(Path(snakemake.output.overlap), sets, seed=snakemake.params.seed)
