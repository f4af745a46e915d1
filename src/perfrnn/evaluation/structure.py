"""Structure: whether the music returns to what it has played."""

from __future__ import annotations

import numpy as np

from perfrnn.evaluation.windows import chords, mean, window_chroma
from perfrnn.notes import Notes

SEGMENT, SEGMENT_HOP, FRAME = 4.0, 1.0, 0.5
"""Seconds of a segment, from one segment to the next, and of a frame within a segment."""

MELODY_INTERVALS = 4
FIGURE_INTERVALS = 5
"""Intervals in a melodic n-gram (of the upper voice) and in a figure (of all notes)."""


def repeated_share(sequence: np.ndarray, length: int) -> float:
    """Return the share of the `length`-grams of a sequence of integers that occur again in it."""
    if len(sequence) < length:
        return float("nan")
    grams = np.lib.stride_tricks.sliding_window_view(sequence, length)
    _, which, counts = np.unique(grams, axis=0, return_inverse=True, return_counts=True)
    return mean((counts[which.ravel()] > 1).astype(float))


def melody_repetition(notes: Notes) -> float:
    """Return the share of 5-note melodies of the upper voice that come again, 0 to 1.

    Melodies are compared by their intervals, so a transposed one counts.
    """
    return repeated_share(np.diff(chords(notes).top), MELODY_INTERVALS)


def figure_repetition(notes: Notes) -> float:
    """Return the share of figures of 6 successive notes that come again, transposed or not."""
    return repeated_share(np.diff(chords(notes).pitch), FIGURE_INTERVALS)


def _similarities(notes: Notes) -> np.ndarray:
    """Return the cosine of every two segments of the music: float64 [S, S].

    A segment is its pitch classes frame by frame; NaN where segments overlap or are empty.
    """
    starts = np.arange(0.0, max(notes.total_time - SEGMENT, 0.0) + 1e-9, SEGMENT_HOP)
    frames = np.arange(0.0, SEGMENT, FRAME)
    times = (starts[:, None] + frames).ravel()
    content = window_chroma(notes, times, FRAME).reshape(len(starts), -1)
    length = np.linalg.norm(content, axis=1, keepdims=True)
    content = content / np.where(length > 0, length, np.nan)
    similarity = content @ content.T
    apart = np.abs(starts[:, None] - starts)
    similarity[apart < SEGMENT - 1e-9] = np.nan
    return similarity


def segment_repetition(notes: Notes) -> float:
    """Return how well segments of 4 s come again: mean of each one's best cosine, 0 to 1.

    A self-similarity matrix (Foote, "Visualizing music and audio using self-similarity", 1999)
    of harmony over time, its best match in each row.
    """
    similarity = np.nan_to_num(_similarities(notes), nan=-1.0)
    best = similarity.max(axis=1, initial=-1.0)
    return mean(best[best >= 0])


def segment_contrast(notes: Notes) -> float:
    """Return how much more alike a segment's best match is than its average one, 0 to 1."""
    similarity = _similarities(notes)
    compared = np.isfinite(similarity)
    count = compared.sum(axis=1)
    average = np.nansum(similarity, axis=1)[count > 0] / count[count > 0]
    best = np.where(compared, similarity, -1.0).max(axis=1, initial=-1.0)[count > 0]
    return mean(best - average)
