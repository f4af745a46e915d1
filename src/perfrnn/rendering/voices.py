"""Notes of one hand as at most two voices of chords.

A second voice is worth its trouble where a note is held while others move, as a melody over its
accompaniment. A beam search over the hand's onsets weighs cut notes against the second voice,
leaps and crossings.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from perfrnn.rendering.notation import TICKS

CUT_COST = 1.0
"""For each quarter note that a chord sounds on when its voice goes on, up to two quarters."""

LONGEST_CUT = 2 * TICKS

SECOND_VOICE_COST = 0.35
"""For each chord in the lower voice."""

UNEVEN_COST = 0.4
"""For each quarter note between the ends of notes in one chord, up to two quarters."""

LEAP_COST = 0.04
"""For each semitone from a voice's last pitch, up to an octave."""

CROSSING_COST = 2.0
"""For a voice on the wrong side of the other, which sounds."""

BEAM_WIDTH = 12

PEDALLED = 2
"""Onsets that the usual note of a passage sounds through, from which ends are the pedal's."""

PASSAGE = 4 * TICKS
"""What counts as a passage: this much before and after a note."""


LEGATO = TICKS // 4
"""Ticks that one chord may sound into the next without need of a second voice."""


@dataclass(frozen=True)
class Chord:
    """Notes struck together: ticks and MIDI pitches in rising order."""

    onset: int
    end: int
    pitches: tuple[int, ...]


@dataclass(frozen=True)
class _Voice:
    """What a voice's last chord leaves behind."""

    end: int
    low: int
    high: int


@dataclass(frozen=True)
class _State:
    """A choice of voices up to some onset: what it cost and where it came from."""

    cost: float
    voices: tuple[_Voice | None, _Voice | None]
    split: int
    previous: _State | None


Note = tuple[int, int]
"""End in ticks and MIDI pitch."""


def make_voices(onset: np.ndarray, end: np.ndarray, pitch: np.ndarray) -> list[list[Chord]]:
    """Return the upper and the lower voice of one hand; the lower may be empty.

    Chords of a voice do not overlap: each ends at its voice's next onset at the latest. Ends are
    otherwise as given, not on any grid.

    Parameters
    ----------
    onset, end : ticks, int [N].
    pitch : MIDI numbers, int [N].
    """
    onsets = np.unique(onset)
    end = _without_pedal(onsets, onset, end)
    slots: dict[int, dict[int, int]] = {int(time): {} for time in onsets}
    for time, until, key in zip(onset.tolist(), end.tolist(), pitch.tolist(), strict=True):
        slots[time][key] = max(until, slots[time].get(key, 0))
    notes = [sorted((key, until) for key, until in slot.items()) for slot in slots.values()]
    chords = [[(until, key) for key, until in slot] for slot in notes]
    splits = _cheapest_splits(onsets.tolist(), chords)
    voices: list[list[Chord]] = [[], []]
    for time, slot, split in zip(onsets.tolist(), chords, splits, strict=True):
        for voice, part in zip(voices, (slot[split:], slot[:split]), strict=True):
            if part:
                _append(voice, Chord(time, _common_end(part), tuple(key for _, key in part)))
    return voices


def join_voices(voices: list[list[Chord]], measure_ticks: int) -> list[list[Chord]]:
    """Return the voices with the lower one's chords in the upper where both sound by turns.

    That is decided for each measure: a second voice that only fills the first one's gaps would
    cover the staff with rests.
    """
    upper, lower = voices
    onsets = np.array([chord.onset for chord in upper], np.int64)
    ends = np.array([chord.end for chord in upper], np.int64)

    def is_alone(chord: Chord) -> bool:
        overlap = np.minimum(ends, chord.end) - np.maximum(onsets, chord.onset)
        return bool(np.all(overlap <= LEGATO)) and chord.onset not in onsets

    kept = {chord.onset // measure_ticks for chord in lower if not is_alone(chord)}
    moved = [chord for chord in lower if chord.onset // measure_ticks not in kept]
    joined: list[Chord] = []
    for chord in sorted([*upper, *moved], key=lambda chord: chord.onset):
        _append(joined, chord)
    return [joined, [chord for chord in lower if chord.onset // measure_ticks in kept]]


def _append(voice: list[Chord], chord: Chord) -> None:
    if voice:
        voice[-1] = replace(voice[-1], end=min(voice[-1].end, chord.onset))
    voice.append(chord)


def _common_end(notes: list[Note]) -> int:
    """Return the end at which a chord is written: that of its middle note."""
    ends = sorted(end for end, _ in notes)
    return ends[len(ends) // 2]


def _without_pedal(onsets: np.ndarray, onset: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return ends cut at the hand's next onset in passages that the pedal holds together.

    There most notes sound through several onsets, so ends say nothing about voices.
    """
    after = np.searchsorted(onsets, onset, side="right")
    through = np.searchsorted(onsets, end - TICKS // 4) - after
    following = np.append(onsets, np.iinfo(np.int64).max)[after]
    order = np.argsort(onset, kind="stable")
    begin = np.searchsorted(onset[order], onset - PASSAGE)
    stop = np.searchsorted(onset[order], onset + PASSAGE, side="right")
    usual = [np.median(through[order[a:b]]) for a, b in zip(begin, stop, strict=True)]
    pedalled = np.array(usual) >= PEDALLED
    return np.where(pedalled, np.minimum(end, following), end)


def _cheapest_splits(onsets: list[int], chords: list[list[Note]]) -> list[int]:
    """Return for each chord how many of its lowest notes go to the lower voice."""
    beam = [_State(0.0, (None, None), 0, None)]
    for onset, notes in zip(onsets, chords, strict=True):
        options = [
            _extend(state, onset, notes, split) for state in beam for split in _splits(notes)
        ]
        options.sort(key=lambda state: state.cost)
        distinct: dict[tuple[_Voice | None, _Voice | None], _State] = {}
        for state in options:
            distinct.setdefault(state.voices, state)
        beam = list(distinct.values())[:BEAM_WIDTH]
    splits = []
    best = beam[0]
    while best.previous is not None:
        splits.append(best.split)
        best = best.previous
    return splits[::-1]


def _splits(notes: list[Note]) -> range | tuple[int, ...]:
    """Return the splits to try: all for usual chords, the outermost for clusters."""
    count = len(notes)
    return range(count + 1) if count <= 6 else (0, 1, count - 1, count)


def _extend(state: _State, onset: int, notes: list[Note], split: int) -> _State:
    """Return the state after `notes`, of which the `split` lowest go to the lower voice."""
    cost = state.cost
    voices = list(state.voices)
    for number, part in enumerate((notes[split:], notes[:split])):
        if not part:
            continue
        before = voices[number]
        low, high = part[0][1], part[-1][1]
        if before is not None:
            if before.end > onset:
                cost += CUT_COST * min(before.end - onset, LONGEST_CUT) / TICKS
            leap = abs(high - before.high) if number == 0 else abs(low - before.low)
            cost += LEAP_COST * min(leap, 12)
        ends = [end for end, _ in part]
        cost += UNEVEN_COST * min(max(ends) - min(ends), LONGEST_CUT) / TICKS
        voices[number] = _Voice(_common_end(part), low, high)
    if split:
        cost += SECOND_VOICE_COST
    upper, lower = voices
    if upper and lower and min(upper.end, lower.end) > onset and upper.low < lower.high:
        cost += CROSSING_COST
    return _State(cost, (upper, lower), split, state)
