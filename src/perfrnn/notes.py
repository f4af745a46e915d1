"""Notes as arrays: what the rest of the library works on once a NoteSequence has been read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from note_seq import NoteSequence


SUSTAIN = 64
"""MIDI control number of the sustain pedal."""

PEDAL_DOWN = 64
"""Smallest control value that holds the pedal down."""


@dataclass(frozen=True)
class Notes:
    """N notes of one instrument, in the order of their source.

    Attributes
    ----------
    start, end : float64 [N], seconds.
    pitch, velocity : int64 [N], MIDI numbers (velocity 1 to 127).
    total_time : seconds; at least the end of the last note.
    """

    start: np.ndarray
    end: np.ndarray
    pitch: np.ndarray
    velocity: np.ndarray
    total_time: float

    def __len__(self) -> int:
        return len(self.start)

    def stretched(self, factor: float) -> Notes:
        """Return the notes with every time multiplied by `factor` (above 1: slower)."""
        if factor == 1.0:
            return self
        return Notes(
            self.start * factor,
            self.end * factor,
            self.pitch,
            self.velocity,
            self.total_time * factor,
        )


def from_note_sequence(sequence: NoteSequence) -> Notes:
    """Return the pitched notes of `sequence` as they sound, sustain pedal applied.

    Equal to note_seq's `apply_sustain_control_changes`: while an instrument's pedal is down, its
    notes last until the pedal is lifted or their pitch is struck again; of two notes of one pitch
    struck at once under the pedal, one is dropped.
    """
    rows = [
        (note.start_time, note.end_time, note.pitch, note.velocity, note.instrument)
        for note in sequence.notes
        if not note.is_drum
    ]
    table = np.array(rows, dtype=np.float64).reshape(-1, 5)
    start, end, pitch, velocity = table[:, :4].T
    pedal = np.array(
        [
            (change.time, change.control_value >= PEDAL_DOWN, change.instrument)
            for change in sequence.control_changes
            if change.control_number == SUSTAIN
        ],
        dtype=np.float64,
    ).reshape(-1, 3)
    total_time = sequence.total_time
    keep = np.ones(len(table), bool)
    if len(pedal) and len(table):
        end, keep, total_time = apply_sustain(table, pedal, total_time)
    return Notes(
        start[keep],
        end[keep],
        pitch[keep].astype(np.int64),
        velocity[keep].astype(np.int64),
        total_time,
    )


def apply_sustain(
    table: np.ndarray, pedal: np.ndarray, total_time: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """Let notes last as long as a pedal holds them, by the rules of `from_note_sequence`.

    Parameters
    ----------
    table : float64 [N, 5]: start, end, pitch, velocity and the pedal that holds the note.
    pedal : float64 [P, 3]: time, whether it goes down, and which pedal.
    total_time : of the music, in seconds.

    Returns
    -------
    The sounding ends [N], which notes to keep [N], and the total time.
    """
    down, up, on, _ = kinds = range(4)  # the order within one instant
    events = _in_order(table, pedal, kinds)
    start, end = table[:, 0].tolist(), table[:, 1].tolist()
    pitch, instrument = table[:, 2].tolist(), table[:, 4].tolist()
    pedal_instrument = pedal[:, 2].tolist()
    keep = np.ones(len(table), bool)
    pedal_is_down: dict[float, bool] = {}
    active: dict[float, dict[float, list[int]]] = {key: {} for key in instrument}
    # Notes that are let go while the pedal holds them: a pedal that is read at every position
    # goes up a thousand times in a row, so that looking at all notes each time would take long.
    let_go: defaultdict[float, list[int]] = defaultdict(list)
    now = 0.0
    for now, event, index in events:
        if event == down:
            pedal_is_down[pedal_instrument[index]] = True
        elif event == up:
            pedal_is_down[pedal_instrument[index]] = False
            for note in let_go.pop(pedal_instrument[index], []):
                held = active[instrument[note]][pitch[note]]
                if note in held:
                    end[note] = now
                    total_time = max(total_time, now)
                    held.remove(note)
        elif event == on:
            held = active[instrument[index]].setdefault(pitch[index], [])
            if pedal_is_down.get(instrument[index]):
                for note in held:
                    end[note] = now
                    keep[note] = start[note] != now
                held.clear()
            held.append(index)
            if end[index] < now:  # it ends before it begins
                let_go[instrument[index]].append(index)
        else:
            held = active[instrument[index]].get(pitch[index], [])
            if index not in held:
                continue
            if pedal_is_down.get(instrument[index]):
                let_go[instrument[index]].append(index)
            else:
                held.remove(index)
    for held in (held for pitches in active.values() for held in pitches.values()):
        for note in held:
            end[note], total_time = now, now
    return np.array(end), keep, total_time


def _in_order(
    table: np.ndarray, pedal: np.ndarray, kinds: Sequence[int]
) -> Iterable[tuple[float, int, int]]:
    """Return time, kind and row of every pedal and note event, in order.

    Parameters
    ----------
    kinds : numbers of pedals going down and up, and of notes beginning and ending, in the order
        in which they come within one instant.
    """
    down, up, on, off = kinds
    count = len(table)
    time = np.concatenate([table[:, 0], table[:, 1], pedal[:, 0]])
    kind = np.concatenate(
        [np.full(count, on), np.full(count, off), np.where(pedal[:, 1] > 0, down, up)]
    )
    row = np.concatenate([np.arange(count), np.arange(count), np.arange(len(pedal))])
    order = np.lexsort((kind, time))
    return zip(time[order].tolist(), kind[order].tolist(), row[order].tolist(), strict=True)


def to_note_sequence(notes: Notes) -> NoteSequence:
    """Return `notes` as a NoteSequence for piano (program 0)."""
    from note_seq import NoteSequence

    sequence = NoteSequence(ticks_per_quarter=220, total_time=notes.total_time)
    for start, end, pitch, velocity in zip(
        notes.start.tolist(),
        notes.end.tolist(),
        notes.pitch.tolist(),
        notes.velocity.tolist(),
        strict=True,
    ):
        sequence.notes.add(start_time=start, end_time=end, pitch=pitch, velocity=velocity)
    return sequence
