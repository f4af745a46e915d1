from perfrnn.rendering.notation import Clef, Event, Head, Pitch, Span
from perfrnn.rendering.registers import choose_clefs, choose_spans

REST = Event(0, 96, ())


def quarters(*names):
    """Return a measure of quarter notes named like C4."""
    return [
        Event(24 * place, 24, (Head(Pitch(name[0], 0, int(name[1:]))),))
        for place, name in enumerate(names)
    ]


def test_each_staff_keeps_its_clef_in_its_own_range():
    right = [quarters("C5", "E5", "G5", "C4")] * 3
    assert choose_clefs([right], Clef.TREBLE) == [Clef.TREBLE] * 3
    left = [quarters("C3", "E3", "G2", "C4")] * 3
    assert choose_clefs([left], Clef.BASS) == [Clef.BASS] * 3


def test_a_left_hand_that_stays_high_changes_its_clef():
    low, high = quarters("C3", "E3", "G2", "C3"), quarters("A4", "C5", "E5", "A5")
    assert choose_clefs([[low, low, high, high, low, low]], Clef.BASS) == (
        [Clef.BASS] * 2 + [Clef.TREBLE] * 2 + [Clef.BASS] * 2
    )


def test_one_high_note_changes_nothing():
    measure = quarters("C3", "E3", "F4", "C3")
    assert choose_clefs([[measure] * 3], Clef.BASS) == [Clef.BASS] * 3
    assert choose_spans([[measure]], [Clef.BASS]) == [[Span(0, 0)]]


def test_the_highest_octave_is_written_an_octave_lower():
    low, high = quarters("C5", "E5", "G5", "C5"), quarters("C7", "E7", "G7", "C8")
    voice = [low, high, high, low]
    assert choose_clefs([voice], Clef.TREBLE) == [Clef.TREBLE] * 4
    spans = choose_spans([voice], [Clef.TREBLE] * 4)
    assert spans == [[Span(0, 0)], [Span(0, 1)], [Span(0, 1)], [Span(0, 0)]]


def test_the_lowest_octave_is_written_an_octave_higher():
    assert choose_spans([[quarters("A0", "B0", "C1", "A0")]], [Clef.BASS])[0][0].octaves < 0


def test_an_octave_line_may_begin_within_a_measure():
    measure = quarters("C4", "E4", "C8", "A7")
    assert choose_spans([[measure]], [Clef.TREBLE]) == [[Span(0, 0), Span(48, 1)]]


def test_an_octave_line_never_begins_under_a_held_note():
    held = [Event(0, 96, (Head(Pitch("C", 0, 5)),))]
    measure = quarters("C5", "E5", "C8", "E8")
    assert len(choose_spans([[measure], [held]], [Clef.TREBLE])[0]) == 1


def test_silence_has_the_staffs_own_clef():
    assert choose_clefs([[[REST]], [[REST]]], Clef.BASS) == [Clef.BASS]
    assert choose_spans([[[REST]], [[REST]]], [Clef.BASS]) == [[Span(0, 0)]]
