"""Write the page that shows everything."""

from pathlib import Path

from snakemake.iocontainers import Snakemake

from perfrnn.jobs import job
from perfrnn.report.page import write_page

snakemake: Snakemake


def optional(path: str | None) -> Path | None:
    """Return what an input that may be left out names."""
    return Path(path) if path else None


with job(snakemake.log[0]):
    names = snakemake.params.iterations
    write_page(
        Path(snakemake.output.page),
        iterations={
            name: Path(metrics).parent
            for name, metrics in zip(names, snakemake.input.metrics, strict=True)
        },
        corpus=snakemake.params.corpus,
        dataset=Path(snakemake.input.summary),
        curves=dict(zip(names, map(Path, snakemake.input.curves), strict=True)),
        comparison=Path(snakemake.input.comparison),
        humanness=Path(snakemake.input.humanness),
        evaluation=Path(snakemake.input.evaluation),
        likelihoods=Path(snakemake.input.likelihoods),
        overlap=Path(snakemake.input.overlap),
        listening=optional(snakemake.input.get("listening")),
        play=optional(snakemake.input.get("play")),
        ablation=optional(snakemake.input.get("ablation")),
        schedules=optional(snakemake.input.get("schedules")),
        magenta=snakemake.params.magenta,
    )
