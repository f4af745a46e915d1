"""Pack base models and write their cards."""

from pathlib import Path

from snakemake.iocontainers import Snakemake

from perfrnn.jobs import available_cpus, job

snakemake: Snakemake

with job(snakemake.log[0]):
    from perfrnn.network.event_model import at_once, prepare_backend
    from perfrnn.training.model_card import Dataset, ship

    prepare_backend(available_cpus(snakemake.threads), at_once(*snakemake.input.bundles))
    ship(
        [[Path(folder) for folder in chain] for chain in snakemake.params.trainings],
        Dataset(
            train=Path(snakemake.input.train),
            test=Path(snakemake.input.test),
            split=Path(snakemake.input.split),
            summary=Path(snakemake.input.summary),
            manifest=Path(snakemake.input.manifest),
            duplicates=Path(found) if (found := snakemake.input.get("duplicates")) else None,
        ),
        Path(snakemake.output.folder),
    )
