"""Whether music is a score that a machine plays: on a grid, each loudness held."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perfrnn.performing.score import Score, read_score

if TYPE_CHECKING:
    from note_seq import NoteSequence

PARTS = 24
"""Parts of a quarter that make the grid: those of 32nds, triplets and sextuplets."""

TICKS_OFF = 0.6
"""Ticks by which a file may be off the grid, as it rounds; at least `LEAST_OFF` quarters."""
LEAST_OFF = 0.003

ON_GRID = 0.5
"""Least share of intervals that are parts of the grid. Of ASAP's 235 score MIDIs all but one have
0.54 or more, with ornaments and rare tuplets; performances of ASAP and MAESTRO have 0.21 or less,
which is chance."""

HELD = 0.5
"""Least share of notes that are as loud as the note before: ASAP's scores have 0.68 or more,
dynamics and all, performances 0.07 or less."""


def why_deadpan(sequence: NoteSequence) -> str:
    """Return by what `sequence` is known to be deadpan, in words; nothing if it is not.

    It is if its onsets lie 24th parts of a quarter apart and most of its notes are as loud as the
    ones before them. Pianists do neither; what was played and then moved onto a grid keeps its
    loudness, and is left alone.
    """
    score = read_score(sequence)
    if not len(score.pitch):
        return ""
    on_grid, held = shares(score, sequence.ticks_per_quarter)
    if on_grid < ON_GRID or held < HELD:
        return ""
    loudness = sorted(set(score.velocity.tolist()))
    words = (
        f"one loudness ({loudness[0]})"
        if len(loudness) == 1
        else f"{100 * held:.0f} % of the notes as loud as the one before"
    )
    return f"{words} and {100 * on_grid:.0f} % of the onsets on a grid"


def shares(score: Score, ticks_per_quarter: int) -> tuple[float, float]:
    """Return the shares of intervals on the grid, and of notes as loud as the one before."""
    intervals = np.diff(score.place) * PARTS
    off = np.abs(intervals - np.round(intervals)) / PARTS
    allowed = max(LEAST_OFF, TICKS_OFF / max(ticks_per_quarter, 1))
    same = np.diff(score.velocity) == 0
    return _mean(off <= allowed), _mean(same)


def _mean(values: np.ndarray) -> float:
    """Return the share of `values` that are true; of none, 1."""
    return float(values.mean()) if len(values) else 1.0
