"""Voices cut into measures and written note values."""

from collections.abc import Callable, Iterator

from perfrnn.rendering.notation import TICKS, Event, Head, Metre, Pitch
from perfrnn.rendering.voices import Chord

BEAT_VALUES = {24: (96, 72, 48, 24), 36: (144, 72, 36)}
"""Ticks of the values that fill simple or compound beats."""

INNER_VALUES = {24: (18, 12, 9, 6, 3), 36: (24, 18, 12, 9, 6, 3)}
"""Ticks of the values within a simple or compound beat."""

TRIPLET_VALUES = (16, 12, 8, 4)
"""Ticks of a quarter note, dotted eighth, eighth and sixteenth in two thirds of their time."""

RESTS, TRIPLET_RESTS = (24, 12, 6, 3), (16, 8, 4)
"""Ticks of rests within a beat: no dotted ones."""

DOTTED_QUARTER = TICKS * 3 // 2


def write_voice(
    voice: list[Chord],
    metre: Metre,
    measures: int,
    triplets: frozenset[int],
    name: Callable[[int], Pitch],
    upbeat: int = 0,
) -> list[list[Event]]:
    """Return each measure's events of one voice: rests where it is silent, ties over barlines.

    Parameters
    ----------
    triplets : onsets of triplet beats in ticks from the start of the piece.
    name : spells a MIDI pitch.
    upbeat : tick where the first measure begins; no chord comes before it.
    """
    size = metre.measure_ticks
    written: list[list[Event]] = [[] for _ in range(measures)]
    for onset, end, pitches in _spans(voice, upbeat, measures * size):
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


def _spans(voice: list[Chord], begin: int, end: int) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    """Yield onset, end and pitches of a voice's chords and, without pitches, its rests."""
    now = begin
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
    beat_ticks = metre.beat_ticks
    while onset < end:
        beat = onset // beat_ticks * beat_ticks
        is_triplet = beat in triplets and not (onset == beat and end >= beat + beat_ticks)
        if is_triplet:
            room = min(end, beat + beat_ticks) - onset
            values = TRIPLET_RESTS if is_rest else TRIPLET_VALUES
            length = _longest(values, room)
        elif is_rest:
            length = _rest_value(onset, end - onset, metre)
        else:
            length = _note_value(onset, end - onset, metre, triplets)
        yield onset, length, is_triplet
        onset += length


def _longest(values: tuple[int, ...], room: int) -> int:
    return next(value for value in values if value <= room)


def _note_value(onset: int, room: int, metre: Metre, triplets: frozenset[int]) -> int:
    """Return the longest note of at most `room` ticks that reads well at `onset`."""
    beat_ticks = metre.beat_ticks
    within = onset % beat_ticks
    next_beat = onset - within + beat_ticks
    may_hide = not metre.is_compound and next_beat not in triplets and _may_hide(next_beat, metre)
    if within == 0 and room >= beat_ticks:
        if may_hide and room == DOTTED_QUARTER:
            return room
        return _longest(BEAT_VALUES[beat_ticks], room)
    if may_hide and within == TICKS // 2 and room >= TICKS:
        return TICKS
    return _longest(INNER_VALUES[beat_ticks], min(room, beat_ticks - within))


def _rest_value(onset: int, room: int, metre: Metre) -> int:
    """Return the longest rest of at most `room` ticks that reads well at `onset`."""
    beat_ticks = metre.beat_ticks
    half = 2 * beat_ticks
    within = onset % beat_ticks
    if metre.measure_ticks == 2 * half and onset % half == 0 and room >= half:
        return half
    if within == 0 and room >= beat_ticks:
        return beat_ticks
    return _longest(RESTS, min(room, beat_ticks - within))


def _may_hide(beat: int, metre: Metre) -> bool:
    """Whether a syncopation may hide this beat: not the middle of a measure of four."""
    return beat < metre.measure_ticks and not (
        metre.beats == 4 and beat * 2 == metre.measure_ticks
    )
