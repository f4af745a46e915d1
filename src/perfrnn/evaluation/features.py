"""The nine features by which Yang and Lerch compare two sets of music.

Yang and Lerch, "On the evaluation of generative models in music", Neural Computing and
Applications 32 (2020), section 3.2. They suppose bars and beats, which performances have not: so
note lengths are classed in seconds, and nothing is counted by the bar.
"""

from __future__ import annotations

import numpy as np

from perfrnn.notes import Notes

SHORTEST = 0.01
"""Seconds: where the first class of note lengths begins, the step of the model's time."""

CLASSES = 12
"""Classes of note lengths, as many as mgeval's note values."""

OCTAVES = 0.75
"""Width of a class of note lengths in doublings: twelve reach from 10 ms to 5.12 s."""

SCALARS = ("pitch_count", "pitch_range", "pitch_interval", "note_count", "inter_onset_interval")
HISTOGRAMS = (
    "pitch_class_histogram",
    "pitch_class_transitions",
    "note_length_histogram",
    "note_length_transitions",
)
FEATURES = (*SCALARS, *HISTOGRAMS)


def features(notes: Notes) -> dict[str, np.ndarray]:
    """Return every feature of `notes` by its name in `FEATURES`.

    Notes follow one another in the order they are struck, the lower first of those struck at
    once.

    Returns
    -------
    float64 arrays:
        `pitch_count` [1], different pitches;
        `pitch_range` [1], semitones from the lowest to the highest;
        `pitch_interval` [1], semitones, mean distance of successive notes;
        `note_count` [1];
        `inter_onset_interval` [1], seconds, mean between successive notes;
        `pitch_class_histogram` [12], share of all sounding time;
        `pitch_class_transitions` [12, 12], share of all pairs of successive notes;
        `note_length_histogram` [12], share of notes, by classes of three quarters of an octave
        from 10 ms;
        `note_length_transitions` [12, 12], share of all pairs of successive notes.
    What needs more notes than there are is NaN.
    """
    order = np.lexsort((notes.pitch, notes.start))
    start, pitch = notes.start[order], notes.pitch[order]
    length = notes.end[order] - start
    lengths = length_classes(length)
    found = {
        "pitch_count": len(np.unique(pitch)),
        "pitch_range": np.ptp(pitch) if len(pitch) else np.nan,
        "pitch_interval": _mean(np.abs(np.diff(pitch))),
        "note_count": len(pitch),
        "inter_onset_interval": _mean(np.diff(start)),
        "pitch_class_histogram": _shares(np.bincount(pitch % 12, length, minlength=12)),
        "pitch_class_transitions": _transitions(pitch % 12, 12),
        "note_length_histogram": _shares(np.bincount(lengths, minlength=CLASSES)),
        "note_length_transitions": _transitions(lengths, CLASSES),
    }
    return {name: np.atleast_1d(np.asarray(found[name], float)) for name in FEATURES}


def length_classes(seconds: np.ndarray) -> np.ndarray:
    """Return the class of each note length: int64 [N], 0 to 11."""
    doublings = np.log2(np.maximum(seconds, SHORTEST) / SHORTEST)
    # The grid's lengths are sums of hundredths: one on a boundary belongs to the class above it.
    return np.clip(np.floor(doublings / OCTAVES + 1e-6), 0, CLASSES - 1).astype(np.int64)


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _shares(counts: np.ndarray) -> np.ndarray:
    total = counts.sum()
    return counts / total if total > 0 else np.full(counts.shape, np.nan)


def _transitions(classes: np.ndarray, size: int) -> np.ndarray:
    """Return the share of each pair of successive classes: float64 [size, size]."""
    counts = np.zeros((size, size))
    np.add.at(counts, (classes[:-1], classes[1:]), 1)
    return _shares(counts)
