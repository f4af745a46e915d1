"""Encode one shard of NoteSequences."""

from snakemake.iocontainers import Snakemake

from perfrnn.dataset.encoding import encode_shard
from perfrnn.jobs import job

snakemake: Snakemake

with job(snakemake.log[0]):
    encode_shard(snakemake.input.shard, snakemake.output.encoded, snakemake.params.settings)
