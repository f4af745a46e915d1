"""What a training begins with: files, batches, network, start weights, stopping rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from perfrnn.dataset.batches import Batch, TrainingBatches, evaluation_batches
from perfrnn.dataset.performance_batches import PerformanceBatches, evaluation_performances
from perfrnn.dataset.segments import read_segments
from perfrnn.events.conditioning import CONTROL_SIZE
from perfrnn.files import content_sha256
from perfrnn.network.bundle import check_fit, widen
from perfrnn.network.layouts import CONDITIONED_MODEL
from perfrnn.network.model import CLIP_NORM, PerformanceRNN
from perfrnn.network.pretrained import BASE_MODEL, bundled_path, read_start
from perfrnn.training.hyperparameters import Stopping, TrainingParameters, steps
from perfrnn.training.stopping import EarlyStopping


@dataclass(frozen=True)
class TrainingFiles:
    """Where a training reads and writes.

    Attributes
    ----------
    train, eval : records written by `perfrnn.dataset.segments.write_segments`.
    start : bundle to start from; None for random weights.
    state : folder for the states of all trainings of this iteration, one for each fingerprint and
        `max_steps`.
    bundle, history, metrics : the results.
    tensorboard : folder for TensorBoard's event files; None for none.
    """

    train: Path
    eval: Path
    start: Path | None
    state: Path
    bundle: Path
    history: Path
    metrics: Path
    tensorboard: Path | None = None

    def digests(self) -> dict[str, str]:
        """Return the SHA-256 of the content of every file that is read."""
        read = {"train": self.train, "eval": self.eval, "start": self.start}
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
    settings: TrainingParameters, files: TrainingFiles
) -> tuple[TrainingBatches | PerformanceBatches, Callable[[], Iterator[Batch]]]:
    """Return the training batches and a function that yields the evaluation set."""
    train, held_out = read_segments(files.train), read_segments(files.eval)
    size, conditioned = settings["batch_size"], is_conditioned(settings)
    seed, transpose = settings["seed"], tuple(settings["transpose"])
    length = settings.get("truncate")
    if length is None:
        evaluate = partial(evaluation_batches, held_out, size, conditioned=conditioned)
        return TrainingBatches(train, size, conditioned, seed, transpose), evaluate
    evaluate = partial(
        evaluation_performances, held_out.joined(), size, length, conditioned=conditioned
    )
    return PerformanceBatches(train.joined(), size, length, conditioned, seed, transpose), evaluate


def make_network(settings: TrainingParameters) -> PerformanceRNN:
    """Return the network that the settings describe, with random weights."""
    return PerformanceRNN(
        conditioned=is_conditioned(settings),
        layers=settings["network"]["layers"],
        units=settings["network"]["units"],
        dropout=settings.get("dropout", 0.0),
        auxiliary=settings.get("losses", {}),
        l1=settings.get("l1", 0.0),
        clip_norm=settings.get("clip_norm", CLIP_NORM),
        precision=settings["precision"],
        carried_rows=settings["batch_size"] if "truncate" in settings else 0,
        seed=settings["seed"],
    )


def load_start(model: PerformanceRNN, settings: TrainingParameters, path: Path) -> None:
    """Give a network the weights of a bundle.

    A plain model from which another iteration started is widened where the network is conditioned.

    Raises
    ------
    BundleError
        If the bundle cannot be read or does not fit.
    """
    bundle = read_start(path)
    if "start" in settings and model.conditioned and bundle.model != CONDITIONED_MODEL:
        bundle = widen(bundle, CONDITIONED_MODEL, CONTROL_SIZE)
    check_fit(bundle, settings["model"], model.shapes(), path)
    model.set_magenta_weights(bundle.weights)


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
