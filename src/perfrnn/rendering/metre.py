"""How beats group into measures."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from perfrnn.notes import Notes
from perfrnn.rendering.accents import describe_beats, likeness
from perfrnn.rendering.beats import FASTEST
from perfrnn.rendering.notation import Metre

# The constants below are the medians of random searches on half of ASAP's pieces, scores and
# performances; benchmarks/score_round_trip.py gives the figures on the other half.

LIKENESS = 8.5
"""Weight of the likeness of successive measures, in standard deviations of accents."""

SIMPLE = {3: 0.0, 4: 0.85}
COMPOUND = {2: 3.3, 3: 1.3, 4: 0.0}
"""What measures of two, three and four beats are given in advance: 12/8 is rare."""

LONG, LONG_SHARE = 1.7, 0.006
"""Beats of a long note, and the share of long notes below which a measure of four is two of two:
a half note fills the measure in 2/4."""

DOTTED = 0.75
DOTTED_LIKENESS = 13.0
"""How far six half beats must be from two halves, in accents and in likeness, to stay 3/4."""

TRIPLET_INTERVAL = 0.505
"""Seconds between beats up to which thirds of a beat are triplets."""

SKIPPING = 0.5
"""Share of beats, with an onset on their last third and none on the second, from which thirds are
eighths of a compound metre at any tempo: triplets mostly run."""

SHORT_DOTTED = 0.14
"""Share of onsets that would be thirty-seconds, from which a dotted beat is a measure of 3/4, if
its quarter notes can be beats."""

SHORT_PLAIN, SLOW = 0.1, 0.7
"""The same share from which a plain beat of more than that many seconds is written as two."""


class Measures(NamedTuple):
    """How a performance is barred.

    Attributes
    ----------
    metre : the time signature.
    beats : of that metre, in seconds, float [B], rising.
    first : index of a beat that begins a measure, below the number of beats in one.
    """

    metre: Metre
    beats: np.ndarray
    first: int


def estimate_measures(notes: Notes, beats: np.ndarray, *, has_thirds: bool) -> Measures:
    """Return metre and downbeats of a performance: 2/4, 3/4, 4/4, 6/8, 9/8 or 12/8.

    A measure is most likely to begin on an accent (`describe_beats`), and measures resemble each
    other.

    Parameters
    ----------
    beats : seconds, float [B], rising.
    has_thirds : whether most beats are cut in three.
    """
    if len(notes) == 0 or len(beats) < 8:
        return Measures(Metre(6, 8) if has_thirds else Metre(4, 4), beats, 0)
    if not has_thirds:
        beats = _without_short_notes(notes, beats)
    size, first = _group(notes, beats, SIMPLE)
    if has_thirds:
        is_compound = size != 3 and _is_compound(notes, beats)
    else:
        is_compound = size == 3 and _is_two_halves(notes, beats, first)
        beats = _dotted(beats, first) if is_compound else beats
    if is_compound:
        size, first = _group(notes, beats, COMPOUND)
        has_room = _usual_interval(beats) >= 3 * FASTEST
        if size != 3 and has_room and _short_share(notes, beats, 12) > SHORT_DOTTED:
            return Measures(Metre(3, 4), _divided(beats, 3), 0)
        return Measures(Metre(3 * size, 8), beats, first)
    if size == 4 and not _has_long_notes(notes, beats):
        size, first = 2, first % 2
    return Measures(Metre(size, 4), beats, first)


def _group(notes: Notes, beats: np.ndarray, preference: dict[int, float]) -> tuple[int, int]:
    """Return the number of beats in a measure and the index of the first downbeat."""
    accents, pattern = describe_beats(notes, beats)
    scores = {
        (size, phase): _contrast(accents, size, phase)
        + LIKENESS * likeness(pattern, size)
        + preference[size]
        for size in preference
        for phase in range(size)
    }
    return max(scores, key=lambda group: scores[group])


def _contrast(accents: np.ndarray, size: int, phase: int) -> float:
    """Return how much the first beats of measures stand out from the others."""
    is_first = np.arange(len(accents)) % size == phase
    return float(accents[is_first].mean() - accents[~is_first].mean())


def _is_compound(notes: Notes, beats: np.ndarray) -> bool:
    """Whether beats cut in three are dotted notes rather than triplets."""
    place = np.interp(notes.start, beats, np.arange(len(beats)))
    third = np.rint(3 * place).astype(np.int64)
    occupied = set(third.tolist())
    all_beats = {each // 3 for each in occupied}
    skips = sum(3 * beat + 2 in occupied and 3 * beat + 1 not in occupied for beat in all_beats)
    is_slow = _usual_interval(beats) > TRIPLET_INTERVAL
    return is_slow or skips > SKIPPING * len(all_beats)


def _is_two_halves(notes: Notes, beats: np.ndarray, first: int) -> bool:
    """Whether measures of six half beats fall into two halves, as in 6/8, not three beats.

    A tracker of beats that are cut in two finds three. But in 6/8 the middle of the measure is
    marked, where there is no beat in 3/4, and half beats are alike at a distance of three.
    """
    accents, pattern = describe_beats(notes, _divided(beats, 2))
    place = (np.arange(len(accents)) - 2 * first) % 6
    middle = accents[place == 3].mean()
    around = (accents[place == 2].mean() + accents[place == 4].mean()) / 2
    alike = likeness(pattern, 3) - likeness(pattern, 2)
    return bool(middle - around + DOTTED_LIKENESS * alike + DOTTED > 0)


def _dotted(beats: np.ndarray, first: int) -> np.ndarray:
    """Return beats of one and a half, one of them on beat `first`, as far as the given ones."""
    dotted = _divided(beats, 2)[2 * first % 3 :: 3]
    before = dotted[0] - (dotted[1] - dotted[0]) if dotted[0] > beats[0] else dotted[:0]
    after = dotted[-1] + (dotted[-1] - dotted[-2]) if dotted[-1] < beats[-1] else dotted[:0]
    return np.concatenate([np.atleast_1d(before), dotted, np.atleast_1d(after)])


def _usual_interval(beats: np.ndarray) -> float:
    """Return the median of the seconds between beats."""
    return float(np.median(np.diff(beats)))


def _divided(beats: np.ndarray, parts: int) -> np.ndarray:
    """Return the beats and the places that divide the time between them evenly."""
    count = parts * (len(beats) - 1) + 1
    return np.interp(np.arange(count) / parts, np.arange(len(beats)), beats)


def _without_short_notes(notes: Notes, beats: np.ndarray) -> np.ndarray:
    """Return the beats, or twice as many where those are slow and full of short notes."""
    is_slow = _usual_interval(beats) > SLOW
    if is_slow and _short_share(notes, beats, 8) > SHORT_PLAIN:
        return _divided(beats, 2)
    return beats


def _short_share(notes: Notes, beats: np.ndarray, parts: int) -> float:
    """Return the share of onsets on parts of a beat that only thirty-seconds can write."""
    place = np.interp(notes.start, beats, np.arange(len(beats)))
    return float((np.unique(np.rint(parts * place)) % 2 == 1).mean())


def _has_long_notes(notes: Notes, beats: np.ndarray) -> bool:
    number = np.arange(len(beats))
    length = np.interp(notes.end, beats, number) - np.interp(notes.start, beats, number)
    return bool((length > LONG).mean() >= LONG_SHARE)
