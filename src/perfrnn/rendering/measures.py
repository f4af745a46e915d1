"""Voices cut into measures and written note values."""

from collections.abc import Iterator

from perfrnn.rendering.notation import TICKS, Event, Metre

VALUES = tuple(
    sorted(
        (
            length
            for base in (96, 48, 24, 12, 6, 3)
            for length in (base, base * 3 // 2)
            if length * 2 // 3 == base or length == base
        ),
        reverse=True,
    )
)
TRIPLET_VALUES = (16, 12, 8, 4)


def split_span(
    onset: int, end: int, metre: Metre, triplets: frozenset[int]
) -> Iterator[tuple[int, int, bool]]:
    """Cut a span within one measure into written note values.

    A value never hides the start of a beat unless it starts on one, and never joins a triplet
    beat to its neighbours.

    Yields
    ------
    Onset in the measure, duration, whether it is a triplet value.
    """
    beat = metre.beat_ticks
    while onset < end:
        start = onset // beat * beat
        if start in triplets:
            room = min(end, start + beat) - onset
            length = (
                next(value for value in TRIPLET_VALUES if value <= room) if room < beat else beat
            )
            yield onset, length, room < beat
        else:
            limit = end if onset == start else min(end, start + beat)
            blocked = [place for place in triplets if onset < place < limit]
            room = min([limit, *blocked]) - onset
            length = next((value for value in VALUES if value <= room), room)
            yield onset, length, False
        onset += length
