import pytest

from perfrnn.rendering.accidentals import mark_accidentals
from perfrnn.rendering.notation import Event, Head, Pitch

ALTER = {"b": -1, "": 0, "#": 1, "x": 2, "w": -2}


def note(onset, name, tied_from=False):
    """Return an eighth note named like F#4, x for a double sharp and w for a double flat."""
    pitch = Pitch(name[0], ALTER[name[1:-1]], int(name[-1]))
    return Event(onset, 12, (Head(pitch, tied_from=tied_from),))


def line(*names):
    return [note(12 * place, name) for place, name in enumerate(names)]


def signs(voices, fifths):
    marked = mark_accidentals(voices, fifths)
    return [
        [[event.heads[0].accidental for event in events] for events in voice] for voice in marked
    ]


@pytest.mark.parametrize(
    ("fifths", "names", "expected"),
    [
        (0, ["F4", "F#4", "F#4", "F4"], ["", "sharp", "", "natural"]),
        (1, ["F#4", "F4", "C4", "F#4"], ["", "natural", "", "sharp"]),
        (-3, ["Bb4", "Eb4", "Ab4", "Db4"], ["", "", "", "flat"]),
        (6, ["E#4", "B4", "Fx4", "F#4"], ["", "", "double-sharp", "sharp"]),
        (-2, ["Bb4", "B4", "Bw4", "E4"], ["", "natural", "flat-flat", "natural"]),
    ],
)
def test_accidentals_hold_within_the_measure(fifths, names, expected):
    assert signs([[line(*names)]], fifths) == [[expected]]


def test_each_octave_and_each_measure_begins_anew():
    assert signs([[line("F#4", "F#5"), line("F#4", "F5")]], 0) == [
        [["sharp", "sharp"], ["sharp", ""]]
    ]


def test_voices_of_a_staff_share_accidentals():
    upper, lower = [note(0, "F#4"), note(24, "F4")], [note(12, "F#4"), note(36, "F4")]
    assert signs([[upper], [lower]], 0) == [[["sharp", "natural"]], [["", ""]]]


def test_a_tied_note_needs_no_accidental_but_the_next_does():
    measures = [[note(0, "F#4")], [note(0, "F#4", tied_from=True), note(12, "F#4")]]
    assert signs([measures], 0) == [[["sharp"], ["", "sharp"]]]


def test_rests_stay_rests():
    rest = Event(0, 96, ())
    assert mark_accidentals([[[rest]]], 2) == [[[rest]]]
