"""What marks some beats above others, and how alike beats are."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from perfrnn.notes import Notes

ON_BEAT = 0.12
"""Largest distance of an onset from a beat that it marks, in beats."""

# Weights of what marks the first beat of a measure, each in standard deviations over a piece's
# beats: a conditional logit on the annotated downbeats of half of ASAP's pieces, rounded;
# benchmarks/score_round_trip.py gives the figures on the other half.
LENGTH, LOW, HARMONY = 0.5, 2.9, 2.5

LOWEST = 2
"""Semitones above a low note from which others no longer count as low."""

LONGEST_LOW, LONGEST = 8.0, 4.0
"""Beats beyond which a note's reign as the lowest, and its length, count no more."""

STEPS = 12
"""Places within a beat that its rhythm is described with."""


def describe_beats(notes: Notes, beats: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each beat's accent, float [B - 1], and its pattern, unit vectors [B - 1, 24].

    A beat is marked by long notes, by a note below which nothing is struck for long, and by a
    change of harmony. A pattern is a beat's rhythm and its pitch classes.

    Parameters
    ----------
    beats : seconds, float [B], rising.
    """
    count = len(beats) - 1
    place = np.interp(notes.start, beats, np.arange(len(beats)))
    beat = np.minimum(np.floor(place + ON_BEAT).astype(np.int64), count - 1)
    phase = place - beat
    on_beat = np.abs(phase) < ON_BEAT
    length = np.zeros(count)
    seconds = (notes.end - notes.start)[on_beat]
    np.maximum.at(
        length, beat[on_beat], np.minimum(seconds / np.diff(beats)[beat[on_beat]], LONGEST)
    )
    chroma = _beat_chroma(notes, beats)
    accents = (
        LENGTH * _standard(np.sqrt(length))
        + LOW * _standard(_reigns(place, notes.pitch, beat, on_beat, count))
        + HARMONY * _standard(_changes(chroma))
    )
    rhythm = np.zeros((count, STEPS))
    np.add.at(rhythm, (beat, np.clip(np.rint(phase * STEPS).astype(np.int64), 0, STEPS - 1)), 1.0)
    pattern = np.concatenate([np.minimum(rhythm, 2.0), 2 * chroma], axis=1)
    return accents, _unit(pattern - pattern.mean(axis=0))


def likeness(pattern: np.ndarray, lag: int) -> float:
    """Return how alike beats are that lie `lag` beats apart, -1 to 1; 0 without any."""
    pairs = (pattern[lag:] * pattern[:-lag]).sum(axis=1)
    return float(pairs.mean()) if len(pairs) > 1 else 0.0


def _reigns(
    place: np.ndarray, pitch: np.ndarray, beat: np.ndarray, on_beat: np.ndarray, count: int
) -> np.ndarray:
    """Return how long the lowest note of each beat stays the lowest: log beats [B - 1]."""
    bass = np.full(count, np.inf)
    np.minimum.at(bass, beat[on_beat], pitch[on_beat])
    order = np.argsort(place, kind="stable")
    place, pitch = place[order], pitch[order]
    after = np.searchsorted(place, np.arange(count) + 2 * ON_BEAT)
    stop = np.searchsorted(place, np.arange(count) + LONGEST_LOW)
    reign = np.zeros(count)
    for index in np.flatnonzero(np.isfinite(bass)).tolist():
        follow = slice(after[index], stop[index])
        lower = place[follow][pitch[follow] <= bass[index] + LOWEST]
        until = lower[0] if len(lower) else min(index + LONGEST_LOW, count)
        reign[index] = np.log2(1 + until - index)
    return reign


def _changes(chroma: np.ndarray) -> np.ndarray:
    """Return how much two beats from each beat on differ in harmony from the two before."""
    count = len(chroma)
    total = np.concatenate([np.zeros((1, 12)), np.cumsum(chroma, axis=0)])
    place = np.arange(count)
    before = _unit(total[place] - total[np.maximum(place - 2, 0)])
    after = _unit(total[np.minimum(place + 2, count)] - total[place])
    change = 1 - (before * after).sum(axis=1)
    change[0] = change[1:].mean() if count > 1 else 0.0  # nothing comes before the first beat
    return change


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
