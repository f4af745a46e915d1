"""Take stock of the user's own folder of music."""

from snakemake.iocontainers import Snakemake

from perfrnn.corpus import folder
from perfrnn.corpus.inventory import write_inventory
from perfrnn.jobs import job

snakemake: Snakemake

with job(snakemake.log[0]):
    write_inventory(snakemake.output.inventory, folder.fetch(snakemake.params.folder))
