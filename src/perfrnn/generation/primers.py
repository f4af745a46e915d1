"""Music for a model to begin with, given as pitches, as a melody or as a MIDI file.

All three are what Magenta's `performance_rnn_generate` makes of its flags, but for the pedal of a
MIDI file, which it ignores: here notes last as they sound, as they do in the training data.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from perfrnn.errors import BadFileError, PerfRNNError
from perfrnn.events import vocabulary as ev
from perfrnn.notes import Notes, from_note_sequence

QUARTER_SECONDS = 0.5
"""Both chords and melodies are played at 120 quarters a minute."""

MELODY_SECONDS = QUARTER_SECONDS / 4
"""A melody has four events a quarter."""

MELODY_HOLD = -2
MELODY_OFF = -1
"""What a melody holds besides pitches (note_seq's `Melody`): nothing new, end of the note."""

VELOCITY = 100


def chord_primer(pitches: Sequence[int]) -> np.ndarray:
    """Return the events of a chord, MIDI numbers, that lasts a quarter note: int16 [E]."""
    count = len(pitches)
    return _encode(np.zeros(count), np.full(count, QUARTER_SECONDS), pitches)


def melody_primer(melody: Sequence[int]) -> np.ndarray:
    """Return the events of a melody: int16 [E].

    Parameters
    ----------
    melody : one number for each sixteenth: a pitch starts a note, `MELODY_HOLD` goes on with what
        there is, `MELODY_OFF` ends the note.
    """
    changes = [step for step, event in enumerate(melody) if event != MELODY_HOLD]
    ends = [*changes[1:], len(melody)]
    notes = [
        (start, end, melody[start])
        for start, end in zip(changes, ends, strict=True)
        if melody[start] != MELODY_OFF
    ]
    table = np.array(notes, float).reshape(-1, 3)
    return _encode(table[:, 0] * MELODY_SECONDS, table[:, 1] * MELODY_SECONDS, table[:, 2])


def midi_primer(path: str | Path) -> np.ndarray:
    """Return the events of a MIDI file up to the end of its last note: int16 [E].

    Raises
    ------
    PerfRNNError
        If it cannot be read.
    """
    from perfrnn.sequences.midi import read_midi

    try:
        notes = from_note_sequence(read_midi(path))
    except BadFileError as error:
        raise PerfRNNError(f"{path}: cannot be a primer ({error}); give a MIDI file") from error
    return _pad(ev.encode(notes), notes.total_time)


def silence(steps: int) -> np.ndarray:
    """Return the events that pass `steps` of 10 ms: int16 [E]."""
    whole, rest = divmod(steps, ev.MAX_SHIFT_STEPS)
    lengths = [ev.MAX_SHIFT_STEPS] * whole + [rest] * (rest > 0)
    return np.array([ev.TIME_SHIFT - 1 + length for length in lengths], ev.EVENT_DTYPE)


def _encode(start: np.ndarray, end: np.ndarray, pitch: Sequence[int] | np.ndarray) -> np.ndarray:
    velocity = np.full(len(start), VELOCITY)
    total = float(end.max(initial=0.0))
    return _pad(ev.encode(Notes(start, end, np.asarray(pitch, int), velocity, total)), total)


def _pad(events: np.ndarray, seconds: float) -> np.ndarray:
    """Return `events` with shifts up to `seconds`, where they end earlier."""
    missing = round(seconds * ev.STEPS_PER_SECOND) - int(ev.shift_steps(events).sum())
    return np.concatenate([events, silence(max(0, missing))])
