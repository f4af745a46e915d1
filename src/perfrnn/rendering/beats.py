"""Where the beats of a performance lie.

A beat tracker for notes rather than sound, by dynamic programming over pairs of a beat's time and
the interval before it, in the manner of Ellis (2007, "Beat tracking by dynamic programming") with
a tempo that may drift. An interval earns the weight of the onsets that fall on its beat and, less
of it, on its halves, quarters or thirds, and pays for being there at all and for its tempo.
"""

from __future__ import annotations

import numpy as np

from perfrnn.notes import Notes

FRAMES = 100
"""Candidate beats a second."""

FASTEST, SLOWEST = 0.3, 1.4
"""Shortest and longest interval between beats in seconds: 200 and 43 beats a minute."""

CHORD_GAP = 0.03
"""Seconds between onsets up to which they count as one chord."""

# Chosen by a random search on annotated beats of ASAP, scores and performances; a fifth of the
# pieces was kept out and gives the figures of benchmarks/score_round_trip.py.
HALF, QUARTER, THIRD = 0.56, 0.19, 0.34  # what onsets on these parts of a beat earn
BEAT_COST = 0.83
TEMPO_COST = 0.9  # for the squared log ratio to PREFERRED_INTERVAL
PREFERRED_INTERVAL = 0.6
CHANGE_COST = 160.0  # for the squared log ratio of successive intervals
TIMING = 0.028  # standard deviation of an onset around its place, seconds

SNAP = 0.12
"""Largest distance of a chord from a beat that it is on, in the shortest beats."""


def estimate_beats(notes: Notes) -> np.ndarray:
    """Return the times of the beats in seconds, rising, float64 [B], B at least 2.

    The first beat is at or before the first onset, the last after the last onset. Fewer than
    three onsets give no tempo: then beats come at `PREFERRED_INTERVAL` from the first onset on.
    """
    time, weight = onset_weights(notes)
    if len(time) < 3:
        begin = float(time[0]) if len(time) else 0.0
        last = float(time[-1]) if len(time) else 0.0
        count = int((last - begin) / PREFERRED_INTERVAL) + 2
        return begin + PREFERRED_INTERVAL * np.arange(count)
    ratio = np.log(SLOWEST / FASTEST)
    steps = FASTEST * np.exp(ratio * np.linspace(0, 1, 32))
    intervals = np.unique(np.rint(steps * FRAMES).astype(np.int64))
    margin = int(intervals[-1]) + 10
    places = (time - time[0]) * FRAMES + margin
    frames = int(places[-1]) + margin + 1
    earned = _earnings(_onset_curve(places, weight, frames), intervals)
    beats = _best_path(earned, intervals, places)
    return _snap((beats - margin) / FRAMES + time[0], time)


def onset_weights(notes: Notes) -> tuple[np.ndarray, np.ndarray]:
    """Return the times of the chords and how likely each marks a beat, of mean 1.

    Full chords, long notes, low notes, loud notes and notes before a gap mark beats.
    """
    if len(notes) == 0:
        return np.zeros(0), np.zeros(0)
    order = np.argsort(notes.start, kind="stable")
    start = notes.start[order]
    chord = np.cumsum(np.diff(start, prepend=start[0]) > CHORD_GAP)
    size = np.bincount(chord)
    time = np.bincount(chord, start) / size
    length = np.zeros(len(size))
    np.maximum.at(length, chord, (notes.end - notes.start)[order])
    bass = np.full(len(size), 127)
    np.minimum.at(bass, chord, notes.pitch[order])
    loudness = np.zeros(len(size))
    np.maximum.at(loudness, chord, notes.velocity[order])

    gap = np.diff(time, append=time[-1] + 1.0)
    usual = float(np.median(np.minimum(gap, 2.0)))
    begin, end = np.searchsorted(time, time - 0.8), np.searchsorted(time, time + 0.8)
    around = list(zip(begin, end, strict=True))
    lowest = bass <= [bass[a:b].min() for a, b in around]
    louder = loudness - [loudness[a:b].mean() for a, b in around]
    weight = (
        0.85
        + 0.4 * np.log2(size)
        + 0.25 * np.log2(1 + np.minimum(length / usual / 2, 3.0))
        + 0.9 * lowest
        + 0.15 * np.log2(1 + np.minimum(gap / usual, 4.0))
        + 0.4 * louder / 15
    )
    weight = np.maximum(weight, 0.2)
    return time, weight / weight.mean()


def _snap(beats: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Return the beats moved onto the chords next to them, the others along with those.

    The search knows only some intervals, which leaves beats a few frames off.
    """
    right = np.clip(np.searchsorted(time, beats), 1, len(time) - 1)
    nearest = np.where(beats - time[right - 1] < time[right] - beats, right - 1, right)
    error = time[nearest] - beats
    is_close = np.abs(error) <= SNAP * np.diff(beats).min()
    if not is_close.any():
        return beats
    return beats + np.interp(beats, beats[is_close], error[is_close])


def _onset_curve(places: np.ndarray, weight: np.ndarray, frames: int) -> np.ndarray:
    """Return a bump for each chord, as high as its weight, float64 [frames]."""
    curve = np.zeros(frames)
    reach = np.arange(-10, 11)
    for place, height in zip(places, weight, strict=True):
        near = round(place) + reach
        bump = height * np.exp(-0.5 * ((near - place) / FRAMES / TIMING) ** 2)
        curve[near] = np.maximum(curve[near], bump)
    return curve


def _earnings(curve: np.ndarray, intervals: np.ndarray) -> np.ndarray:
    """Return what a beat earns by its frame and the interval before it, [frames, intervals]."""
    frames = len(curve)
    earned = np.full((frames, len(intervals)), -np.inf, np.float32)
    for column, interval in enumerate(intervals.tolist()):
        beat = np.arange(interval, frames)

        def part(share: float, beat: np.ndarray = beat, interval: int = interval) -> np.ndarray:
            return curve[beat - round(interval * (1 - share))]

        duple = HALF * part(1 / 2) + QUARTER * (part(1 / 4) + part(3 / 4))
        triple = THIRD * (part(1 / 3) + part(2 / 3))
        tempo = np.log(interval / FRAMES / PREFERRED_INTERVAL) ** 2
        cost = BEAT_COST + TEMPO_COST * tempo
        earned[interval:, column] = curve[beat] + np.maximum(duple, triple) - cost
    return earned


def _best_path(earned: np.ndarray, intervals: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return the frames of the beats that earn most together.

    The first beat lies at or before the first onset and earns nothing, since a piece may begin
    with an upbeat; the last lies at or after the last onset.
    """
    frames, count = earned.shape
    columns = np.arange(count)
    log_interval = np.log(intervals)
    change = -CHANGE_COST * (log_interval[:, None] - log_interval[None]) ** 2
    # best[t, k]: most that beats up to frame t earn when the next interval is k; source[t, k] is
    # the interval before t, or -1 where t is the first beat.
    first, last = int(places[0]), int(places[-1])
    best = np.full((frames, count), -np.inf, np.float32)
    best[: first + 1] = 0.0
    source = np.full((frames, count), -1, np.int8)
    ending = np.full((frames - last, count), -np.inf)
    for frame in range(int(intervals[0]), frames):
        before = np.maximum(frame - intervals, 0)
        reached = best[before, columns] + earned[frame]
        if frame >= last:
            ending[frame - last] = reached
        options = reached + change
        chosen = options.argmax(axis=1)
        value = options[columns, chosen]
        better = value > best[frame]
        best[frame] = np.where(better, value, best[frame])
        source[frame] = np.where(better, chosen, -1)
    flat = int(ending.argmax())
    place, column = last + flat // count, flat % count
    beats = [place]
    while column >= 0:
        place -= int(intervals[column])
        beats.append(place)
        column = int(source[place, column])
    return np.array(beats[::-1])
