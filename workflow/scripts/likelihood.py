"""Score every model on held-out music."""

from pathlib import Path

from snakemake.iocontainers import Snakemake

from perfrnn.jobs import available_cpus, job

snakemake: Snakemake

with job(snakemake.log[0]):
    from perfrnn.evaluation.likelihood import write_likelihoods
    from perfrnn.network.event_model import at_once, prepare_backend

    bundles = [Path(path) for path in (*snakemake.input.start, *snakemake.input.bundles)]
    prepare_backend(available_cpus(snakemake.threads), at_once(*bundles))
    write_likelihoods(
        dict(zip(snakemake.params.models, bundles, strict=True)),
        [Path(shard) for shard in snakemake.input.shards],
        Path(snakemake.input.split),
        Path(snakemake.output.table),
        precision=snakemake.params.precision,
    )
