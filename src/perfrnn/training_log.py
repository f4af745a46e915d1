"""What a training leaves to read: its history as a table and for TensorBoard, and its verdict."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from perfrnn.scoring import CHANCE

HISTORY_COLUMNS = (
    "step",
    "run",
    "learning_rate",
    "loss",
    "total_loss",
    "eval_loss",
    "eval_accuracy",
    "eval_event_accuracy",
)


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
                group = "evaluation" if name.startswith("eval_") else "training"
                value = event.summary.value.add(tag=f"{group}/{name.removeprefix('eval_')}")
                value.simple_value = row[name]
        self._writer.add_event(event)
        self._writer.flush()

    def close(self) -> None:
        """End the file."""
        self._writer.close()


def verdict(kept: Mapping[str, Any], start: Mapping[str, Any], steps: int) -> str:
    """Say which step was kept and why.

    Parameters
    ----------
    kept, start : the best evaluation and the one before the first step: `step`, `loss`.
    steps : that were taken.
    """
    if kept["step"] == 0:
        return (
            f"no step of {steps} beat the start weights "
            f"({start['loss']:.3f} nats per event), so these are kept"
        )
    return (
        f"step {kept['step']} of {steps} is kept: {kept['loss']:.3f} nats per event on "
        f"held-out music, from {start['loss']:.3f} at the start (chance is {CHANCE:.3f})"
    )
