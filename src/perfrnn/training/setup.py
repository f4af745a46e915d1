"""What a training begins with: files, batches, network, start weights, stopping rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np

from perfrnn.dataset.batches import Batch, TrainingBatches, evaluation_batches
from perfrnn.dataset.excerpts import ExcerptBatches
from perfrnn.dataset.performance_batches import PerformanceBatches, evaluation_performances
from perfrnn.dataset.segments import read_segments
from perfrnn.dataset.spans import cut_spans
from perfrnn.events.conditioning import CONTROL_SIZE
from perfrnn.files import content_sha256
from perfrnn.network.bundle import Bundle, Weights, check_fit, widen
from perfrnn.network.event_model import EventModel
from perfrnn.network.latches import (
    PITCHES,
    has_latches,
    wire_conditions,
    wire_density,
    wire_latches,
)
from perfrnn.network.layouts import CONDITIONED_MODEL
from perfrnn.network.model import CLIP_NORM, PerformanceRNN
from perfrnn.network.pretrained import BASE_MODEL, bundled_path, read_start
from perfrnn.network.transformer import PerformanceTransformer
from perfrnn.network.transformer_layout import TRANSFORMER_MODEL
from perfrnn.training.hyperparameters import NetworkSize, Stopping, TrainingParameters, steps
from perfrnn.training.stopping import EarlyStopping
from perfrnn.training.transformers import (
    composer_table,
    described,
    is_transformer,
    load_transformer,
    make_transformer,
    open_excerpts,
)

Batches = TrainingBatches | PerformanceBatches | ExcerptBatches

WIRING_ROWS, WIRING_EVENTS = 48, 512
"""Music by which units are chosen that make room for latches."""


@dataclass(frozen=True)
class TrainingFiles:
    """Where a training reads and writes.

    Attributes
    ----------
    train, eval : records written by `perfrnn.dataset.segments.write_segments`.
    start : bundle to start from; None for random weights.
    state : folder for the states of all trainings of this iteration, one for each fingerprint and
        `max_steps`.
    model, history, metrics : the results.
    magenta : where the model goes once more, as a bundle that Magenta loads; None for nowhere.
    tensorboard : folder for TensorBoard's event files; None for none.
    manifest : the corpus' table of files, which names composers; None where no network asks.
    half : whether the model is written in half precision.
    """

    train: Path
    eval: Path
    start: Path | None
    state: Path
    model: Path
    history: Path
    metrics: Path
    magenta: Path | None = None
    tensorboard: Path | None = None
    manifest: Path | None = None
    half: bool = False

    def digests(self) -> dict[str, str]:
        """Return the SHA-256 of the content of every file that is read."""
        read = {
            "train": self.train,
            "eval": self.eval,
            "start": self.start,
            "manifest": self.manifest,
        }
        return {name: content_sha256(path) for name, path in read.items() if path is not None}

    @property
    def start_text(self) -> str:
        """Say in words where the weights come from."""
        if self.start is None:
            return "scratch (random weights)"
        if self.start == bundled_path(self.start.stem):
            return f"{BASE_MODEL} {self.start.stem}"
        return str(self.start)


def is_conditioned(settings: TrainingParameters) -> bool:
    """Return whether the network hears conditioning signals."""
    return settings["model"] == CONDITIONED_MODEL


def open_batches(
    settings: TrainingParameters, files: TrainingFiles, composers: tuple[str, ...] = ()
) -> tuple[Batches, Callable[[], Iterator[Batch]]]:
    """Return the training batches and a function that yields the evaluation set.

    Parameters
    ----------
    composers : by row of a transformer's table.
    """
    train, held_out = read_segments(files.train), read_segments(files.eval)
    if is_transformer(settings):
        return open_excerpts(settings, train, held_out, files.manifest, composers)
    size, conditioned = settings["batch_size"], is_conditioned(settings)
    seed, transpose = settings["seed"], tuple(settings["transpose"])
    length = settings.get("truncate")
    if length is None:
        evaluate = partial(evaluation_batches, held_out, size, conditioned=conditioned)
        return TrainingBatches(train, size, conditioned, seed, transpose), evaluate
    evaluate = partial(
        evaluation_performances, held_out.joined(), size, length, conditioned=conditioned
    )
    performances = train.joined()
    if "spans" in settings:
        performances = cut_spans(performances, seed=seed, **settings["spans"])
    held = settings.get("held_controls", 0.0)
    batches = PerformanceBatches(
        performances, size, length, conditioned, seed, transpose, held=held
    )
    return batches, evaluate


def composers_known(settings: TrainingParameters, files: TrainingFiles) -> tuple[str, ...]:
    """Return the composers that the network can be asked for, by row; none for an LSTM."""
    return composer_table(files.start, files.manifest) if is_transformer(settings) else ()


def make_network(settings: TrainingParameters, composers: tuple[str, ...] = ()) -> EventModel:
    """Return the network that the settings describe, with random weights."""
    if is_transformer(settings):
        return make_transformer(settings, composers)
    return PerformanceRNN(
        conditioned=is_conditioned(settings),
        **cast(NetworkSize, settings["network"]),
        dropout=settings.get("dropout", 0.0),
        auxiliary=settings.get("losses", {}),
        l1=settings.get("l1", 0.0),
        clip_norm=settings.get("clip_norm", CLIP_NORM),
        precision=settings["precision"],
        carried_rows=settings["batch_size"] if "truncate" in settings else 0,
        latches=len(PITCHES) if settings.get("latches") else 0,
        seed=settings["seed"],
    )


def load_start(
    model: EventModel,
    settings: TrainingParameters,
    path: Path | None,
    batches: Batches,
) -> None:
    """Give a network the weights that it starts from, wired with latches if it shall have them.

    A plain model from which another iteration started is widened where the network is conditioned.

    Parameters
    ----------
    path : bundle to start from; None keeps the network's random weights.
    batches : what it will be trained on; by it the units are chosen that make room for latches.

    Raises
    ------
    BundleError
        If the bundle cannot be read or does not fit.
    """
    if isinstance(model, PerformanceTransformer):
        load_transformer(model, settings, path)
        return
    if path is None:
        bundle = Bundle(settings["model"], "", model.named_weights())
    else:
        bundle = read_start(path)
    to_widen = (
        "start" in settings
        and is_conditioned(settings)
        and bundle.model not in (CONDITIONED_MODEL, TRANSFORMER_MODEL)
    )
    if isinstance(batches, PerformanceBatches) and settings.get("latches"):
        bundle = _wired(bundle, batches.excerpts(WIRING_ROWS, WIRING_EVENTS), to_widen)
    elif to_widen:
        bundle = widen(bundle, CONDITIONED_MODEL, CONTROL_SIZE)
    if path is not None:
        check_fit(bundle, settings["model"], model.shapes(), path)
    model.set_named_weights(bundle.weights)


def _wired(bundle: Bundle, music: Sequence[np.ndarray], to_widen: bool) -> Bundle:
    """Return a model with latches, and with wired conditions if it is to be widened."""
    weights, model = bundle.weights, bundle.model
    if not has_latches(weights):
        weights = wire_latches(weights, music)
    if to_widen:
        weights = wire_density(wire_conditions(weights, music), music)
        model = CONDITIONED_MODEL
    return Bundle(model, bundle.description, weights)


def as_bundle(
    settings: TrainingParameters, composers: tuple[str, ...], description: str, weights: Weights
) -> Bundle:
    """Return trained weights as what is written."""
    more = described(settings, composers, description) if is_transformer(settings) else None
    return Bundle(settings["model"], description, weights, more)


def make_stopping(settings: Stopping | None, steps_per_epoch: int) -> EarlyStopping:
    """Return the stopping rule that the settings describe; without settings it never stops."""
    if settings is None:
        return EarlyStopping()
    after_restart = settings.get("restart_patience", settings["patience"])
    return EarlyStopping(
        patience=steps(settings["patience"], steps_per_epoch),
        restarts=settings["restarts"],
        restart_patience=steps(after_restart, steps_per_epoch),
    )
