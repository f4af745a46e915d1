"""What several measures share: pitch classes in windows of time, and notes struck together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from perfrnn.notes import Notes

TOGETHER = 0.03
"""Seconds: a note struck at most so long after the one before it belongs to the same chord.

Pianists spread the notes of a chord over some 30 ms (Goebl, "Melody lead in piano performance",
2001).
"""


TICK = 5e-4
"""Seconds added to limits, so that times on the grid of 10 ms are compared exactly."""


def mean(values: np.ndarray) -> float:
    """Return the mean of the numbers among `values`, NaN if there is none."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")


def share(part: float, whole: float) -> float:
    """Return `part / whole`, NaN of nothing."""
    return float(part / whole) if whole > 0 else float("nan")


def entropy(counts: np.ndarray) -> float:
    """Return the Shannon entropy of a distribution given as counts: bits, NaN of nothing."""
    if counts.sum() <= 0:
        return float("nan")
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log2(shares)).sum())


def sounding_seconds(notes: Notes, times: np.ndarray) -> np.ndarray:
    """Return how long each pitch class has sounded by each of T `times`: float64 [T, 12].

    Notes of one pitch class that sound at once count severally.
    """
    totals = np.zeros((len(times), 12))
    for pitch_class in range(12):
        chosen = notes.pitch % 12 == pitch_class
        for bound, sign in ((notes.start[chosen], 1), (notes.end[chosen], -1)):
            # The seconds since every bound that has passed, all bounds together.
            bound = np.sort(bound)
            passed = np.searchsorted(bound, times)
            sums = np.concatenate([[0.0], np.cumsum(bound)])
            totals[:, pitch_class] += sign * (passed * times - sums[passed])
    return np.maximum(totals, 0.0)


def window_starts(notes: Notes, seconds: float, hop: float) -> np.ndarray:
    """Return where windows of `seconds` begin, `hop` apart, that lie within the music.

    Music shorter than a window has one window.
    """
    last = max(0.0, notes.total_time - seconds)
    return np.arange(0.0, last + 1e-9, hop)


def window_chroma(notes: Notes, starts: np.ndarray, seconds: float) -> np.ndarray:
    """Return how long each pitch class sounds in windows of `seconds`: float64 [W, 12]."""
    chroma = sounding_seconds(notes, starts + seconds) - sounding_seconds(notes, starts)
    chroma[chroma < 1e-9] = 0.0  # differences of sums leave rounding errors
    return chroma


@dataclass(frozen=True)
class Chords:
    """Notes struck together, chord by chord; a single note is a chord too.

    Attributes
    ----------
    start, pitch, velocity : the N notes by (start, pitch).
    number : int64 [N], which of the C chords a note belongs to.
    onset : float64 [C], seconds; when the first note of each chord is struck.
    """

    start: np.ndarray
    pitch: np.ndarray
    velocity: np.ndarray
    number: np.ndarray
    onset: np.ndarray

    @property
    def size(self) -> np.ndarray:
        """Notes in each chord: int64 [C]."""
        return np.bincount(self.number, minlength=len(self.onset))

    @property
    def top(self) -> np.ndarray:
        """Highest pitch of each chord, the upper voice: int64 [C]."""
        highest = np.zeros(len(self.onset), np.int64)
        np.maximum.at(highest, self.number, self.pitch)
        return highest

    def average(self, values: np.ndarray) -> np.ndarray:
        """Return the mean of `values` [N] over the notes of each chord: float64 [C]."""
        return np.bincount(self.number, weights=values, minlength=len(self.onset)) / self.size


def chords(notes: Notes) -> Chords:
    """Return the notes in groups of those struck together."""
    order = np.lexsort((notes.pitch, notes.start))
    start = notes.start[order]
    begins = np.diff(start, prepend=-np.inf) > TOGETHER + TICK
    number = np.cumsum(begins) - 1
    return Chords(start, notes.pitch[order], notes.velocity[order], number, start[begins])
