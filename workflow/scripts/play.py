"""Write the page on which every model of the run plays live."""

from pathlib import Path

from snakemake.iocontainers import Snakemake

from perfrnn.jobs import job
from perfrnn.play.page import PlayModel, write_play_page
from perfrnn.report.captions import describe_licence
from perfrnn.report.results import read_dataset, read_metrics

snakemake: Snakemake

with job(snakemake.log[0]):
    asked = snakemake.params
    made = zip(asked.iterations, snakemake.input.models, asked.settings, strict=True)
    models = [PlayModel(name, name, Path(model), settings) for name, model, settings in made]
    if start := snakemake.input.get("start"):
        title = "start (before training)"
        models.append(PlayModel("start", title, Path(start), asked.start_settings))
    write_play_page(
        Path(snakemake.output.page),
        models,
        piano=Path(snakemake.input.piano),
        licence=describe_licence(
            read_dataset(Path(snakemake.input.summary)),
            [read_metrics(Path(metrics)) for metrics in snakemake.input.metrics],
        ),
    )
