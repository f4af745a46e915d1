"""Measure the human performances of a corpus, and the controls made from them."""

from pathlib import Path

from snakemake.iocontainers import Snakemake

from perfrnn.corpus.licences import licence_of
from perfrnn.corpus.manifest import read_manifest
from perfrnn.dataset.duplicates import read_duplicates, without_doubles
from perfrnn.evaluation.humans import build_reference
from perfrnn.jobs import job
from perfrnn.sequences.performed import read_performed

snakemake: Snakemake

with job(snakemake.log[0]):
    corpus = snakemake.params.corpus
    sources = read_manifest(snakemake.input.manifest)
    if snakemake.input.duplicates:
        sources = without_doubles(sources, read_duplicates(snakemake.input.duplicates))
    reference = build_reference(
        sources,
        list(map(Path, snakemake.input.shards)),
        seed=snakemake.params.seed,
        origin=f"{corpus}: {licence_of(corpus)}",
        performed={row.id for table in snakemake.input.performed for row in read_performed(table)},
    )
    reference.write(Path(snakemake.output.summary), Path(snakemake.output.humans))
