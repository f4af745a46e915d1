"""Performance RNN's vocabulary, and the way from notes to events and back.

The vocabulary and the encoding are those of Oore et al., "This Time with Feeling: Learning
Expressive Musical Performance" (2018), as implemented by note_seq's `Performance` and
`PerformanceOneHotEncoding(num_velocity_bins=32)`: 128 NOTE_ON, 128 NOTE_OFF, 100 TIME_SHIFT
(10 ms to 1 s) and 32 VELOCITY classes, in this order.
"""

from __future__ import annotations

import numpy as np

from perfrnn.notes import Notes

STEPS_PER_SECOND = 100
MAX_SHIFT_STEPS = 100
VELOCITY_BINS = 32
VELOCITY_BIN_SIZE = 4  # ceil(127 / 32)

NOTE_ON = 0
NOTE_OFF = 128
TIME_SHIFT = 256
VELOCITY = TIME_SHIFT + MAX_SHIFT_STEPS
NUM_CLASSES = VELOCITY + VELOCITY_BINS

DEFAULT_EVENT = VELOCITY - 1
"""A shift of one second: Magenta's `default_event_label`, and how generation starts."""

DEFAULT_VELOCITY = 100
"""Velocity of notes before the first VELOCITY event (note_seq's `to_sequence`)."""

EVENT_DTYPE = np.int16


def is_note_on(events: np.ndarray) -> np.ndarray:
    """Return where `events` start a note."""
    return events < NOTE_OFF


def is_note_off(events: np.ndarray) -> np.ndarray:
    """Return where `events` end a note."""
    return (events >= NOTE_OFF) & (events < TIME_SHIFT)


def is_time_shift(events: np.ndarray) -> np.ndarray:
    """Return where `events` pass time."""
    return (events >= TIME_SHIFT) & (events < VELOCITY)


def shift_steps(events: np.ndarray) -> np.ndarray:
    """Return how many steps of 10 ms each event passes: int64, 0 for all but TIME_SHIFT."""
    return np.where(is_time_shift(events), events.astype(np.int64) - TIME_SHIFT + 1, 0)


def quantize(seconds: np.ndarray) -> np.ndarray:
    """Round times to steps of 10 ms, halves up, as note_seq's `quantize_to_step` does."""
    return (seconds * STEPS_PER_SECOND + 0.5).astype(np.int64)


def encode(notes: Notes) -> np.ndarray:
    """Return the events of `notes` as int16 [E], starting at time 0.

    Equal to note_seq's `Performance` of the same notes quantised at 100 steps a second with 32
    velocity bins. Within a step events are in the order of the notes by (start, pitch), the start
    of a note before its end; a note shorter than a step lasts one step.

    Raises
    ------
    ValueError
        If a note starts before time 0 or a pitch or velocity is not a MIDI number.
    """
    if len(notes) == 0:
        return np.empty(0, EVENT_DTYPE)
    if notes.start.min() < 0 or notes.end.min() < 0:
        raise ValueError("a note lies before time 0")
    if notes.pitch.min() < 0 or notes.pitch.max() > 127:
        raise ValueError("a pitch lies outside 0 to 127")
    if notes.velocity.min() < 1 or notes.velocity.max() > 127:
        raise ValueError("a velocity lies outside 1 to 127")

    by_start = np.lexsort((notes.pitch, notes.start))
    pitch = notes.pitch[by_start]
    velocity_bin = (notes.velocity[by_start] - 1) // VELOCITY_BIN_SIZE
    on_step = quantize(notes.start[by_start])
    off_step = quantize(notes.end[by_start])
    off_step = np.where(off_step == on_step, on_step + 1, off_step)

    rank = np.arange(len(pitch))
    order = np.lexsort(
        (
            np.repeat([0, 1], len(pitch)),
            np.concatenate([rank, rank]),
            np.concatenate([on_step, off_step]),
        )
    )
    step = np.concatenate([on_step, off_step])[order]
    starts = order < len(pitch)
    note_event = np.concatenate([NOTE_ON + pitch, NOTE_OFF + pitch])[order]
    loudness = np.concatenate([velocity_bin, velocity_bin])[order]

    # Each note event is preceded by the shifts that lead to it and, if loudness changed, by a
    # velocity: count the events of each group, then fill the groups in.
    elapsed = np.diff(step, prepend=0)
    shifts = -(-elapsed // MAX_SHIFT_STEPS)
    changes = np.zeros(len(step), bool)
    changes[starts] = np.diff(loudness[starts], prepend=-1) != 0
    group = shifts + changes + 1
    last = np.cumsum(group) - 1

    events = np.full(last[-1] + 1, TIME_SHIFT + MAX_SHIFT_STEPS - 1, np.int64)
    events[last] = note_event
    events[last[changes] - 1] = VELOCITY + loudness[changes]
    moved = shifts > 0
    final_shift = (last - changes - 1)[moved]
    events[final_shift] = TIME_SHIFT - 1 + elapsed[moved] - (shifts[moved] - 1) * MAX_SHIFT_STEPS
    return events.astype(EVENT_DTYPE)


def decode(events: np.ndarray, *, max_note_seconds: float | None = None) -> Notes:
    """Return the notes that `events` describe, as note_seq's `Performance.to_sequence` does.

    A NOTE_OFF ends the oldest sounding note of its pitch; one without a sounding note is ignored;
    notes of no duration are dropped; notes still sounding at the end are ended there.

    Parameters
    ----------
    events : integers [E] in 0..387.
    max_note_seconds : longer notes are cut to this length.
    """
    sounding: dict[int, list[tuple[int, int]]] = {}  # start step and velocity by pitch
    rows: list[tuple[int, int, int, int]] = []
    step, velocity = 0, DEFAULT_VELOCITY
    for event in np.asarray(events).tolist():
        if event < NOTE_OFF:
            sounding.setdefault(event, []).append((step, velocity))
        elif event < TIME_SHIFT:
            pitch = event - NOTE_OFF
            if sounding.get(pitch):
                onset, loudness = sounding[pitch].pop(0)
                rows.append((onset, step, pitch, loudness))
        elif event < VELOCITY:
            step += event - TIME_SHIFT + 1
        else:
            velocity = 1 + (event - VELOCITY) * VELOCITY_BIN_SIZE
    for pitch, hanging in sounding.items():
        rows.extend((onset, step, pitch, loudness) for onset, loudness in hanging)

    table = np.array([row for row in rows if row[1] > row[0]], np.int64).reshape(-1, 4)
    start, end = table[:, 0] / STEPS_PER_SECOND, table[:, 1] / STEPS_PER_SECOND
    if max_note_seconds is not None:
        end = np.minimum(end, start + max_note_seconds)
    return Notes(start, end, table[:, 2], table[:, 3], step / STEPS_PER_SECOND)


def transpose(events: np.ndarray, semitones: int) -> np.ndarray | None:
    """Return `events` moved by `semitones`, or None where a pitch would leave 0 to 127.

    Magenta's `TranspositionPipeline` likewise drops the whole sequence.
    """
    if semitones == 0:
        return events
    pitched = events < TIME_SHIFT
    pitch = events[pitched] % NOTE_OFF + semitones
    if len(pitch) and (pitch.min() < 0 or pitch.max() > 127):
        return None
    moved = events.copy()
    moved[pitched] += semitones
    return moved
