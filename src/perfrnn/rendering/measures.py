"""Voices cut into measures and written note values."""

from collections.abc import Callable, Iterator

from perfrnn.rendering.notation import TICKS, Event, Head, Metre, Pitch
from perfrnn.rendering.voices import Chord

VALUES = (96, 72, 48, 36, 24, 18, 12, 9, 6, 3)
"""Ticks of a whole note, dotted half note, half note and so on to a thirty-second."""

BEAT_VALUES = {24: (96, 72, 48, 24), 36: (144, 72, 36)}
"""Ticks of the values that fill simple or compound beats."""

INNER_VALUES = {24: (18, 12, 9, 6, 3), 36: (24, 18, 12, 9, 6, 3)}
"""Ticks of the values within a simple or compound beat."""

TRIPLET_VALUES = (16, 12, 8, 4)
"""Ticks of a quarter note, dotted eighth, eighth and sixteenth in two thirds of their time."""


def write_voice(
    voice: list[Chord],
    metre: Metre,
    measures: int,
    triplets: frozenset[int],
    name: Callable[[int], Pitch],
) -> list[list[Event]]:
    """Return each measure's events of one voice: rests where it is silent, ties over barlines.

    Parameters
    ----------
    triplets : onsets of triplet beats in ticks from the start of the piece.
    name : spells a MIDI pitch.
    """
    size = metre.measure_ticks
    written: list[list[Event]] = [[] for _ in range(measures)]
    for onset, end, pitches in _spans(voice, measures * size):
        names = [name(pitch) for pitch in pitches]
        for measure in range(onset // size, -(-end // size)):
            bar = measure * size
            local = frozenset(beat - bar for beat in triplets if bar <= beat < bar + size)
            span = max(onset - bar, 0), min(end - bar, size)
            for start, length, is_triplet in split_span(*span, metre, local, is_rest=not names):
                tied_from = start + bar > onset
                tied_to = start + bar + length < end
                heads = tuple(Head(pitch, tied_from, tied_to) for pitch in names)
                written[measure].append(Event(start, length, heads, is_triplet))
    return written


def _spans(voice: list[Chord], end: int) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    """Yield onset, end and pitches of a voice's chords and, without pitches, its rests."""
    now = 0
    for chord in voice:
        if chord.onset > now:
            yield now, chord.onset, ()
        yield chord.onset, chord.end, chord.pitches
        now = chord.end
    if now < end:
        yield now, end, ()


def split_span(
    onset: int, end: int, metre: Metre, triplets: frozenset[int], *, is_rest: bool
) -> Iterator[tuple[int, int, bool]]:
    """Cut a span within one measure into written values that show where the beats are.

    A note may hide a beat if it starts on one, or as a syncopated quarter note; a triplet beat is
    never joined to its neighbours except as a whole. A silent measure is one rest.

    Parameters
    ----------
    onset, end : ticks from the start of the measure.
    triplets : onsets, in the measure, of the beats that are written in triplets.

    Yields
    ------
    Onset in the measure, duration, whether it is a triplet value.
    """
    if is_rest and onset == 0 and end == metre.measure_ticks:
        yield 0, end, False
        return
    while onset < end:
        beat = onset // metre.beat_ticks * metre.beat_ticks
        is_triplet = beat in triplets and not (onset == beat and end >= beat + metre.beat_ticks)
        if is_triplet:
            room = min(end, beat + metre.beat_ticks) - onset
            length = next(value for value in TRIPLET_VALUES if value <= room)
        else:
            length = _length(onset, end, metre, triplets, is_rest)
        yield onset, length, is_triplet
        onset += length


def _length(
    onset: int, end: int, metre: Metre, triplets: frozenset[int], is_rest: bool
) -> int:
    """Return the longest value that may be written at `onset`, outside of triplets."""
    beat_ticks = metre.beat_ticks
    room = end - onset
    within = onset % beat_ticks
    if within == 0 and room >= beat_ticks:
        allowed = [
            value
            for value in BEAT_VALUES[beat_ticks]
            if value <= room and not (is_rest and not _is_rest_value(onset, value, metre))
        ]
        return allowed[0]
    if not is_rest and beat_ticks == TICKS:
        next_beat = onset - within + TICKS
        joins = next_beat not in triplets
        if within == 0:
            pass
        elif joins and within == TICKS // 2 and room >= TICKS and _may_hide(next_beat, metre):
            return TICKS
    values = INNER_VALUES[beat_ticks]
    if is_rest:
        values = tuple(value for value in values if value not in (9, 18))
    limit = min(room, beat_ticks - within)
    return next(value for value in values if value <= limit)


def _is_rest_value(onset: int, value: int, metre: Metre) -> bool:
    """Whether a rest may be as long: a beat, or half of a measure of four."""
    half = 2 * metre.beat_ticks
    halves = metre.measure_ticks == 2 * half and onset % half == 0
    return value == metre.beat_ticks or (halves and value == half)


def _may_hide(beat: int, metre: Metre) -> bool:
    """Whether a syncopation may hide this beat: not the middle of a measure of four."""
    return beat < metre.measure_ticks and not (metre.beats == 4 and beat * 2 == metre.measure_ticks)
