"""List every source file of the corpus."""

from pathlib import Path

from snakemake.iocontainers import Snakemake

from perfrnn.corpus import asap, embedded, folder, maestro, musescore
from perfrnn.corpus.inventory import read_inventory
from perfrnn.corpus.manifest import write_manifest
from perfrnn.jobs import job

snakemake: Snakemake

with job(snakemake.log[0]):
    tables = snakemake.input
    listed = {
        "embedded": embedded.sources,
        "asap": asap.sources,
        "maestro": lambda raw, files: maestro.sources(raw, files, table=tables.maestro),
        "musescore": lambda raw, files: musescore.sources(raw, files, table=tables.musescore),
        "folder": lambda raw, files: folder.sources(snakemake.params.folder, files),
    }
    inventories = zip(snakemake.params.sources, map(Path, tables.inventories), strict=True)
    write_manifest(
        snakemake.output.manifest,
        [
            row
            for source, path in inventories
            for row in listed[source](path.parent / "raw", read_inventory(path))
        ],
    )
