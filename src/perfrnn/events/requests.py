"""What music is asked to be: composer, key and density, as a transformer hears them.

Each is a row of a table of weights; row 0 is that of asking nothing. The request at a position
holds for the event that follows it, so that it may change on the way.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from perfrnn.events import vocabulary as ev
from perfrnn.events.key_finding import chroma, estimate_key

NOTHING = 0
"""Row of every table that stands for no request."""

KEYS = 25
"""No key; C major to B major; C minor to B minor."""

DENSITY_EDGES = 2.0 ** np.arange(0.25, 5, 0.5)
"""Notes per second between the density classes, whose middles are 1, 1.41, 2 and so to 32."""

DENSITIES = len(DENSITY_EDGES) + 2
"""Rows of the table of densities: none, below the first edge, and so on."""

UNKNOWN_COMPOSER = "unknown"
"""Name of row 0 of the table of composers."""

LEAST_DENSITY = 1e-3
"""Notes per second as which silence counts."""

LONGEST_NOTE = 5.0
"""Seconds up to which a note counts for the key: a hanging note is no more than that."""


def key_row(tonic: int, mode: str) -> int:
    """Return the row of a key, 1 to 24, from its tonic (0 to 11) and mode."""
    return 1 + tonic + 12 * (mode == "minor")


def transposed_key(row: int, semitones: int) -> int:
    """Return the row of a key moved by semitones; no key stays none."""
    if row == NOTHING:
        return row
    return 1 + (row - 1) // 12 * 12 + (row - 1 + semitones) % 12


def found_key(events: np.ndarray) -> int:
    """Return the row of the key that music is in, none if no key fits better than another."""
    notes = ev.decode(events, max_note_seconds=LONGEST_NOTE)
    key = estimate_key(chroma(notes.start, notes.end, notes.pitch))
    return NOTHING if key is None else key_row(key.tonic, key.mode)


def density_weights(
    notes_per_second: float, edges: Sequence[float] | np.ndarray = DENSITY_EDGES
) -> np.ndarray:
    """Return weights of the density rows that ask for a density: float32 [edges + 2].

    They sum to 1. A density in the middle of its class is that class alone; others are shared, on
    a scale of octaves, between the two classes whose middles they lie between.

    Parameters
    ----------
    edges : notes per second between two classes, two edges at least. The first and the last class
        are as wide as their neighbours.
    """
    octaves = np.log2(edges)
    ends = [2 * octaves[0] - octaves[1], *octaves, 2 * octaves[-1] - octaves[-2]]
    middles = (np.array(ends[1:]) + ends[:-1]) / 2
    rows = np.arange(1, len(middles) + 1)
    place = np.interp(np.log2(max(notes_per_second, LEAST_DENSITY)), middles, rows)
    weights = np.zeros(len(middles) + 1, np.float32)
    below = int(place)
    weights[below] = 1 + below - place
    if place > below:
        weights[below + 1] = place - below
    return weights


def no_density() -> np.ndarray:
    """Return weights of the density rows that ask for none: float32 [12]."""
    return np.eye(DENSITIES, dtype=np.float32)[NOTHING]


def found_density(events: np.ndarray) -> float:
    """Return notes per second of music."""
    seconds = ev.shift_steps(events).sum() / ev.STEPS_PER_SECOND
    return float(ev.is_note_on(events).sum() / max(seconds, 1 / ev.STEPS_PER_SECOND))


def held_before(events: np.ndarray) -> np.ndarray:
    """Return which pitches sound after `events`: bool [128]."""
    pitched = events[events < ev.TIME_SHIFT]
    held = np.zeros(ev.NOTE_OFF, bool)
    held[pitched % ev.NOTE_OFF] = ev.is_note_on(pitched)  # the last one of a pitch decides
    return held


def held_pitches(events: np.ndarray, before: np.ndarray | None = None) -> np.ndarray:
    """Return which pitches sound after each event: uint8 [E, 128].

    Parameters
    ----------
    before : those that sound before the first event, bool [128]; None for none.
    """
    # At each event, the number of the last NOTE_ON (odd) or NOTE_OFF (even) of every pitch.
    last = np.zeros((len(events) + 1, ev.NOTE_OFF), np.int32)
    if before is not None:
        last[0] = before
    position = np.flatnonzero(events < ev.TIME_SHIFT)
    pitched = events[position]
    last[position + 1, pitched % ev.NOTE_OFF] = 2 * (position + 1) + ev.is_note_on(pitched)
    return (np.maximum.accumulate(last)[1:] & 1).astype(np.uint8)
