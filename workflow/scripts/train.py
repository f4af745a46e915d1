"""Train one iteration."""

from pathlib import Path

from snakemake.iocontainers import Snakemake

from perfrnn.jobs import available_cpus, job

snakemake: Snakemake

with job(snakemake.log[0]):
    from perfrnn.network.event_model import at_once, prepare_backend
    from perfrnn.training.setup import TrainingFiles
    from perfrnn.training.train import train

    prepare_backend(available_cpus(snakemake.threads), at_once(snakemake.params.settings["model"]))
    train(
        snakemake.wildcards.iteration,
        snakemake.params.settings,
        TrainingFiles(
            train=Path(snakemake.input.train),
            eval=Path(snakemake.input.eval),
            start=Path(snakemake.input.start) if snakemake.input.get("start") else None,
            state=Path(snakemake.params.state),
            model=Path(snakemake.output.model),
            magenta=Path(snakemake.output.magenta) if snakemake.output.get("magenta") else None,
            history=Path(snakemake.output.history),
            metrics=Path(snakemake.output.metrics),
            tensorboard=Path(snakemake.params.tensorboard),
            manifest=Path(snakemake.input.manifest) if snakemake.input.get("manifest") else None,
        ),
        devices=snakemake.resources.devices,
    )
