"""Find, by content, what the corpus has more than once."""

from pathlib import Path

from snakemake.iocontainers import Snakemake

from perfrnn.corpus.manifest import read_manifest
from perfrnn.dataset.duplicates import find_duplicates, write_duplicates
from perfrnn.dataset.fingerprints import read_fingerprints
from perfrnn.dataset.held_out import read_held_out
from perfrnn.jobs import job

snakemake: Snakemake

with job(snakemake.log[0]):
    sources = read_manifest(snakemake.input.manifest)
    listed: frozenset[str] = frozenset()
    if table := snakemake.input.get("held_out"):
        pieces = {source.piece for source in sources}
        listed = read_held_out(Path(table), pieces, snakemake.params.sources).pieces
    found = find_duplicates(
        sources,
        read_fingerprints(map(Path, snakemake.input.fingerprints)),
        listed,
    )
    write_duplicates(snakemake.output.duplicates, found)
