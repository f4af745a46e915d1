"""Encode one shard of NoteSequences."""

from functools import partial

from snakemake.iocontainers import Snakemake

from perfrnn.dataset.encoding import encode_shard
from perfrnn.files import sha256
from perfrnn.jobs import job
from perfrnn.remaking import remake

snakemake: Snakemake

with job(snakemake.log[0]):
    shard, (encoded, record) = snakemake.input.shard, snakemake.output
    remake(
        [encoded],
        record,
        [sha256(shard), dict(snakemake.params.items())],
        partial(encode_shard, shard, encoded, snakemake.params.settings),
    )
