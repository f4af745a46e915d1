"""Take the fingerprints of one shard of NoteSequences."""

from snakemake.iocontainers import Snakemake

from perfrnn.dataset.fingerprints import fingerprints, write_fingerprints
from perfrnn.files import sha256
from perfrnn.jobs import job
from perfrnn.remaking import remake
from perfrnn.sequences.convert import read_notesequences

snakemake: Snakemake

with job(snakemake.log[0]):
    shard, (prints, record) = snakemake.input.shard, snakemake.output
    remake(
        [prints],
        record,
        [sha256(shard), dict(snakemake.params.items())],
        lambda: write_fingerprints(prints, fingerprints(read_notesequences([shard]))),
    )
