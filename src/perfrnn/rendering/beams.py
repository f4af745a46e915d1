"""Which notes of a voice are beamed together."""

from itertools import groupby

from perfrnn.rendering.notation import TICKS, Event, Metre, Span

FLAGS = {18: 1, 12: 1, 9: 2, 6: 2, 3: 3}
"""Flags of each note value, by ticks."""


def flags(event: Event) -> int:
    """Return the number of flags or beams of an event; none for rests and long notes."""
    return FLAGS.get(event.nominal, 0) if event.heads else 0


def beams(events: list[Event], metre: Metre, spans: list[Span]) -> list[list[str]]:
    """Return for each event of a measure its beams, from the first level on.

    The words are MusicXML's: `begin`, `continue`, `end`, `forward hook`, `backward hook`. Beams
    join the notes of a beat; in metres of two and four quarters also two beats of mere eighths.
    They end where another octave line begins.
    """
    result: list[list[str]] = [[] for _ in events]
    for run in _runs(events, metre, spans):
        if len(run) < 2:
            continue
        levels = [flags(events[index]) for index in run]
        for place, index in enumerate(run):
            before = levels[place - 1] if place else 0
            after = levels[place + 1] if place + 1 < len(run) else 0
            for level in range(1, levels[place] + 1):
                result[index].append(_word(before >= level, after >= level, place > 0))
    return result


def _word(joins_before: bool, joins_after: bool, has_before: bool) -> str:
    if joins_before and joins_after:
        return "continue"
    if joins_after:
        return "begin"
    if joins_before:
        return "end"
    return "backward hook" if has_before else "forward hook"


def _runs(events: list[Event], metre: Metre, spans: list[Span]) -> list[list[int]]:
    """Return the indices of events to beam, run by run; rests and long notes end a run."""

    def place(index: int) -> tuple[bool, int, int]:
        span = sum(span.onset <= events[index].onset for span in spans)
        return flags(events[index]) > 0, _group(events, index, metre), span

    runs = [(key, list(members)) for key, members in groupby(range(len(events)), key=place)]
    return [run for (is_flagged, _, _), run in runs if is_flagged]


def _group(events: list[Event], index: int, metre: Metre) -> int:
    """Return the start of the beat, or of the pair of beats, that an event is beamed in."""
    onset = events[index].onset
    pair = 2 * TICKS
    if metre.unit == 4 and metre.beats % 2 == 0:
        start = onset // pair * pair
        inside = [event for event in events if start <= event.onset < start + pair]
        if all(event.duration == TICKS // 2 for event in inside):
            return start
    return onset // metre.beat_ticks * metre.beat_ticks
