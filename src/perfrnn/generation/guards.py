"""What keeps a stream alive: time passes, and notes are struck.

A guard only forbids events, and only where music has stopped being music; all others stay in the
model's own proportions. Hanging notes are closed when events are decoded
(`perfrnn.events.vocabulary`).
"""

from __future__ import annotations

import math

import numpy as np

from perfrnn.events import vocabulary as ev

MAX_EVENTS_PER_SECOND = 400
"""Events other than shifts, on average over any second; the densest piano music has half of it."""


class Guards:
    """The guards of S streams.

    Against runaway streams, which pass no time: each has an allowance of `MAX_EVENTS_PER_SECOND`
    events, which grows again as time passes; once it is spent, the next event is a TIME_SHIFT.
    Against silence: after `max_pause_seconds` without a new note the next event is a NOTE_ON.

    Attributes
    ----------
    forced_shifts, forced_notes : int64 [S], how often each guard stepped in.
    """

    def __init__(self, streams: int, max_pause_seconds: float) -> None:
        self._max_pause = max_pause_seconds * ev.STEPS_PER_SECOND
        self._allowance = np.full(streams, float(MAX_EVENTS_PER_SECOND))
        self._pause = np.zeros(streams, np.int64)
        self.forced_shifts = np.zeros(streams, np.int64)
        self.forced_notes = np.zeros(streams, np.int64)

    def calm(self) -> int:
        """Return for how many events from now on no guard can step in, whatever they are."""
        until_runaway = int(self._allowance.min())
        until_silence = math.ceil((self._max_pause - self._pause.max()) / ev.MAX_SHIFT_STEPS)
        return max(0, min(until_runaway, until_silence))

    def restrict(self, logits: np.ndarray) -> None:
        """Set the logits [S, classes] of events that may not come next to -inf."""
        runaway = self._allowance < 1
        logits[runaway, : ev.TIME_SHIFT] = -np.inf
        logits[runaway, ev.VELOCITY :] = -np.inf
        self.forced_shifts += runaway
        silent = (self._pause >= self._max_pause) & ~runaway
        logits[silent, ev.NOTE_OFF :] = -np.inf
        self.forced_notes += silent

    def observe(self, events: np.ndarray) -> None:
        """Take note of what has been drawn: [S, E], E from 1 on."""
        steps = ev.shift_steps(events)
        change = steps * (MAX_EVENTS_PER_SECOND / ev.STEPS_PER_SECOND) - (steps == 0)
        allowance = self._allowance[:, None] + change.cumsum(axis=1)
        # What would have lifted it above the allowance of a second was never there to be spent.
        unspent = np.maximum(allowance.max(axis=1) - MAX_EVENTS_PER_SECOND, 0.0)
        self._allowance = allowance[:, -1] - unspent
        passed = steps.cumsum(axis=1)
        last_note = np.where(ev.is_note_on(events), passed, -self._pause[:, None]).max(axis=1)
        self._pause = passed[:, -1] - last_note

    def take(self, streams: np.ndarray) -> None:
        """Go on with these streams, integers [S']."""
        self._allowance, self._pause = self._allowance[streams], self._pause[streams]
        self.forced_shifts = self.forced_shifts[streams]
        self.forced_notes = self.forced_notes[streams]


def hanging_notes(events: np.ndarray) -> int:
    """Count the notes that no NOTE_OFF ends."""
    sounding = np.zeros(ev.NOTE_OFF, int)
    for event in events[events < ev.TIME_SHIFT].tolist():
        if event < ev.NOTE_OFF:
            sounding[event] += 1
        elif sounding[event - ev.NOTE_OFF]:
            sounding[event - ev.NOTE_OFF] -= 1
    return int(sounding.sum())
