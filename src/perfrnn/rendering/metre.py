"""How beats group into measures."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from perfrnn.notes import Notes
from perfrnn.rendering.notation import Metre

GROUPS = (2, 3, 4)

ON_BEAT = 0.12
"""Largest distance of an onset from a beat that it marks, in beats."""

# Weights of what marks the first beat of a measure, in standard deviations of a piece's beats,
# and of the likeness of successive measures. They are rounded from a logistic regression on
# ASAP's annotated downbeats (benchmarks/score_round_trip.py gives the figures on other pieces).
CHORD, LENGTH, BASS, HARMONY = 0.7, 1.0, 1.7, 2.0
MIDDLE = 0.35
"""Weight of the third beat in a measure of four, against its second and fourth."""
LIKENESS = 1.5
DOTTED = 0.7
"""By how much, in the same units, the middle of a measure of six half beats must stand out from
the beats around it for two dotted beats, as in 6/8, rather than three plain ones, as in 3/4."""

SIMPLE = {2: 0.5, 3: 0.2, 4: 0.0}
COMPOUND = {2: 1.0, 3: 0.4, 4: 0.0}
"""What measures of two, three and four beats are given in advance: 12/8 is rare."""


def estimate_measures(
    notes: Notes, beats: np.ndarray, *, is_compound: bool = False
) -> tuple[int, int]:
    """Return the beats of a measure (2, 3 or 4) and the index of the first downbeat.

    A measure is most likely to begin where full chords, long notes and low notes begin and the
    harmony changes; and measures resemble each other.

    Parameters
    ----------
    beats : seconds, float [B], rising.
    is_compound : whether the beats are dotted notes.
    """
    preference = COMPOUND if is_compound else SIMPLE
    if len(notes) == 0 or len(beats) < 2 * max(GROUPS):
        return 4, 0
    accents, pattern = _describe(notes, beats)
    likeness = pattern @ pattern.T
    scores = {
        (size, phase): _contrast(accents, size, phase)
        + LIKENESS * float(np.diagonal(likeness, size).mean())
        + preference[size]
        for size in GROUPS
        for phase in range(size)
    }
    return max(scores, key=lambda group: scores[group])


def dotted_beats(notes: Notes, beats: np.ndarray) -> np.ndarray:
    """Return the beats, or beats of one and a half where the music moves in those.

    Six eighths can be three beats or two. A tracker of beats that are cut in two finds three, but
    in 6/8 the middle of the measure is marked, where there is no beat in 3/4.
    """
    group, first = estimate_measures(notes, beats)
    if group != 3:
        return beats
    halves = np.interp(np.arange(2 * len(beats) - 1) / 2, np.arange(len(beats)), beats)
    accents, _ = _describe(notes, halves)
    place = (np.arange(len(accents)) - 2 * first) % 6
    middle = accents[place == 3].mean()
    around = (accents[place == 2].mean() + accents[place == 4].mean()) / 2
    if middle - around < DOTTED:
        return beats
    begin = 2 * first - 3 * (2 * first // 3)  # the first dotted beat, in half beats
    return _extended(halves[begin::3], float(beats[0]), float(beats[-1]))


def _extended(beats: np.ndarray, begin: float, end: float) -> np.ndarray:
    """Return the beats with as many more as it takes to reach from `begin` to after `end`."""
    before = beats[0] - (beats[1] - beats[0]) if beats[0] > begin else beats[:0]
    after = beats[-1] + (beats[-1] - beats[-2]) if beats[-1] < end else beats[:0]
    return np.concatenate([np.atleast_1d(before), beats, np.atleast_1d(after)])


def time_signature(group: int, is_compound: bool) -> Metre:
    """Return the metre of `group` beats to a measure."""
    return Metre(3 * group, 8) if is_compound else Metre(group, 4)


def _contrast(accents: np.ndarray, size: int, phase: int) -> float:
    """Return how much the first beats of measures stand out from the others."""
    place = (np.arange(len(accents)) - phase) % size
    first = accents[place == 0].mean()
    if size == 4:
        weak, middle = accents[place % 2 == 1].mean(), accents[place == 2].mean()
        return float(first - accents[place != 0].mean() + MIDDLE * (middle - weak))
    return float(first - accents[place != 0].mean())


def _describe(notes: Notes, beats: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each beat's accent, float [B - 1], and its pattern, unit vectors [B - 1, 24]."""
    count = len(beats) - 1
    interval = np.diff(beats)
    place = np.interp(notes.start, beats, np.arange(len(beats)))
    beat = np.minimum(np.floor(place + ON_BEAT).astype(np.int64), count - 1)
    phase = place - beat
    on_beat = np.abs(phase) < ON_BEAT

    size, length = np.zeros(count), np.zeros(count)
    bass = np.full(count, np.nan)
    np.add.at(size, beat[on_beat], 1.0)
    beats_long = (notes.end - notes.start)[on_beat] / interval[beat[on_beat]]
    np.maximum.at(length, beat[on_beat], np.minimum(beats_long, 4.0))
    np.fmin.at(bass, beat[on_beat], notes.pitch[on_beat].astype(float))
    usual = np.nanmedian(bass) if on_beat.any() else 0.0
    depth = np.nan_to_num(np.clip((usual - bass) / 12, -1.0, 1.5))

    chroma = _beat_chroma(notes, beats)
    change = np.append(0.0, 1 - (chroma[1:] * chroma[:-1]).sum(axis=1))
    accents = (
        CHORD * _standard(np.sqrt(size))
        + LENGTH * _standard(np.sqrt(length))
        + BASS * _standard(depth)
        + HARMONY * _standard(change)
    )
    rhythm = np.zeros((count, 12))
    np.add.at(rhythm, (beat, np.clip(np.rint(phase * 12).astype(np.int64), 0, 11)), 1.0)
    pattern = np.concatenate([np.minimum(rhythm, 2.0), 2 * chroma], axis=1)
    return accents, _unit(pattern - pattern.mean(axis=0))


def _beat_chroma(notes: Notes, beats: np.ndarray) -> np.ndarray:
    """Return how long each pitch class sounds in each beat, as unit vectors [B - 1, 12]."""
    chroma = np.zeros((len(beats) - 1, 12))
    for index, begin, end in _spans(beats):
        sounding = (notes.start < end) & (notes.end > begin)
        seconds = np.minimum(notes.end[sounding], end) - np.maximum(notes.start[sounding], begin)
        np.add.at(chroma[index], notes.pitch[sounding] % 12, seconds)
    return _unit(chroma)


def _spans(beats: np.ndarray) -> Iterator[tuple[int, float, float]]:
    """Yield number, begin and end of each beat, shortened by the play around beats."""
    for index, (begin, end) in enumerate(pairwise(beats.tolist())):
        margin = ON_BEAT * (end - begin)
        yield index, begin + margin, end - margin


def _standard(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / (values.std() + 1e-6)


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / (np.linalg.norm(rows, axis=1, keepdims=True) + 1e-6)
