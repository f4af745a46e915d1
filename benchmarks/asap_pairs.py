"""ASAP's performances laid beside their scores, note by note.

The beats that ASAP annotates in both carry the score into the performance's time; there, notes of
one pitch that are nearest to each other are the same note.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from perfrnn.notes import PEDAL_DOWN, SUSTAIN
from perfrnn.performing.score import Score, read_score
from perfrnn.sequences.midi import read_midi

REACHES = (0.4, 0.2)
"""Seconds within which a played note is sought, first by the beats, then by its neighbours."""

NEIGHBOURS = 9
"""Chords whose median delay moves the expected time before the second search."""

LEAST_MATCHED = 0.8
"""Share of a score's notes that must be found; below, score and performance differ."""


@dataclass(frozen=True)
class Pair:
    """A score and what a pianist made of it.

    Attributes
    ----------
    folder : of the piece, in ASAP.
    player : name of the performance's file.
    score : as written.
    start, end, velocity : float64 [N], seconds and MIDI units; NaN for notes that were not found.
    pedal : float64 [P, 2], seconds, and whether it goes down (1) or up (0).
    """

    folder: str
    player: str
    score: Score
    start: np.ndarray
    end: np.ndarray
    velocity: np.ndarray
    pedal: np.ndarray


def read_pairs(root: Path, folders: set[str]) -> Iterator[Pair]:
    """Yield the pairs of some of ASAP's folders (`Bach/Fugue/bwv_846`).

    Left out are performances whose beats are not as many as the score's, or of whose score less
    than `LEAST_MATCHED` was found.
    """
    scores: dict[str, tuple[Score, np.ndarray]] = {}
    with (root / "metadata.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["folder"] in folders]
    for row in sorted(rows, key=lambda row: row["midi_performance"]):
        if row["folder"] not in scores:
            scores[row["folder"]] = (
                read_score(read_midi(root / row["midi_score"])),
                read_beats(root / row["midi_score_annotations"]),
            )
        score, score_beats = scores[row["folder"]]
        beats = read_beats(root / row["performance_annotations"])
        if len(beats) != len(score_beats) or np.any(np.diff(beats) <= 0):
            continue
        pair = _align(score, score_beats, beats, root / row["midi_performance"], row["folder"])
        if np.isfinite(pair.start).mean() >= LEAST_MATCHED:
            yield pair


def read_beats(path: Path) -> np.ndarray:
    """Return the times of a file of annotated beats: float64 [B], seconds."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return np.array([float(line.split("\t")[0]) for line in lines if line.strip()])


def _align(
    score: Score, score_beats: np.ndarray, beats: np.ndarray, path: Path, folder: str
) -> Pair:
    sequence = read_midi(path)
    played = np.array([(n.start_time, n.end_time, n.pitch, n.velocity) for n in sequence.notes])
    beat_places = score.clock.to_quarters(score_beats)
    keep = np.append(True, np.diff(beat_places) > 1e-6)
    expected = _carry(score.onset, beat_places[keep], beats[keep])
    found = _nearest(expected, score.pitch, played, REACHES[0])
    delay = np.where(found >= 0, played[found, 0] - expected, np.nan)
    expected = expected + _local_median(delay, score)[score.chord]
    found = _nearest(expected, score.pitch, played, REACHES[1])
    notes = np.where(found[:, None] >= 0, played[found], np.nan)
    changes = [
        (change.time, float(change.control_value >= PEDAL_DOWN))
        for change in sequence.control_changes
        if change.control_number == SUSTAIN
    ]
    pedal = np.array(sorted(changes)).reshape(-1, 2)
    moves = np.diff(pedal[:, 1], prepend=0.0) != 0
    return Pair(folder, path.stem, score, notes[:, 0], notes[:, 1], notes[:, 3], pedal[moves])


def _carry(places: np.ndarray, known: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return `times` at `places`, straight between what is known and on beyond it."""
    inside = np.interp(places, known, times)
    first, last = (
        np.diff(times[:2])[0] / np.diff(known[:2])[0],
        (np.diff(times[-2:])[0] / np.diff(known[-2:])[0]),
    )
    before, after = np.minimum(places - known[0], 0.0), np.maximum(places - known[-1], 0.0)
    return inside + before * first + after * last


def _nearest(
    expected: np.ndarray, pitch: np.ndarray, played: np.ndarray, reach: float
) -> np.ndarray:
    """Return the row of `played` that is each note, -1 without one: int64 [N].

    Two notes belong together if each is the other's nearest of its pitch and within `reach`.
    """
    found = np.full(len(expected), -1)
    for each in np.unique(pitch):
        own = np.flatnonzero(pitch == each)
        others = np.flatnonzero(played[:, 2] == each)
        if not len(others):
            continue
        distance = np.abs(expected[own][:, None] - played[others, 0][None])
        theirs, ours = distance.argmin(axis=1), distance.argmin(axis=0)
        mutual = ours[theirs] == np.arange(len(own))
        near = distance[np.arange(len(own)), theirs] <= reach
        found[own[mutual & near]] = others[theirs[mutual & near]]
    return found


def _local_median(delay: np.ndarray, score: Score) -> np.ndarray:
    """Return the median delay around each chord: float64 [C], 0 where nothing is known."""
    known = np.isfinite(delay)
    count = np.bincount(score.chord[known], minlength=len(score.place))
    total = np.bincount(score.chord[known], weights=delay[known], minlength=len(score.place))
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    half = NEIGHBOURS // 2
    padded = np.pad(mean, half, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, NEIGHBOURS)
    median = np.zeros(len(mean))
    some = np.isfinite(windows).any(axis=1)
    median[some] = np.nanmedian(windows[some], axis=1)
    return median
