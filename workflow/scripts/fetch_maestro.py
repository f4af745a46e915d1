"""Fetch the MAESTRO dataset."""

from snakemake.iocontainers import Snakemake

from perfrnn.corpus import maestro
from perfrnn.corpus.inventory import write_inventory
from perfrnn.jobs import job

snakemake: Snakemake

with job(snakemake.log[0]):
    fetched = maestro.fetch(
        snakemake.params.raw,
        url=snakemake.params.url,
        table=snakemake.input.table,
        missing=snakemake.params.missing,
    )
    write_inventory(snakemake.output.inventory, fetched)
