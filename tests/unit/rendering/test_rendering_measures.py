import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfrnn.rendering.measures import split_span, write_voice
from perfrnn.rendering.notation import Event, Head, Metre, Pitch
from perfrnn.rendering.voices import Chord

COMMON, WALTZ, MARCH, COMPOUND = Metre(4, 4), Metre(3, 4), Metre(2, 4), Metre(6, 8)


def lengths(onset, end, metre=COMMON, triplets=(), *, is_rest=False):
    pieces = split_span(onset, end, metre, frozenset(triplets), is_rest=is_rest)
    return [length for _, length, _ in pieces]


@pytest.mark.parametrize(
    ("onset", "end", "metre", "expected"),
    [
        (0, 96, COMMON, [96]),
        (0, 72, WALTZ, [72]),
        (0, 36, COMMON, [36]),  # a dotted quarter
        (24, 60, COMMON, [24, 12]),  # the middle of the measure shows
        (12, 36, COMMON, [24]),  # a syncopation
        (36, 60, COMMON, [12, 12]),  # not over the middle
        (12, 36, WALTZ, [24]),
        (6, 24, COMMON, [18]),
        (6, 36, COMMON, [18, 12]),
        (18, 48, COMMON, [6, 24]),
        (0, 72, COMPOUND, [72]),
        (0, 48, COMPOUND, [36, 12]),
        (24, 72, COMPOUND, [12, 36]),
        (12, 36, COMPOUND, [24]),
    ],
)
def test_notes_show_the_beats(onset, end, metre, expected):
    assert lengths(onset, end, metre) == expected


@pytest.mark.parametrize(
    ("onset", "end", "metre", "expected"),
    [
        (0, 96, COMMON, [96]),  # a silent measure
        (0, 72, WALTZ, [72]),
        (48, 96, COMMON, [48]),
        (24, 96, COMMON, [24, 48]),
        (0, 48, WALTZ, [24, 24]),
        (0, 36, COMMON, [24, 12]),
        (6, 24, COMMON, [12, 6]),
        (36, 72, COMPOUND, [36]),
        (12, 36, COMPOUND, [24]),
    ],
)
def test_rests_show_the_beats_even_more(onset, end, metre, expected):
    assert lengths(onset, end, metre, is_rest=True) == expected


def test_triplets_fill_their_beat():
    pieces = list(split_span(8, 48, COMMON, frozenset({0}), is_rest=False))
    assert pieces == [(8, 16, True), (24, 24, False)]
    pieces = list(split_span(0, 32, COMMON, frozenset({24}), is_rest=False))
    assert pieces == [(0, 24, False), (24, 8, True)]


@given(
    st.sampled_from([COMMON, WALTZ, MARCH, COMPOUND, Metre(9, 8), Metre(12, 8)]),
    st.data(),
    st.booleans(),
)
def test_pieces_fill_their_span(metre, data, is_rest):
    places = st.integers(0, metre.measure_ticks // 3).map(lambda place: 3 * place)
    onset, end = sorted(data.draw(st.tuples(places, places)))
    pieces = list(split_span(onset, end, metre, frozenset(), is_rest=is_rest))
    assert sum(length for _, length, _ in pieces) == end - onset
    for start, length, _ in pieces:
        assert start == onset
        onset += length
        base = length if length in (3, 6, 12, 24, 48, 96) else length * 2 / 3
        assert base in (3, 6, 12, 24, 48, 96) or length == metre.measure_ticks


def test_a_note_over_a_barline_is_tied_and_silence_is_rests():
    pitch = Pitch("C", 0, 4)
    first, second = write_voice([Chord(24, 72, (60,))], MARCH, 2, frozenset(), lambda _: pitch)
    assert first == [Event(0, 24, ()), Event(24, 24, (Head(pitch, False, True),))]
    assert second == [Event(0, 24, (Head(pitch, True, False),)), Event(24, 24, ())]


def test_an_upbeat_has_no_rests_before_it():
    pitch = Pitch("C", 0, 4)
    chord = [Chord(60, 72, (60,))]
    (first,) = write_voice(chord, WALTZ, 1, frozenset(), lambda _: pitch, upbeat=48)
    assert first == [Event(48, 12, ()), Event(60, 12, (Head(pitch),))]
    (silent,) = write_voice([], WALTZ, 1, frozenset(), lambda _: pitch, upbeat=24)
    assert silent == [Event(24, 24, ()), Event(48, 24, ())]
