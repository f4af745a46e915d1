"""Choose and render excerpts by humans and models, and write the page that asks which is which."""

from pathlib import Path

from snakemake.iocontainers import Snakemake

from perfrnn.corpus.licences import licence_of
from perfrnn.dataset.split_table import read_split
from perfrnn.evaluation.listening import choose_items, render_items
from perfrnn.jobs import job
from perfrnn.report.listening_page import write_listening_page

snakemake: Snakemake

with job(snakemake.log[0]):
    corpus = snakemake.params.corpus
    folders = zip(snakemake.params.iterations, map(Path, snakemake.input.midi), strict=True)
    items = choose_items(
        dict(folders),
        Path(snakemake.input.split),
        map(Path, snakemake.input.shards),
        seed=snakemake.params.seed,
    )
    audio = Path(snakemake.output.audio)
    sounds = render_items(items, audio, soundfont=snakemake.params.soundfont)
    write_listening_page(
        Path(snakemake.output.page),
        items,
        sounds,
        corpus=corpus,
        licence=licence_of(corpus),
        eval_is_test=read_split(Path(snakemake.input.split)).eval_is_test,
    )
