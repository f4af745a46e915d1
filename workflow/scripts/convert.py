"""Convert one shard of the manifest to NoteSequences."""

from snakemake.iocontainers import Snakemake

from perfrnn.corpus.manifest import read_manifest
from perfrnn.jobs import available_cpus, job
from perfrnn.sequences.convert import convert_shard

snakemake: Snakemake

with job(snakemake.log[0]):
    sources = read_manifest(snakemake.input.manifest)
    convert_shard(
        sources[int(snakemake.wildcards.shard) :: snakemake.params.shards],
        snakemake.output.notesequences,
        snakemake.output.quarantine,
        performed=snakemake.output.performed,
        processes=available_cpus(snakemake.threads),
        unfold_repeats=snakemake.params.unfold_repeats,
        perform=snakemake.params.perform,
    )
