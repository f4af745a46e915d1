"""Score a model on held-out music."""

from pathlib import Path

from snakemake.iocontainers import Snakemake

from perfrnn.jobs import available_cpus, job

snakemake: Snakemake

with job(snakemake.log[0]):
    from perfrnn.evaluation.likelihood import write_likelihood
    from perfrnn.network.event_model import at_once, prepare_backend

    model = Path(snakemake.input.model)
    prepare_backend(available_cpus(snakemake.threads), at_once(model))
    write_likelihood(
        snakemake.params.name,
        model,
        [Path(shard) for shard in snakemake.input.shards],
        Path(snakemake.input.split),
        Path(snakemake.output.table),
        precision=snakemake.params.precision,
    )
