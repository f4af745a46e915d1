"""List every source file of the corpus."""

from snakemake.iocontainers import Snakemake

from perfrnn.corpus import asap, embedded, folder, maestro, musescore
from perfrnn.corpus.inventory import read_inventory
from perfrnn.corpus.manifest import write_manifest
from perfrnn.jobs import job

snakemake: Snakemake

with job(snakemake.log[0]):
    listed = {
        "embedded": lambda files: embedded.sources("data/embedded/raw", files),
        "asap": lambda files: asap.sources("data/asap/raw", files),
        "maestro": lambda files: maestro.sources(
            "data/maestro/raw", files, table=snakemake.input.maestro
        ),
        "musescore": lambda files: musescore.sources(
            "data/musescore/raw", files, table=snakemake.input.musescore
        ),
        "folder": lambda files: folder.sources(snakemake.params.folder, files),
    }
    inventories = zip(snakemake.params.sources, snakemake.input.inventories, strict=True)
    write_manifest(
        snakemake.output.manifest,
        [row for source, path in inventories for row in listed[source](read_inventory(path))],
    )
