"""Generate all samples of one iteration."""

from pathlib import Path

from snakemake.iocontainers import Snakemake

from perfrnn.evaluation.candidates import choose
from perfrnn.generation.samples import write_samples
from perfrnn.jobs import job

snakemake: Snakemake

with job(snakemake.log[0]):
    folder = Path(snakemake.output.midi)
    settings = snakemake.params.settings
    dataset = snakemake.input.get("dataset")
    write_samples(
        Path(snakemake.input.bundle),
        [folder / f"sample-{number}.mid" for number in range(1, settings["count"] + 1)],
        settings,
        dataset=Path(dataset) if dataset else None,
        choose=choose,
    )
