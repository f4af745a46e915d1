"""Key and chords of a list of notes, for labels on pictures and scores."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

NAMES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")

# Probe-tone ratings of Krumhansl & Kessler (1982), table in Krumhansl, "Cognitive Foundations of
# Musical Pitch" (1990), p. 30.
MAJOR_PROFILE = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
MINOR_PROFILE = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])

CHORDS = {"": (0, 4, 7), "m": (0, 3, 7), "7": (0, 4, 7, 10), "dim": (0, 3, 6)}
"""Chord types by suffix, as semitones above the root."""

CHORD_FIT = 0.7
"""Least cosine similarity with a chord's notes for a span to be named after it."""


class Key(NamedTuple):
    """A key and how well the notes fit it.

    Attributes
    ----------
    tonic : 0 (C) to 11 (B).
    mode : `major` or `minor`.
    correlation : with the key's profile, -1 to 1.
    """

    tonic: int
    mode: str
    correlation: float

    def __str__(self) -> str:
        return f"{NAMES[self.tonic]} {self.mode}"


def chroma(start: np.ndarray, end: np.ndarray, pitch: np.ndarray) -> np.ndarray:
    """Return seconds that each pitch class sounds: float64 [12]."""
    return np.bincount(pitch % 12, weights=end - start, minlength=12)


def estimate_key(weights: np.ndarray) -> Key | None:
    """Return the key whose Krumhansl-Kessler profile correlates best with weights [12].

    None if all weights are equal, since then no key is better than another.
    """
    if np.ptp(weights) == 0:
        return None
    candidates = [
        Key(tonic, mode, float(np.corrcoef(np.roll(profile, tonic), weights)[0, 1]))
        for mode, profile in (("major", MAJOR_PROFILE), ("minor", MINOR_PROFILE))
        for tonic in range(12)
    ]
    return max(candidates, key=lambda key: key.correlation)


def name_chord(weights: np.ndarray) -> str:
    """Return the triad or seventh that weights [12] fit best, or nothing where none fits."""
    norm = float(np.linalg.norm(weights))
    if norm == 0:
        return ""
    fits = {
        NAMES[root] + suffix: float(
            weights[[(root + step) % 12 for step in steps]].sum() / norm / np.sqrt(len(steps))
        )
        for root in range(12)
        for suffix, steps in CHORDS.items()
    }
    best = max(fits, key=lambda name: fits[name])
    return best if fits[best] >= CHORD_FIT else ""
