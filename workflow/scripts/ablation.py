"""Compare trainings with and without auxiliary losses."""

from pathlib import Path

from snakemake.iocontainers import Snakemake

from perfrnn.jobs import available_cpus, job

snakemake: Snakemake

with job(snakemake.log[0]):
    from perfrnn.network.event_model import prepare_backend
    from perfrnn.training.ablation import compare

    prepare_backend(available_cpus(snakemake.threads))
    names = [variant.removeprefix("ablation/") for variant in snakemake.params.variants]
    compare(
        dict(zip(names, map(Path, snakemake.input.bundles), strict=True)),
        Path(snakemake.input.test),
        snakemake.params.settings,
        Path(snakemake.output.table),
    )
