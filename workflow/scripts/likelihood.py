"""Score models on held-out music."""

from pathlib import Path

from snakemake.iocontainers import Snakemake

from perfrnn.jobs import available_cpus, job

snakemake: Snakemake

with job(snakemake.log[0]):
    from perfrnn.evaluation.likelihood import write_likelihood
    from perfrnn.network.event_model import at_once, prepare_backend

    models = [Path(model) for model in snakemake.input.models]
    prepare_backend(available_cpus(snakemake.threads), at_once(*models))
    write_likelihood(
        dict(zip(snakemake.params.names, models, strict=True)),
        Path(snakemake.input.performances),
        Path(snakemake.input.split),
        Path(snakemake.output.table),
        precision=snakemake.params.precision,
    )
