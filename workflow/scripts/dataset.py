"""Split the encoded music and write the training records."""

from dataclasses import fields
from pathlib import Path

from snakemake.iocontainers import Snakemake

from perfrnn.corpus.licences import licence_of
from perfrnn.corpus.manifest import read_manifest
from perfrnn.dataset.build import DatasetFiles, build_dataset
from perfrnn.dataset.duplicates import read_duplicates
from perfrnn.dataset.held_out import read_heard
from perfrnn.jobs import job

snakemake: Snakemake

with job(snakemake.log[0]):
    files = {each.name: Path(snakemake.output[each.name]) for each in fields(DatasetFiles)}
    build_dataset(
        read_manifest(snakemake.input.manifest),
        [Path(path) for path in snakemake.input.shards],
        [Path(path) for path in snakemake.input.quarantines],
        DatasetFiles(**files),
        snakemake.params.settings,
        licence_of(snakemake.params.corpus),
        performed=[Path(path) for path in snakemake.input.performed],
        corpora=snakemake.params.sources,
        heard=read_heard(Path(heard)) if (heard := snakemake.input.get("heard")) else (),
        duplicates=read_duplicates(found) if (found := snakemake.input.get("duplicates")) else (),
    )
