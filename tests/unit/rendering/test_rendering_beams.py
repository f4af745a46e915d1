from perfrnn.rendering.beams import beams
from perfrnn.rendering.notation import Event, Head, Metre, Pitch, Span

HEAD = Head(Pitch("C", 0, 4))
WHOLE = [Span(0, 0)]


def line(*lengths, triplets=()):
    """Return notes of these lengths one after the other; negative lengths are rests."""
    onset, events = 0, []
    for place, length in enumerate(lengths):
        heads = (HEAD,) if length > 0 else ()
        events.append(Event(onset, abs(length), heads, place in triplets))
        onset += abs(length)
    return events


def words(events, metre, spans=WHOLE):
    return [" ".join(levels) for levels in beams(events, metre, spans)]


def test_eighths_are_beamed_by_half_measures_of_four():
    expected = ["begin", "continue", "continue", "end"] * 2
    assert words(line(*[12] * 8), Metre(4, 4)) == expected


def test_eighths_are_beamed_by_beats_of_three():
    assert words(line(*[12] * 6), Metre(3, 4)) == ["begin", "end"] * 3


def test_sixteenths_are_beamed_by_beats():
    four = ["begin begin", "continue continue", "continue continue", "end end"]
    assert words(line(6, 6, 6, 6, 12, 12), Metre(2, 4)) == [*four, "begin", "end"]


def test_a_dotted_eighth_takes_a_hook():
    assert words(line(18, 6, 24), Metre(2, 4)) == ["begin", "end backward hook", ""]
    assert words(line(6, 18, 24), Metre(2, 4)) == ["begin forward hook", "end", ""]


def test_rests_and_long_notes_end_a_beam():
    assert words(line(12, -12, 12, 12), Metre(2, 4)) == ["", "", "begin", "end"]
    assert words(line(24, 12, 12), Metre(2, 4)) == ["", "begin", "end"]


def test_compound_beats_hold_three_eighths():
    assert words(line(*[12] * 6), Metre(6, 8)) == ["begin", "continue", "end"] * 2


def test_triplets_are_beamed_as_eighths():
    events = line(8, 8, 8, 24, triplets=(0, 1, 2))
    assert words(events, Metre(2, 4)) == ["begin", "continue", "end", ""]


def test_beams_end_where_an_octave_line_begins():
    spans = [Span(0, 0), Span(24, 1)]
    assert words(line(*[12] * 4), Metre(2, 4), spans) == ["begin", "end"] * 2
