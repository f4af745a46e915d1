"""What the training of a transformer begins with: composers, batches, network, start weights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np

from perfrnn.corpus.manifest import read_manifest
from perfrnn.dataset.batches import Batch
from perfrnn.dataset.excerpts import ExcerptBatches, unasked
from perfrnn.dataset.performance_batches import evaluation_performances
from perfrnn.dataset.segments import Segments
from perfrnn.dataset.spans import cut_spans
from perfrnn.evaluation.scoring import WINDOW
from perfrnn.events import requests
from perfrnn.network.bundle import check_fit
from perfrnn.network.optimizers import CLIP_NORM, WEIGHT_DECAY
from perfrnn.network.pretrained import read_start
from perfrnn.network.transformer import PerformanceTransformer
from perfrnn.network.transformer_layout import TRANSFORMER_MODEL, TransformerSettings
from perfrnn.training.hyperparameters import TrainingParameters, TransformerSize

LEAST_PERFORMANCES = 3
"""Files of a composer that is learned by name; fewer are as of an unknown one."""

ARRANGED_BY = " / "
"""Stands between the composer and the arranger, whose music an arrangement is taken for."""


def is_transformer(settings: TrainingParameters) -> bool:
    """Return whether the network is a transformer."""
    return settings["model"] == TRANSFORMER_MODEL


def composer_table(start: Path | None, manifest: Path | None) -> tuple[str, ...]:
    """Return the composers that a network knows, by row; the first stands for none.

    Those of the start weights, else those that the corpus has several files of.

    Raises
    ------
    BundleError
        If the start weights cannot be read.
    """
    if start is not None:
        settings = read_start(start).settings
        return settings.composers if settings else (requests.UNKNOWN_COMPOSER,)
    count = Counter(_composers(manifest).values())
    known = sorted(name for name, files in count.items() if files >= LEAST_PERFORMANCES)
    return (requests.UNKNOWN_COMPOSER, *known)


def open_excerpts(
    settings: TrainingParameters,
    train: Segments,
    held_out: Segments,
    manifest: Path | None,
    composers: tuple[str, ...],
) -> tuple[ExcerptBatches, Callable[[], Iterator[Batch]]]:
    """Return the training batches and a function that yields the evaluation set.

    Evaluation asks for nothing, and looks back over whole performances.
    """
    size, length = settings["batch_size"], settings.get("truncate")
    if length is None:
        length = min(_size(settings)["context"], int(np.diff(train.offsets).max()))
    else:
        train, held_out = train.joined(), held_out.joined()
        if "spans" in settings:
            train = cut_spans(train, seed=settings["seed"], **settings["spans"])
    row = {name: number for number, name in enumerate(composers)}
    by_source = _composers(manifest)
    rows = [row.get(by_source.get(source, ""), requests.NOTHING) for source in train.sources]
    batches = ExcerptBatches(
        train, size, length, np.array(rows), settings["seed"], tuple(settings["transpose"])
    )
    plain = partial(evaluation_performances, held_out, size, WINDOW, conditioned=False)
    return batches, lambda: unasked(plain())


def make_transformer(
    settings: TrainingParameters, composers: tuple[str, ...]
) -> PerformanceTransformer:
    """Return the network that the settings describe, with random weights."""
    return PerformanceTransformer(
        **_size(settings),
        composers=len(composers),
        densities=requests.DENSITIES,
        auxiliary=settings.get("losses", {}),
        l1=settings.get("l1", 0.0),
        optimizer=settings["optimizer"],
        weight_decay=settings.get("weight_decay", WEIGHT_DECAY),
        clip_norm=settings.get("clip_norm", CLIP_NORM),
        precision=settings["precision"],
        carried_rows=settings["batch_size"],
        seed=settings["seed"],
    )


def load_transformer(
    model: PerformanceTransformer, settings: TrainingParameters, path: Path | None
) -> None:
    """Give a network the weights that it starts from; None keeps its random ones.

    Raises
    ------
    BundleError
        If the file cannot be read or does not fit; other heads have keys of another size.
    """
    if path is None:
        return
    bundle = read_start(path)
    check_fit(bundle, settings["model"], model.shapes(), path)
    model.set_named_weights(bundle.weights)


def described(
    settings: TrainingParameters, composers: tuple[str, ...], description: str
) -> TransformerSettings:
    """Return what a file of the network says besides its weights."""
    size = _size(settings)
    return TransformerSettings(
        heads=size["heads"],
        context=size["context"],
        composers=composers,
        description=description,
    )


def _size(settings: TrainingParameters) -> TransformerSize:
    return cast(TransformerSize, settings["network"])


def _composers(manifest: Path | None) -> Mapping[str, str]:
    """Return composers by the ids of usable files; of arrangements those who made them."""
    if manifest is None:
        return {}
    return {
        source.id: source.composer.split(ARRANGED_BY)[-1]
        for source in read_manifest(manifest)
        if not source.problem
    }
