"""List the embedded corpus."""

from snakemake.iocontainers import Snakemake

from perfrnn.corpus import embedded
from perfrnn.corpus.inventory import read_inventory
from perfrnn.corpus.manifest import write_manifest
from perfrnn.jobs import job

snakemake: Snakemake

with job(snakemake.log[0]):
    fetched = read_inventory(snakemake.input.inventory)
    write_manifest(snakemake.output.manifest, embedded.sources(snakemake.params.raw, fetched))
