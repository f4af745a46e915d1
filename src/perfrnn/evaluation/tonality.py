"""Tonality: whether there is a key, whether it lasts, whether the notes belong to it.

A key is estimated as Krumhansl and Schmuckler do (Krumhansl, "Cognitive Foundations of Musical
Pitch", 1990, chapter 4): by the correlation of sounding time per pitch class with 24 key
profiles, here Temperley's (`perfrnn.events.key_finding`). All measures are the same for music
transposed by any interval, and NaN where there is no key to speak of.
"""

from __future__ import annotations

import numpy as np

from perfrnn.evaluation.windows import (
    entropy,
    mean,
    share,
    window_chroma,
    window_starts,
)
from perfrnn.events.key_finding import MAJOR_PROFILE, MINOR_PROFILE
from perfrnn.events.keys import MAJOR_SCALE, MINOR_SCALE
from perfrnn.notes import Notes

WINDOW, HOP = 8.0, 4.0
"""Seconds of a window in which a key is estimated, and from one window to the next."""


def _profiles() -> np.ndarray:
    """Return the 24 key profiles, centred, of length 1: float64 [24, 12], 12 major keys first."""
    rows = [np.roll(profile, k) for profile in (MAJOR_PROFILE, MINOR_PROFILE) for k in range(12)]
    centred = np.array(rows) - np.mean(rows, axis=1, keepdims=True)
    return centred / np.linalg.norm(centred, axis=1, keepdims=True)


def _scales() -> np.ndarray:
    """Return which pitch classes belong to each key: bool [24, 12]."""
    member = np.zeros((24, 12), bool)
    for mode, scale in enumerate((MAJOR_SCALE, MINOR_SCALE)):
        for tonic in range(12):
            member[12 * mode + tonic, [(tonic + step) % 12 for step in scale]] = True
    return member


PROFILES = _profiles()
SCALES = _scales()

FIFTHS = np.array([[7 * tonic % 12, 7 * (tonic + 3) % 12] for tonic in range(12)]).T.ravel()
"""Place of each key's signature on the circle of fifths: int [24], a minor key at its relative."""


def fifths_apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return how many fifths lie between the signatures of keys (0 to 23): int, 0 to 6."""
    distance = np.abs(FIFTHS[one] - FIFTHS[other])
    return np.minimum(distance, 12 - distance)


def related(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return where keys (0 to 23) are equal, relative, parallel or, in one mode, a fifth apart."""
    same_mode = one // 12 == other // 12
    apart = fifths_apart(one, other)
    return (apart == 0) | (same_mode & (apart == 1)) | (one % 12 == other % 12)


def key_correlations(weights: np.ndarray) -> np.ndarray:
    """Return the correlation of weights [..., 12] with the 24 profiles: float64 [..., 24].

    NaN where all weights are equal, since then no key is better than another.
    """
    centred = weights - weights.mean(axis=-1, keepdims=True)
    length = np.linalg.norm(centred, axis=-1, keepdims=True)
    length = np.where(length > 1e-9, length, np.nan)
    return centred / length @ PROFILES.T


def best_keys(weights: np.ndarray) -> np.ndarray:
    """Return the best key of each row of weights [..., 12] that has one: int64, 0 to 23."""
    correlations = key_correlations(weights)
    return correlations[np.isfinite(correlations).all(axis=-1)].argmax(axis=-1)


def _windows(notes: Notes) -> np.ndarray:
    return window_chroma(notes, window_starts(notes, WINDOW, HOP), WINDOW)


def key_clarity(notes: Notes) -> float:
    """Return the mean over windows of the best key's correlation, -1 to 1.

    The key clarity of Lartillot's MIRtoolbox (`mirkeystrength`), on notes instead of sound.
    """
    correlations = key_correlations(_windows(notes))
    return mean(correlations.max(axis=-1, initial=-1.0))


def key_stability(notes: Notes) -> float:
    """Return the share of steps from window to window that stay in the key or a related one."""
    keys = best_keys(_windows(notes))
    return mean(related(keys[:-1], keys[1:]).astype(float))


def key_drift(notes: Notes) -> float:
    """Return how far windows stray from the key of the whole: mean fifths between signatures."""
    windows = _windows(notes)
    whole = best_keys(windows.sum(axis=0)[None])
    if len(whole) == 0:
        return float("nan")
    return mean(fifths_apart(best_keys(windows), whole).astype(float))


def in_scale_share(notes: Notes) -> float:
    """Return the share of notes in the scale of the key of the window they are struck in.

    Minor scales have the natural and the raised seventh degree. The even chance of a foreign note
    to be in a scale is 7/12 or 8/12.
    """
    starts = np.arange(0.0, max(notes.total_time, HOP), HOP)
    centre = np.maximum(starts - (WINDOW - HOP) / 2, 0.0)
    correlations = key_correlations(window_chroma(notes, centre, WINDOW))
    window = np.minimum((notes.start // HOP).astype(int), len(starts) - 1)
    known = np.isfinite(correlations).all(axis=-1)[window]
    keys = np.nan_to_num(correlations).argmax(axis=-1)[window[known]]
    return share(SCALES[keys, notes.pitch[known] % 12].sum(), known.sum())


def pitch_class_entropy(notes: Notes) -> float:
    """Return the entropy of the notes' pitch classes over the whole: bits, 0 to 3.58."""
    return entropy(np.bincount(notes.pitch % 12, minlength=12))


def local_pitch_class_entropy(notes: Notes) -> float:
    """Return the mean entropy of sounding pitch classes within windows: bits, 0 to 3.58."""
    return mean(np.array([entropy(row) for row in _windows(notes)]))
