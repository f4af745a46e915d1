"""Take the fingerprints of one shard of NoteSequences."""

from snakemake.iocontainers import Snakemake

from perfrnn.dataset.fingerprints import fingerprints, write_fingerprints
from perfrnn.jobs import job
from perfrnn.sequences.convert import read_notesequences

snakemake: Snakemake

with job(snakemake.log[0]):
    found = fingerprints(read_notesequences([snakemake.input.shard]))
    write_fingerprints(snakemake.output.fingerprints, found)
