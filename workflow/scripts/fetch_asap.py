"""Fetch the ASAP dataset."""

from snakemake.iocontainers import Snakemake

from perfrnn.corpus import asap
from perfrnn.corpus.inventory import write_inventory
from perfrnn.jobs import job

snakemake: Snakemake

with job(snakemake.log[0]):
    fetched = asap.fetch(
        snakemake.params.raw,
        url=snakemake.params.url,
        tree=snakemake.input.tree,
        include=snakemake.params.include,
        missing=snakemake.params.missing,
    )
    write_inventory(snakemake.output.inventory, fetched)
