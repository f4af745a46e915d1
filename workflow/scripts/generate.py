"""Generate all samples of one iteration."""

from pathlib import Path

from snakemake.iocontainers import Snakemake

from perfrnn.jobs import job
from perfrnn.performances import write_samples

snakemake: Snakemake

with job(snakemake.log[0]):
    folder = Path(snakemake.output.midi)
    settings = snakemake.params.settings
    write_samples(
        Path(snakemake.input.bundle),
        [folder / f"sample-{number}.mid" for number in range(1, settings["count"] + 1)],
        settings,
        dataset=Path(snakemake.input.dataset),
    )
