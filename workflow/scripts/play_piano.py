"""Sample a piano for the page on which models play live."""

from pathlib import Path

from snakemake.iocontainers import Snakemake

from perfrnn.jobs import job
from perfrnn.play.piano import write_piano

snakemake: Snakemake

with job(snakemake.log[0]):
    write_piano(Path(snakemake.output.piano), soundfont=snakemake.params.soundfont)
