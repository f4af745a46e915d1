"""Fine-tuning: from a dataset and start weights to the best model, its curves and its verdict."""

from __future__ import annotations

import json
import logging
import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from perfrnn.dataset.batches import Batch, read_ahead
from perfrnn.dataset.readers import reader_processes
from perfrnn.errors import PerfRNNError
from perfrnn.evaluation.scoring import CHANCE, Score, score
from perfrnn.events.impossible import ImpossibleEvents
from perfrnn.files import atomic
from perfrnn.generation.free_running import free_run
from perfrnn.jobs import available_cpus, whole_story
from perfrnn.network.bundle import Weights, write_bundle
from perfrnn.network.devices import first_process_first, is_first_process, shared_out, told
from perfrnn.network.event_model import describe_device, has_gpu
from perfrnn.network.pretrained import write_half, write_model
from perfrnn.training.history import NOT_PLAYED, History, TensorBoardLog
from perfrnn.training.hyperparameters import TrainingParameters, steps
from perfrnn.training.interruption import interruptible
from perfrnn.training.schedules import build_schedule
from perfrnn.training.setup import (
    TrainingFiles,
    as_bundle,
    composers_known,
    load_start,
    make_network,
    make_stopping,
    open_batches,
)
from perfrnn.training.state import SaveClock, find_state, load_state, save_state, state_folder
from perfrnn.training.stopping import EarlyStopping
from perfrnn.training.transformers import described, is_transformer
from perfrnn.training.verdict import verdict

log = logging.getLogger(__name__)

PLAY_EVERY = 100
"""Steps between two evaluations at which the network plays by itself, which takes a second."""

GPU_READERS = 8
"""Processes that make batches for a GPU; an H200 that trains a transformer waits for one alone."""

LOG_FILE = "train.log"


class TrainingError(PerfRNNError):
    """Training cannot go on."""


class TrainingInterruptedError(TrainingError):
    """A signal or the clock ended the run; the state is saved."""


def train(
    iteration: str,
    settings: TrainingParameters,
    files: TrainingFiles,
    *,
    clock: SaveClock | None = None,
    seconds: float = math.inf,
    devices: int = 0,
) -> None:
    """Train one iteration, or go on with one that was interrupted, and write its results.

    Of several processes (`perfrnn.network.devices`) all call this, and the first writes.

    Parameters
    ----------
    files : beside the state lies the log of all runs of this training, with which the log of each
        run begins.
    clock : when to save the state; the default costs at most 2% of the time.
    seconds : time after which a run is interrupted.
    devices : among which each batch is shared out; 0 for all on JAX, one on TensorFlow.

    Raises
    ------
    TrainingError
        If the loss is no longer a number.
    DevicesError
        If batches cannot be shared out so.
    TrainingInterruptedError
        If SIGINT or SIGTERM came, or time is up; the step was finished and the state saved.
    """
    deadline = time.monotonic() + seconds
    folder = state_folder(files.state, settings, files.digests())
    story = whole_story(folder / LOG_FILE) if is_first_process() else nullcontext()
    with story, shared_out(iteration, settings["batch_size"], devices):
        training = Training(iteration, settings, files, folder, clock or SaveClock())
        with interruptible() as signals:
            training.run(lambda: bool(signals) or time.monotonic() > deadline)
        if is_first_process():
            training.export()


class Training:
    """A training in progress: the loop, what it evaluates and what it saves into `folder`."""

    def __init__(
        self,
        iteration: str,
        settings: TrainingParameters,
        files: TrainingFiles,
        folder: Path,
        clock: SaveClock,
    ) -> None:
        self.iteration, self.settings, self.files = iteration, settings, files
        self.folder, self._clock = folder, clock
        self.max_steps = settings["max_steps"]
        self._composers = composers_known(settings, files)
        self.batches, self._evaluation_batches = open_batches(settings, files, self._composers)
        per_epoch = self.batches.steps_per_epoch
        self.schedule = build_schedule(settings["learning_rate"], per_epoch, self.max_steps)
        self.evaluate_every = steps(settings["evaluate_every"], per_epoch)
        self.row_every = max(1, min(100, per_epoch // 10))
        self.stopping = make_stopping(settings.get("early_stopping"), per_epoch)
        self.model = make_network(settings, self._composers)
        self.step = 0
        self.seconds = 0.0
        self.waited = 0.0
        self.events = 0
        self.ended = ""
        self.history = History()
        self.scores: dict[str, dict[str, float]] = {}
        # Best weights and record of the last step, before what is done at `max_steps` only.
        self._before_end: tuple[Weights, dict[str, Any]] | None = None
        self._begin()
        if files.tensorboard and not self.ended and is_first_process():
            self.history.show_on(TensorBoardLog(files.tensorboard, self.step - 1), self.step)

    def _begin(self) -> None:
        """Take the state that gets farthest if there is one, else the start weights."""
        with first_process_first():  # which may put the state before a damaged one in its place
            folder = find_state(self.folder, self.max_steps)
            saved = load_state(folder)
        found = told(saved[1]["step"] if saved else -1)
        if np.ptp(found):
            raise TrainingError(
                f"{folder}: not the same for all processes; let it lie on a file system that all "
                "hosts share"
            )
        if saved is not None:
            self._restore(*saved)
            log.info("going on from step %d, saved in %s", self.step, folder)
            return
        load_start(self.model, self.settings, self.files.start, self.batches)
        self.best = self.model.named_weights()

    def run(self, is_interrupted: Callable[[], bool]) -> None:
        """Train until the end, or an interruption, saving the state now and then."""
        log.info("device: %s; precision: %s", describe_device(), self.model.precision)
        log.info("start weights: %s", self.files.start_text)
        if not self.history.rows:
            self._evaluate(learning_rate=self.schedule(0))
        readers = min(GPU_READERS, available_cpus() - 1) if has_gpu() else 0
        with reader_processes(self.batches, self.step, readers) as stream, self._progress() as bar:
            batches = read_ahead(stream, self.step)
            while not self.ended:
                started = time.monotonic()
                self._train_step(batches, bar)
                started = self._count_time(started)
                if self.step == self.max_steps:
                    self._before_end = self.best, self._record()
                self._look_back()
                self._count_time(started)
                flags = told(self._clock.is_due(), is_interrupted() and not self.ended)
                is_due, interrupted = flags[0, 0], flags[:, 1].any()
                if is_first_process() and (is_due or interrupted or self.ended):
                    self._save()
                if interrupted:
                    raise TrainingInterruptedError(
                        f"interrupted; {self.iteration} is saved at step {self.step} of "
                        f"{self.max_steps}: the same command goes on from there"
                    )

    def _count_time(self, started: float) -> float:
        """Add the time since `started` to the training's; return the time it is."""
        now = time.monotonic()
        self.seconds += now - started
        return now

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
        self.history.add_step(losses)
        bar.set_postfix_str(
            f"loss {losses['loss']:.3f}, lr {rate:.1e}, {batch.events / elapsed:,.0f} events/s",
            refresh=False,
        )
        bar.update()

    def _look_back(self, result: Score | None = None) -> None:
        """After a step: evaluate if it is time to, note a row, and see whether this is the end.

        Parameters
        ----------
        result : what an evaluation at this step has found before.
        """
        rate = self._rate(self.step - 1)
        if self.step % self.evaluate_every == 0 or self.step == self.max_steps:
            self._evaluate(rate, result)
            self._maybe_stop()
        elif len(self.history.pending) >= self.row_every:
            self.history.add_row(self.step, len(self.stopping.stops), rate)
            self._log_pace()
        if self.step == self.max_steps and not self.ended:
            self.ended = "max_steps"

    def _evaluate(self, learning_rate: float, result: Score | None = None) -> None:
        if result is None:
            with self.model.set_aside():
                result = score(self.model.predict_logits, self._evaluation_batches())
            # Processors may round in their own ways, and decisions follow from it.
            result = replace(result, loss=float(told(result.loss)[0, 0]))
        weights = self.model.named_weights()
        played = self._play(weights) if self._is_to_play() else None
        is_best = self.stopping.observe(self.step, result.loss)
        if is_best:
            self.best = weights
        names = ["kept"] * is_best + ["start"] * (self.step == 0) + ["last"]
        self.scores |= {name: {"step": self.step, **result.summary()} for name in names}
        self.history.add_row(self.step, len(self.stopping.stops), learning_rate, result, played)
        if self.step:
            self._log_pace()
        log.info(
            "step %d: evaluation loss %.4f, accuracy %.4f%s%s",
            self.step,
            result.loss,
            result.accuracy,
            f"; {played}" if played else "",
            ", the best so far" if is_best else "",
        )

    def _play(self, weights: Weights) -> ImpossibleEvents:
        """Return what the network plays by itself."""
        transformer = None
        if is_transformer(self.settings):
            transformer = described(self.settings, (), "")
        return free_run(weights, self.settings["seed"], transformer)

    def _played_by_best(self) -> dict[str, float]:
        """Return shares of impossible events, from the history if it was tried at that step."""
        step = self.scores["kept"]["step"]
        row = next(row for row in self.history.rows if row["step"] == step)
        if None in (shares := {name: row[name] for name in NOT_PLAYED}).values():
            return self._play(self.best).shares()
        return shares

    def _is_to_play(self) -> bool:
        """Return whether the network shall play by itself at this evaluation: now and then."""
        played = [
            row["step"] for row in self.history.rows if row["impossible_note_ons"] is not None
        ]
        if not played or self.step == self.max_steps:
            return True
        return self.step // PLAY_EVERY > played[-1] // PLAY_EVERY

    def _log_pace(self) -> None:
        row = self.history.rows[-1]
        if row["loss"] is not None:
            log.info(
                "step %d: loss %.4f, learning rate %.3e; %.0f events/s, %.1f%% of time reading",
                self.step,
                row["loss"],
                row["learning_rate"],
                self.events / max(self.seconds, 1e-9),
                100 * self.waited / max(self.seconds, 1e-9),
            )

    def _maybe_stop(self) -> None:
        if self.step >= self.max_steps or not self.stopping.should_stop(self.step):
            return
        goes_on = self.stopping.stop(self.step, self.scores["last"]["loss"])
        log.info("early stopping at step %d%s", self.step, ", going on" if goes_on else "")
        if not goes_on:
            self.ended = "early_stopping"

    def _save(self) -> None:
        """Save the state; at `max_steps` that from which a longer training goes on.

        The evaluation at `max_steps`, which a longer training does not make, is saved beside it.
        """
        started = time.monotonic()
        best, record = self._before_end or (self.best, self._record())
        record |= {"seconds": self.seconds, "waited": self.waited}
        if self._before_end:
            record["final"] = self.scores["last"]
        arrays = {f"variable-{i:03d}": value for i, value in enumerate(self.model.state())}
        arrays |= {f"best/{name}": value for name, value in best.items()}
        save_state(self.folder, arrays, record)
        self._clock.saved(started)

    def _record(self) -> dict[str, Any]:
        """Return everything but weights that a training goes on from, as JSON can hold it."""
        return {
            "step": self.step,
            "events": self.events,
            "ended": self.ended,
            "scores": dict(self.scores),
            "history": list(self.history.rows),
            "pending": list(self.history.pending),
            "stopping": self.stopping.state(),
            "final": None,
        }

    def _restore(self, arrays: dict[str, np.ndarray], record: dict[str, Any]) -> None:
        self.best = {
            name.removeprefix("best/"): value
            for name, value in arrays.items()
            if name.startswith("best/")
        }
        self.model.set_state([arrays[n] for n in sorted(arrays) if n.startswith("variable-")])
        self.stopping = EarlyStopping(**record["stopping"])
        self.history.rows = record["history"]
        self.history.pending = [(loss, total) for loss, total in record["pending"]]
        for name in ("step", "seconds", "waited", "events", "ended", "scores"):
            setattr(self, name, record[name])
        if record["final"]:
            found = {field.name: record["final"][field.name] for field in fields(Score)}
            self._look_back(Score(**found))

    def export(self) -> None:
        """Write the best model, the history and the metrics."""
        self.history.write(self.files.history)
        metrics = self._metrics()
        with atomic(self.files.metrics) as temporary:
            temporary.write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
        description = f"perfrnn {self.iteration}: {metrics['verdict']}"
        bundle = as_bundle(self.settings, self._composers, description, self.best)
        write = write_half if self.files.half else write_model
        write(self.files.model, bundle)
        if self.files.magenta is not None:
            write_bundle(self.files.magenta, bundle)

    def _metrics(self) -> dict[str, Any]:
        return {
            "iteration": self.iteration,
            "model": self.settings["model"],
            "start": self.files.start_text,
            "parameters": dict(self.settings),
            "parameters_count": sum(value.size for value in self.best.values()),
            "steps": self.step,
            "steps_per_epoch": self.batches.steps_per_epoch,
            "stops": self.stopping.stops,
            "ended": self.ended,
            "kept": {**self.scores["kept"], **self._played_by_best()},
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

    def _progress(self) -> tqdm:
        return tqdm(
            total=self.max_steps,
            initial=self.step,
            desc=self.iteration,
            unit="step",
            disable=not sys.stderr.isatty() or not is_first_process(),
            dynamic_ncols=True,
        )
