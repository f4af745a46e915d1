"""Voices cut into measures and written note values."""

from collections.abc import Callable, Iterator

from perfrnn.rendering.notation import Event, Head, Metre, Pitch
from perfrnn.rendering.voices import Chord

VALUES = (96, 72, 48, 36, 24, 18, 12, 9, 6, 3)
"""Ticks of a whole note, dotted half note, half note and so on to a thirty-second."""

TRIPLET_VALUES = (16, 12, 8, 4)
"""Ticks of a quarter note, dotted eighth, eighth and sixteenth in the time of two thirds."""


def split_span(
    onset: int, end: int, metre: Metre, triplets: frozenset[int]
) -> Iterator[tuple[int, int, bool]]:
    """Cut a span within one measure into written note values.

    A value crosses the start of a beat only where it starts on one, and never enters or leaves a
    triplet beat.

    Parameters
    ----------
    triplets : onsets, in the measure, of the beats that are written in triplets.

    Yields
    ------
    Onset in the measure, duration, whether it is a triplet value.
    """
    beat = metre.beat_ticks
    while onset < end:
        start = onset // beat * beat
        in_triplet = start in triplets and not (onset == start and end >= start + beat)
        if in_triplet:
            room = min(end, start + beat) - onset
            length = next(value for value in TRIPLET_VALUES if value <= room)
        else:
            limit = end if onset == start else min(end, start + beat)
            inside = [place for place in triplets if onset < place < limit < place + beat]
            room = min([limit, *inside]) - onset
            length = next(value for value in VALUES if value <= room)
        yield onset, length, in_triplet
        onset += length


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
    now = 0
    spans: list[tuple[int, int, tuple[int, ...]]] = []
    for chord in voice:
        if chord.onset > now:
            spans.append((now, chord.onset, ()))
        spans.append((chord.onset, chord.end, chord.pitches))
        now = chord.end
    if now < measures * size:
        spans.append((now, measures * size, ()))
    for onset, end, pitches in spans:
        names = [name(pitch) for pitch in pitches]
        at = onset
        while at < end:
            measure = at // size
            bar = measure * size
            until = min(end, bar + size)
            local = frozenset(place - bar for place in triplets if bar <= place < bar + size)
            for start, length, triplet in split_span(at - bar, until - bar, metre, local):
                first, last = start + bar == onset, start + bar + length == end
                heads = tuple(Head(pitch, not first, not last) for pitch in names)
                written[measure].append(Event(start, length, heads, triplet))
            at = until
    return written
