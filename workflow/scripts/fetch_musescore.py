"""Fetch the scores of config/musescore.tsv."""

from snakemake.iocontainers import Snakemake

from perfrnn.corpus import musescore
from perfrnn.corpus.inventory import write_inventory
from perfrnn.jobs import job

snakemake: Snakemake

with job(snakemake.log[0]):
    fetched = musescore.fetch(
        snakemake.params.raw, table=snakemake.input.table, missing=snakemake.params.missing
    )
    write_inventory(snakemake.output.inventory, fetched)
