"""Convert one shard of the manifest to NoteSequences."""

from dataclasses import astuple
from functools import partial

from snakemake.iocontainers import Snakemake

from perfrnn.corpus.manifest import read_manifest
from perfrnn.jobs import available_cpus, job
from perfrnn.remaking import remake
from perfrnn.sequences.convert import convert_shard

snakemake: Snakemake

with job(snakemake.log[0]):
    chosen = slice(int(snakemake.wildcards.shard), None, snakemake.params.shards)
    sources = read_manifest(snakemake.input.manifest)[chosen]
    *outputs, record = snakemake.output
    remake(
        outputs,
        record,
        [list(map(astuple, sources)), dict(snakemake.params.items())],
        partial(
            convert_shard,
            sources,
            snakemake.output.notesequences,
            snakemake.output.quarantine,
            performed=snakemake.output.performed,
            processes=available_cpus(snakemake.threads),
            unfold_repeats=snakemake.params.unfold_repeats,
            perform=snakemake.params.perform,
        ),
    )
