"""The history of a training: rows for the table and for TensorBoard."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from perfrnn.evaluation.scoring import Score
from perfrnn.events.impossible import ImpossibleEvents
from perfrnn.files import atomic

HISTORY_COLUMNS = (
    "step",
    "run",
    "learning_rate",
    "loss",
    "total_loss",
    "eval_loss",
    "eval_accuracy",
    "eval_event_accuracy",
    "impossible_note_ons",
    "impossible_note_offs",
)


NOT_PLAYED = dict.fromkeys(("impossible_note_ons", "impossible_note_offs"))

TRAINING_COLUMNS = ("learning_rate", "loss", "total_loss")
"""Columns that TensorBoard shows as training; the others are evaluation."""


class History:
    """Rows of a training, each with the mean losses of the steps since the row before.

    Attributes
    ----------
    rows : values by the names of `HISTORY_COLUMNS`; None where there is none.
    pending : loss and total loss of every step since the last row.
    """

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.pending: list[tuple[float, float]] = []
        self._board: TensorBoardLog | None = None

    def show_on(self, board: TensorBoardLog, step: int) -> None:
        """Write rows to TensorBoard too from now on, and those of `step` again."""
        self._board = board
        for row in self.rows:
            if row["step"] == step:
                board.add(row)

    def add_step(self, losses: Mapping[str, float]) -> None:
        """Take the losses of one step."""
        self.pending.append((losses["loss"], losses["total_loss"]))

    def add_row(
        self,
        step: int,
        run: int,
        learning_rate: float,
        result: Score | None = None,
        played: ImpossibleEvents | None = None,
    ) -> None:
        """End a row after `step` steps.

        Parameters
        ----------
        run : stops before this row.
        learning_rate : of the last step.
        result : the evaluation at this step, if there was one.
        played : what the network played by itself then.
        """
        means = np.mean(self.pending, axis=0).tolist() if self.pending else (None, None)
        self.pending = []
        row = {
            "step": step,
            "run": run,
            "learning_rate": learning_rate,
            "loss": means[0],
            "total_loss": means[1],
            "eval_loss": result.loss if result else None,
            "eval_accuracy": result.accuracy if result else None,
            "eval_event_accuracy": result.event_accuracy if result else None,
            **(played.shares() if played else NOT_PLAYED),
        }
        self.rows.append(row)
        if self._board:
            self._board.add(row)

    def write(self, path: Path) -> None:
        """Write all rows as CSV, and end TensorBoard's file."""
        if self._board:
            self._board.close()
        table = pd.DataFrame(self.rows, columns=list(HISTORY_COLUMNS))
        with atomic(path) as temporary:
            table.to_csv(temporary, index=False)


class TensorBoardLog:
    """Writes the rows of the history as scalars that `tensorboard --logdir results` shows.

    Parameters
    ----------
    folder : for the event files; each start of a training adds one.
    step : where the training goes on: what earlier files say of later steps no longer counts.
    """

    def __init__(self, folder: Path, step: int) -> None:
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        self._event = Event
        self._writer = EventFileWriter(str(folder))
        started = SessionLog(status=SessionLog.START)
        self._writer.add_event(Event(wall_time=time.time(), step=step + 1, session_log=started))

    def add(self, row: Mapping[str, Any]) -> None:
        """Add one row of the history; what a row does not have is left out."""
        event = self._event(wall_time=time.time(), step=row["step"])
        for name in HISTORY_COLUMNS[2:]:
            if row[name] is not None:
                group = "training" if name in TRAINING_COLUMNS else "evaluation"
                value = event.summary.value.add(tag=f"{group}/{name.removeprefix('eval_')}")
                value.simple_value = row[name]
        self._writer.add_event(event)
        self._writer.flush()

    def close(self) -> None:
        """End the file."""
        self._writer.close()
