"""What is asked of a model with conditions, over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from perfrnn.events import conditioning
from perfrnn.events import vocabulary as ev
from perfrnn.network.layouts import Layout

T = TypeVar("T")

Schedule = Sequence[tuple[float, T]]
"""Values and the seconds from which on they hold, ascending from 0."""


@dataclass(frozen=True)
class Signals:
    """Control inputs as a function of the time that has passed.

    Attributes
    ----------
    steps : int64 [K], ascending from 0: from when each vector holds, in steps of 10 ms.
    vectors : float32 [K, C].
    """

    steps: np.ndarray
    vectors: np.ndarray


def make_signals(
    layout: Layout,
    *,
    density: Schedule[float] = ((0.0, conditioning.DEFAULT_NOTES_PER_SECOND),),
    histogram: Schedule[Sequence[float]] = ((0.0, conditioning.DEFAULT_HISTOGRAM),),
    conditions: bool = True,
) -> Signals:
    """Return the control inputs of a model for what is asked of it.

    Parameters
    ----------
    density : notes per second.
    histogram : weights of the 12 pitch classes, C first, of any sum.
    conditions : whether a model with optional conditions shall heed them.
    """
    steps, requests = joined(density, histogram)
    rows = []
    for notes_per_second, weights in requests:
        histogram_row = np.asarray(weights, float)
        if layout.heeds_requests:
            request = conditioning.request_for(notes_per_second)
            whole = conditioning.request_vector(request, histogram_row)
        else:
            whole = conditioning.control_vector(notes_per_second, histogram_row)
        parts: list = [
            whole[: conditioning.DENSITY_CLASSES] if layout.density else [],
            whole[conditioning.DENSITY_CLASSES :] if layout.histogram else [],
        ]
        if layout.optional:
            parts = [[float(not conditions)], *(np.asarray(part) * conditions for part in parts)]
        rows.append(np.concatenate(parts))
    return Signals(steps, np.array(rows, np.float32))


def joined(*schedules: Schedule[Any]) -> tuple[np.ndarray, list[tuple[Any, ...]]]:
    """Return when any of several schedules changes, and what all of them say from then on.

    Returns
    -------
    Steps of 10 ms, int64 [K], ascending from 0, and for each of them a value of each schedule.
    """
    changes = [
        np.array([round(seconds * ev.STEPS_PER_SECOND) for seconds, _ in schedule])
        for schedule in schedules
    ]
    steps = np.unique(np.concatenate(changes))
    values = [
        [schedule[n][1] for n in np.searchsorted(change, steps, side="right") - 1]
        for schedule, change in zip(schedules, changes, strict=True)
    ]
    return steps, list(zip(*values, strict=True))


class SignalTable:
    """The signals of several streams, looked up for all at once."""

    def __init__(self, signals: Sequence[Signals]) -> None:
        longest = max(len(each.steps) for each in signals)
        never = np.iinfo(np.int64).max
        self._steps = np.full((len(signals), longest), never)
        self._vectors = np.zeros((len(signals), longest, signals[0].vectors.shape[1]), np.float32)
        for row, each in enumerate(signals):
            self._steps[row, : len(each.steps)] = each.steps
            self._vectors[row, : len(each.steps)] = each.vectors

    def at(self, streams: np.ndarray, elapsed: np.ndarray) -> np.ndarray:
        """Return the signals of `streams`, integers [S], after `elapsed` steps.

        Parameters
        ----------
        elapsed : integers [S] or [S, E].

        Returns
        -------
        float32 [S, C] or [S, E, C].
        """
        streams = streams.reshape(-1, *(1,) * (elapsed.ndim - 1))
        index = (self._steps[streams] <= elapsed[..., None]).sum(axis=-1) - 1
        return self._vectors[streams, index]
