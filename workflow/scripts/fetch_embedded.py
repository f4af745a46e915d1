"""Take works from music21's packaged corpus."""

from snakemake.iocontainers import Snakemake

from perfrnn.corpus import embedded
from perfrnn.corpus.inventory import write_inventory
from perfrnn.jobs import job

snakemake: Snakemake

with job(snakemake.log[0]):
    fetched = embedded.fetch(snakemake.params.raw, snakemake.params.works)
    write_inventory(snakemake.output.inventory, fetched)
