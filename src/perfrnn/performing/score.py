"""A score as arrays: notes in quarters, chords, the tempo and the metre they stand in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from note_seq import NoteSequence

DEFAULT_QPM = 120.0
"""Tempo of a score that states none, in quarters a minute."""

TOGETHER = 0.01
"""Quarters: notes written at most so far apart are one chord; files round their times."""


@dataclass(frozen=True)
class Clock:
    """Tempos of a score: from each of K times on, so many quarters a minute hold.

    Attributes
    ----------
    seconds, quarters : float64 [K], ascending from 0; where tempos begin.
    rate : float64 [K], quarters a second.
    """

    seconds: np.ndarray
    quarters: np.ndarray
    rate: np.ndarray

    def to_quarters(self, seconds: np.ndarray) -> np.ndarray:
        """Return where in the score times lie."""
        part = np.maximum(np.searchsorted(self.seconds, seconds, side="right") - 1, 0)
        return self.quarters[part] + (seconds - self.seconds[part]) * self.rate[part]

    def to_seconds(self, quarters: np.ndarray) -> np.ndarray:
        """Return when, played as written, places in the score come."""
        part = np.maximum(np.searchsorted(self.quarters, quarters, side="right") - 1, 0)
        return self.seconds[part] + (quarters - self.quarters[part]) / self.rate[part]


@dataclass(frozen=True)
class Score:
    """N notes of a score, by onset and pitch, in C chords.

    Attributes
    ----------
    onset, duration : float64 [N], quarters.
    pitch, velocity : int64 [N], MIDI numbers; the velocity is what the dynamics say.
    chord : int64 [N], the chord that a note belongs to.
    place : float64 [C], quarters; where each chord stands.
    bar : float64 [C], quarters from the barline.
    bar_length, beat : float64 [C], quarters of the measure and of the beat around each chord.
    bar_number : int64 [C], counted from the first metre on.
    clock : its tempos.
    order : int64 [N], for each note its place among the notes of the sequence it was read from.
    """

    onset: np.ndarray
    duration: np.ndarray
    pitch: np.ndarray
    velocity: np.ndarray
    chord: np.ndarray
    place: np.ndarray
    bar: np.ndarray
    bar_length: np.ndarray
    beat: np.ndarray
    bar_number: np.ndarray
    clock: Clock
    order: np.ndarray

    def average(self, values: np.ndarray) -> np.ndarray:
        """Return the mean of `values` [N] over the notes of each chord: float64 [C]."""
        return np.bincount(self.chord, weights=values, minlength=len(self.place)) / self.size

    @property
    def size(self) -> np.ndarray:
        """Notes of each chord: int64 [C]."""
        return np.bincount(self.chord, minlength=len(self.place))


def read_score(sequence: NoteSequence) -> Score:
    """Return the pitched notes of `sequence` as a score.

    Without a tempo it has 120 quarters a minute, without a metre 4/4.
    """
    clock = _read_clock(sequence)
    table = np.array(
        [
            (note.start_time, note.end_time, note.pitch, note.velocity, index)
            for index, note in enumerate(sequence.notes)
            if not note.is_drum
        ],
        dtype=np.float64,
    ).reshape(-1, 5)
    onset, end = (np.round(clock.to_quarters(table[:, column]), 6) for column in (0, 1))
    order = np.lexsort((table[:, 2], onset))
    onset, end, table = onset[order], end[order], table[order]
    begins = np.diff(onset, prepend=-np.inf) > TOGETHER
    chord = np.cumsum(begins) - 1
    # Within a chord that files have spread by a hair, notes stand by pitch.
    order = np.lexsort((table[:, 2], chord))
    onset, end, table = onset[order], end[order], table[order]
    place = onset[np.searchsorted(chord, np.arange(int(begins.sum())))]
    return Score(
        onset,
        np.maximum(end - onset, 1e-3),
        table[:, 2].astype(np.int64),
        table[:, 3].astype(np.int64),
        chord,
        place,
        *_metre(sequence, clock, place),
        clock,
        table[:, 4].astype(np.int64),
    )


def _read_clock(sequence: NoteSequence) -> Clock:
    """Return the tempos of `sequence`, of several at one time the last."""
    stated = {0.0: DEFAULT_QPM} | {
        max(0.0, tempo.time): tempo.qpm for tempo in sequence.tempos if tempo.qpm > 0
    }
    seconds = np.array(sorted(stated))
    rate = np.array([stated[time] for time in seconds.tolist()]) / 60.0
    quarters = np.concatenate([[0.0], np.cumsum(np.diff(seconds) * rate[:-1])])
    return Clock(seconds, quarters, rate)


def _beat(beats: int, unit: int) -> float:
    """Return the quarters of a beat in `beats/unit`; dotted in 6/8, 9/8 and the like."""
    is_dotted = unit >= 8 and beats > 3 and beats % 3 == 0
    return 4.0 / unit * (3 if is_dotted else 1)


def _metre(
    sequence: NoteSequence, clock: Clock, place: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return for each chord: quarters from the barline, of the measure, of the beat; the measure.

    A metre begins with a barline.
    """
    stated = {0.0: (4, 4)} | {
        max(0.0, one.time): (one.numerator, one.denominator)
        for one in sequence.time_signatures
        if one.numerator > 0 and one.denominator > 0
    }
    begins = clock.to_quarters(np.array(sorted(stated)))
    signatures = [stated[time] for time in sorted(stated)]
    lengths = np.array([4.0 * beats / unit for beats, unit in signatures])
    beat = np.array([_beat(beats, unit) for beats, unit in signatures])
    bars = np.ceil(np.round(np.diff(begins) / lengths[:-1], 4))
    first = np.concatenate([[0.0], np.cumsum(bars)])
    part = np.maximum(np.searchsorted(begins, place + 1e-6, side="right") - 1, 0)
    since = np.maximum(place - begins[part], 0.0)
    number = np.floor(since / lengths[part] + 1e-6)
    offset = np.maximum(since - number * lengths[part], 0.0)
    return offset, lengths[part], beat[part], (first[part] + number).astype(np.int64)
