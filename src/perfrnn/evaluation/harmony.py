"""Harmony: whether there are chords, how they move, and whether they belong to a key."""

from __future__ import annotations

import numpy as np

from perfrnn.evaluation.tonality import SCALES, key_correlations
from perfrnn.evaluation.tonality import WINDOW as KEY_WINDOW
from perfrnn.evaluation.windows import (
    Chords,
    chords,
    mean,
    window_chroma,
    window_starts,
)
from perfrnn.events.key_finding import CHORDS
from perfrnn.events.tonal_centroid import TONAL_CENTROID_BASIS
from perfrnn.notes import Notes

WINDOW, HOP = 1.0, 0.5
"""Seconds of a window in which a chord is estimated, and from one window to the next."""

CONSONANCE = np.array([-1.428, -0.582, 0.594, 0.386, 1.240, -0.453])
"""Huron's index of the interval classes 1 (minor second) to 6 (tritone), mean 0.

Huron, "Interval-class content in equally tempered pitch-class sets", Music Perception 11 (1994).
"""


ROOT_WEIGHT = 1.01
"""A chord's root weighs a little more than its other notes: a lone note is its own root."""


def _templates() -> np.ndarray:
    """Return all chords as pitch-class vectors of length 1: float64 [12 x types, 12]."""
    rows = []
    for steps in CHORDS.values():
        for root in range(12):
            row = np.zeros(12)
            row[[(root + step) % 12 for step in steps]] = 1.0
            row[root] = ROOT_WEIGHT
            rows.append(row / np.linalg.norm(row))
    return np.array(rows)


TEMPLATES = _templates()


def _fits(chroma: np.ndarray) -> np.ndarray:
    """Return the cosine of pitch-class weights [W, 12] with each chord: float64 [W, chords]."""
    length = np.linalg.norm(chroma, axis=1, keepdims=True)
    return chroma / np.where(length > 0, length, np.nan) @ TEMPLATES.T


def _windows(notes: Notes) -> np.ndarray:
    return window_chroma(notes, window_starts(notes, WINDOW, HOP), WINDOW)


def chord_fit(notes: Notes) -> float:
    """Return how well windows fit their best chord: mean cosine, 0 to 1.

    Chords are the triads and dominant sevenths of `perfrnn.events.key_finding.CHORDS`; template
    matching after Fujishima, "Realtime chord recognition of musical sound" (ICMC 1999).
    """
    return mean(_fits(_windows(notes)).max(axis=1, initial=-1.0))


def chord_change_rate(notes: Notes) -> float:
    """Return how often the best chord changes: changes per second, 0 to 2."""
    fits = _fits(_windows(notes))
    best = fits[np.isfinite(fits).all(axis=1)].argmax(axis=1)
    return mean((best[1:] != best[:-1]).astype(float)) / HOP


def diatonic_chord_share(notes: Notes) -> float:
    """Return the share of windows whose best chord lies in the key of the 8 s around them."""
    starts = window_starts(notes, WINDOW, HOP)
    fits = _fits(window_chroma(notes, starts, WINDOW))
    around = np.maximum(starts + (WINDOW - KEY_WINDOW) / 2, 0.0)
    keys = key_correlations(window_chroma(notes, around, KEY_WINDOW))
    known = np.isfinite(fits).all(axis=1) & np.isfinite(keys).all(axis=1)
    chord_notes = TEMPLATES[fits[known].argmax(axis=1)] > 0
    scales = SCALES[keys[known].argmax(axis=1)]
    return mean((scales | ~chord_notes).all(axis=1).astype(float))


def tonal_centroid_movement(notes: Notes) -> float:
    """Return the mean distance of the tonal centroids of seconds that follow each other.

    The harmonic change function of Harte, Sandler & Gasser, "Detecting Harmonic Change in Musical
    Audio" (2006), without its smoothing: 0 to 3, 0 for a chord that is held.
    """
    chroma = window_chroma(notes, window_starts(notes, WINDOW, WINDOW), WINDOW)
    total = chroma.sum(axis=1, keepdims=True)
    centroid = chroma / np.where(total > 0, total, np.nan) @ TONAL_CENTROID_BASIS
    return mean(np.linalg.norm(np.diff(centroid, axis=0), axis=1))


def _dissonance(present: np.ndarray) -> np.ndarray:
    """Return minus the mean consonance of the pairs of pitch classes [C, 12], NaN without a pair.

    Pairs of one pitch class do not count.
    """
    pairs = np.stack(
        [(present & np.roll(present, -step, axis=1)).sum(axis=1) for step in range(1, 7)], axis=1
    ).astype(float)
    pairs[:, 5] /= 2  # every tritone was found from both of its ends
    count = pairs.sum(axis=1)
    return -(pairs @ CONSONANCE) / np.where(count > 0, count, np.nan)


def _struck(groups: Chords) -> np.ndarray:
    present = np.zeros((len(groups.onset), 12), bool)
    present[groups.number, groups.pitch % 12] = True
    return present


def struck_dissonance(notes: Notes) -> float:
    """Return the dissonance of notes struck together: -1.24 (fifths) to 1.43 (minor seconds)."""
    return mean(_dissonance(_struck(chords(notes))))


def sounding_dissonance(notes: Notes) -> float:
    """Return the dissonance of all that sounds whenever a note is struck, -1.24 to 1.43."""
    groups = chords(notes)
    last = np.full(len(groups.onset), -np.inf)
    np.maximum.at(last, groups.number, groups.start)
    sounding = np.zeros((len(last), 12), bool)
    for pitch_class in range(12):
        chosen = notes.pitch % 12 == pitch_class
        begun = np.searchsorted(np.sort(notes.start[chosen]), last, side="right")
        ended = np.searchsorted(np.sort(notes.end[chosen]), last, side="right")
        sounding[:, pitch_class] = begun > ended
    return mean(_dissonance(sounding))
