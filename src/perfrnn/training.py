"""Fine-tuning: from a dataset and start weights to the best model, its curves and its verdict."""

from __future__ import annotations

import json
import logging
import math
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from perfrnn.batches import Batch, TrainingBatches, evaluation_batches, read_ahead
from perfrnn.bundle import Bundle, check_fit, widen
from perfrnn.config import CONDITIONED_MODEL, steps
from perfrnn.controls import CONTROL_SIZE
from perfrnn.dataset import read_segments
from perfrnn.errors import PerfRNNError
from perfrnn.files import atomic, sha256
from perfrnn.model import CLIP_NORM, PerformanceRNN, describe_device
from perfrnn.pretrained import BASE_MODEL, bundled_path, read_start, write_model
from perfrnn.schedules import build_schedule
from perfrnn.scoring import CHANCE, Score, score
from perfrnn.state import SaveClock, fingerprint, load_state, save_state
from perfrnn.stopping import EarlyStopping
from perfrnn.streams import StreamBatches, evaluation_streams
from perfrnn.training_log import HISTORY_COLUMNS, TensorBoardLog, verdict

log = logging.getLogger(__name__)


class TrainingError(PerfRNNError):
    """Training cannot go on."""


class TrainingInterruptedError(TrainingError):
    """A signal or the clock ended the run; the state is saved."""


@dataclass(frozen=True)
class TrainingFiles:
    """Where a training reads and writes.

    Attributes
    ----------
    train, eval : records written by `perfrnn.dataset.write_segments`.
    start : bundle to start from; None for random weights.
    state : folder for the states of all trainings of this iteration, one for each fingerprint.
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


def train(
    iteration: str,
    settings: Mapping[str, Any],
    files: TrainingFiles,
    *,
    clock: SaveClock | None = None,
    seconds: float = math.inf,
) -> None:
    """Train one iteration, or go on with one that was interrupted, and write its results.

    Parameters
    ----------
    settings : `perfrnn.config.training_parameters`.
    clock : when to save the state; the default costs at most 2% of the time.
    seconds : time after which a run is interrupted.

    Raises
    ------
    TrainingError
        If the loss is no longer a number.
    TrainingInterruptedError
        If SIGINT or SIGTERM came, or time is up; the step was finished and the state saved.
    """
    deadline = time.monotonic() + seconds
    run = Training(iteration, settings, files, clock or SaveClock())
    with _interruptible() as signals:
        run.run(lambda: bool(signals) or time.monotonic() > deadline)
    run.export()


class Training:
    """A training in progress: model, data, schedule, stopping rule and history."""

    def __init__(
        self, iteration: str, settings: Mapping[str, Any], files: TrainingFiles, clock: SaveClock
    ) -> None:
        self.iteration, self.settings, self.files, self._clock = iteration, settings, files, clock
        self.conditioned = settings["model"] == CONDITIONED_MODEL
        self.batches, self._evaluation_batches = _open_batches(settings, files)
        per_epoch = self.batches.steps_per_epoch
        self.schedule = build_schedule(settings["learning_rate"], per_epoch, settings["max_steps"])
        self.evaluate_every = steps(settings["evaluate_every"], per_epoch)
        self.row_every = max(1, min(100, per_epoch // 10))
        self.stopping = _stopping(settings.get("early_stopping"), per_epoch)
        self.model = PerformanceRNN(
            conditioned=self.conditioned,
            layers=settings["network"]["layers"],
            units=settings["network"]["units"],
            dropout=settings.get("dropout", 0.0),
            auxiliary=settings.get("losses", {}),
            l1=settings.get("l1", 0.0),
            clip_norm=settings.get("clip_norm", CLIP_NORM),
            precision=settings["precision"],
            streams=settings["batch_size"] if "truncate" in settings else 0,
            seed=settings["seed"],
        )
        self.step = 0
        self.seconds = 0.0
        self.waited = 0.0
        self.events = 0
        self.ended = ""
        self.history: list[dict[str, Any]] = []
        self._pending: list[tuple[float, float]] = []
        self.scores: dict[str, dict[str, float]] = {}
        self._begin()
        folder = files.tensorboard
        self._board = TensorBoardLog(folder, self.step) if folder and not self.ended else None

    def _begin(self) -> None:
        """Take the saved state if there is one, else the start weights."""
        inputs = {"train": sha256(self.files.train), "eval": sha256(self.files.eval)}
        if self.files.start is not None:
            inputs["start"] = sha256(self.files.start)
        self.folder = self.files.state / fingerprint(self.settings, inputs)
        saved = load_state(self.folder)
        if saved is not None:
            self._restore(*saved)
            log.info("going on from step %d, saved in %s", self.step, self.folder)
            return
        if self.files.start is not None:
            bundle = read_start(self.files.start)
            if "start" in self.settings and self.conditioned and bundle.model != CONDITIONED_MODEL:
                bundle = widen(bundle, CONDITIONED_MODEL, CONTROL_SIZE)
            check_fit(bundle, self.settings["model"], self.model.shapes(), self.files.start)
            self.model.set_magenta_weights(bundle.weights)
        self.best = self.model.magenta_weights()

    @property
    def start_text(self) -> str:
        """Say in words where the weights came from."""
        start = self.files.start
        if start is None:
            return "scratch (random weights)"
        if start == bundled_path(start.stem):
            return f"{BASE_MODEL} {start.stem}"
        return str(start)

    def run(self, is_interrupted: Callable[[], bool]) -> None:
        """Train until the end, or an interruption, saving the state now and then."""
        log.info("device: %s; precision: %s", describe_device(), self.model.precision)
        log.info("start weights: %s", self.start_text)
        max_steps = self.settings["max_steps"]
        if not self.history:
            self._evaluate(learning_rate=self.schedule(0))
        batches = read_ahead(self.batches, self.step)
        with self._progress(max_steps) as bar:
            while not self.ended:
                started = time.monotonic()
                self._train_step(batches, bar)
                if self.step % self.evaluate_every == 0 or self.step == max_steps:
                    self._evaluate(learning_rate=self._rate(self.step - 1))
                    self._maybe_stop()
                elif len(self._pending) >= self.row_every:
                    self._add_row(self._rate(self.step - 1))
                if self.step == max_steps and not self.ended:
                    self.ended = "max_steps"
                self.seconds += time.monotonic() - started
                interrupted = is_interrupted() and not self.ended
                if self._clock.is_due() or interrupted or self.ended:
                    self._save()
                if interrupted:
                    raise TrainingInterruptedError(
                        f"interrupted; {self.iteration} is saved at step {self.step} of "
                        f"{max_steps}: the same command goes on from there"
                    )

    def _rate(self, step: int) -> float:
        """Return the learning rate of a step; each run after a stop begins a new cycle."""
        return self.schedule(step - self.stopping.run_start)

    def _train_step(self, batches: Iterator[Batch], bar: tqdm) -> None:
        before = time.monotonic()
        batch = next(batches)
        rate = self._rate(self.step)
        started = time.monotonic()
        self.waited += started - before
        losses = self.model.train_step_on(batch, rate)
        elapsed = time.monotonic() - started
        if not np.isfinite(losses["total_loss"]):
            raise TrainingError(
                f"iterations.{self.iteration}: the loss is not a number at step {self.step}; "
                "lower `learning_rate`, or set `precision: float32`"
            )
        self.step += 1
        self.events += batch.events
        self._pending.append((losses["loss"], losses["total_loss"]))
        bar.set_postfix_str(
            f"loss {losses['loss']:.3f}, lr {rate:.1e}, {batch.events / elapsed:,.0f} events/s",
            refresh=False,
        )
        bar.update()

    def _evaluate(self, learning_rate: float) -> None:
        with self.model.set_aside():
            result = score(self.model.predict_logits, self._evaluation_batches())
        name = "kept" if self.stopping.observe(self.step, result.loss) else ""
        if name:
            self.best = self.model.magenta_weights()
        for key in (name, "start" if self.step == 0 else "", "last"):
            if key:
                self.scores[key] = {"step": self.step, **result.summary()}
        self._add_row(learning_rate, result)
        log.info(
            "step %d: evaluation loss %.4f, accuracy %.4f%s",
            self.step,
            result.loss,
            result.accuracy,
            ", the best so far" if name else "",
        )

    def _maybe_stop(self) -> None:
        if self.step >= self.settings["max_steps"] or not self.stopping.should_stop(self.step):
            return
        goes_on = self.stopping.stop(self.step, self.scores["last"]["loss"])
        log.info("early stopping at step %d%s", self.step, ", going on" if goes_on else "")
        if not goes_on:
            self.ended = "early_stopping"

    def _add_row(self, learning_rate: float, result: Score | None = None) -> None:
        means = np.mean(self._pending, axis=0).tolist() if self._pending else (None, None)
        self._pending = []
        row = {
            "step": self.step,
            "run": len(self.stopping.stops),
            "learning_rate": learning_rate,
            "loss": means[0],
            "total_loss": means[1],
            "eval_loss": result.loss if result else None,
            "eval_accuracy": result.accuracy if result else None,
            "eval_event_accuracy": result.event_accuracy if result else None,
        }
        self.history.append(row)
        if self._board:
            self._board.add(row)
        if means[0] is not None:
            log.info(
                "step %d: loss %.4f, learning rate %.3e; %.0f events/s, %.1f%% of time reading",
                self.step,
                means[0],
                learning_rate,
                self.events / max(self.seconds, 1e-9),
                100 * self.waited / max(self.seconds, 1e-9),
            )

    def _save(self) -> None:
        started = time.monotonic()
        arrays = {f"variable-{i:03d}": value for i, value in enumerate(self.model.state())}
        arrays |= {f"best/{name}": value for name, value in self.best.items()}
        record = {
            "step": self.step,
            "seconds": self.seconds,
            "waited": self.waited,
            "events": self.events,
            "ended": self.ended,
            "history": self.history,
            "pending": self._pending,
            "scores": self.scores,
            "stopping": self.stopping.state(),
        }
        save_state(self.folder, arrays, record)
        self._clock.saved(started)

    def _restore(self, arrays: dict[str, np.ndarray], record: dict[str, Any]) -> None:
        self.best = {
            name.removeprefix("best/"): value
            for name, value in arrays.items()
            if name.startswith("best/")
        }
        self.model.set_state([arrays[n] for n in sorted(arrays) if n.startswith("variable-")])
        self.stopping = EarlyStopping(**record["stopping"])
        self._pending = [tuple(pair) for pair in record["pending"]]
        for name in ("step", "seconds", "waited", "events", "ended", "history", "scores"):
            setattr(self, name, record[name])

    def export(self) -> None:
        """Write the best model, the history and the metrics."""
        if self._board:
            self._board.close()
        table = pd.DataFrame(self.history, columns=list(HISTORY_COLUMNS))
        with atomic(self.files.history) as temporary:
            table.to_csv(temporary, index=False)
        metrics = self._metrics()
        with atomic(self.files.metrics) as temporary:
            temporary.write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
        description = f"perfrnn {self.iteration}: {metrics['verdict']}"
        write_model(self.files.bundle, Bundle(self.settings["model"], description, self.best))

    def _metrics(self) -> dict[str, Any]:
        return {
            "iteration": self.iteration,
            "model": self.settings["model"],
            "start": self.start_text,
            "parameters": dict(self.settings),
            "parameters_count": sum(value.size for value in self.best.values()),
            "steps": self.step,
            "steps_per_epoch": self.batches.steps_per_epoch,
            "stops": self.stopping.stops,
            "ended": self.ended,
            "kept": self.scores["kept"],
            "start_metrics": self.scores["start"],
            "last_metrics": self.scores["last"],
            "chance": CHANCE,
            "seconds": self.seconds,
            "events_per_second": self.events / self.seconds if self.seconds else None,
            "share_of_time_reading": self.waited / self.seconds if self.seconds else None,
            "device": describe_device(),
            "precision": self.model.precision,
            "verdict": verdict(self.scores["kept"], self.scores["start"], self.step),
        }

    def _progress(self, max_steps: int) -> tqdm:
        return tqdm(
            total=max_steps,
            initial=self.step,
            desc=self.iteration,
            unit="step",
            disable=not sys.stderr.isatty(),
            dynamic_ncols=True,
        )


def _open_batches(
    settings: Mapping[str, Any], files: TrainingFiles
) -> tuple[TrainingBatches | StreamBatches, Callable[[], Iterator[Batch]]]:
    """Return the training batches and a function that yields the evaluation set."""
    train, held_out = read_segments(files.train), read_segments(files.eval)
    size, conditioned = settings["batch_size"], settings["model"] == CONDITIONED_MODEL
    draw = {
        "conditioned": conditioned,
        "seed": settings["seed"],
        "transpose": tuple(settings["transpose"]),
    }
    length = settings.get("truncate")
    if length is None:
        evaluate = partial(evaluation_batches, held_out, size, conditioned=conditioned)
        return TrainingBatches(train, size, **draw), evaluate
    evaluate = partial(
        evaluation_streams, held_out.joined(), size, length, conditioned=conditioned
    )
    return StreamBatches(train.joined(), size, length, **draw), evaluate


def _stopping(settings: Mapping[str, Any] | None, steps_per_epoch: int) -> EarlyStopping:
    if settings is None:
        return EarlyStopping()
    patience = steps(settings["patience"], steps_per_epoch)
    after_restart = settings.get("restart_patience", settings["patience"])
    return EarlyStopping(
        patience=patience,
        restarts=settings["restarts"],
        restart_patience=steps(after_restart, steps_per_epoch),
    )


@contextmanager
def _interruptible() -> Iterator[list[int]]:
    """Yield a list that fills when a signal arrives, so that a step can be finished."""
    received: list[int] = []
    handled = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in handled}
    try:
        for number in handled:
            signal.signal(number, lambda number, frame: received.append(number))
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
