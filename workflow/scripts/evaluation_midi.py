"""Export samples and held-out music as MIDI files for other tools."""

from pathlib import Path

from snakemake.iocontainers import Snakemake

from perfrnn.evaluation.compared_sets import export_midi, read_compared_sets
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
    export_midi(Path(snakemake.output.midi), sets)
