"""MusicXML of a small score made by hand."""

from xml.etree import ElementTree as ET

import pytest

from perfrnn.rendering.musicxml_writer import to_musicxml
from perfrnn.rendering.notation import Clef, Event, Head, Metre, PianoScore, Pitch, Span, Staff

C5, E5, G8 = Pitch("C", 0, 5), Pitch("E", -1, 5), Pitch("G", 0, 8)
WHOLE_REST = Event(0, 48, ())


@pytest.fixture
def measures():
    upper = [
        [
            Event(0, 8, (Head(C5),), is_triplet=True),
            Event(8, 8, (Head(E5),), is_triplet=True),
            Event(16, 8, (), is_triplet=True),
            Event(24, 24, (Head(C5, tied_to=True), Head(E5))),
        ],
        [
            Event(0, 36, (Head(C5, tied_from=True),)),
            Event(36, 12, (Head(G8),)),
        ],
    ]
    lower = [[Event(0, 48, (), is_hidden=True)], [Event(0, 48, (), is_hidden=True)]]
    right = Staff([upper, lower], [Clef.TREBLE] * 2, [[Span(0, 0)], [Span(0, 0), Span(36, 2)]])
    left = Staff([[[WHOLE_REST]] * 2], [Clef.BASS, Clef.TREBLE], [[Span(0, 0)]] * 2)
    score = PianoScore("Title", "Someone", Metre(2, 4), -3, "minor", 96, (right, left))
    return ET.fromstring(to_musicxml(score)).findall("part/measure")


def texts(element, path):
    return [found.text for found in element.findall(path)]


def test_signatures_and_clefs(measures):
    first = measures[0].find("attributes")
    assert texts(first, "key/fifths") == ["-3"]
    assert texts(first, "key/mode") == ["minor"]
    assert texts(first, "time/beats") + texts(first, "time/beat-type") == ["2", "4"]
    assert texts(first, "clef/sign") == ["G", "F"]
    change = measures[1].find("attributes/clef")
    assert change.get("number") == "2"
    assert change.findtext("sign") == "G"
    assert measures[0].find(".//sound").get("tempo") == "96"


def test_each_staff_fills_the_measure(measures):
    for measure in measures:
        now = 0
        for element in measure:
            if element.tag == "note" and element.find("chord") is None:
                now += int(element.findtext("duration"))
            elif element.tag == "backup":
                assert now == 48
                now -= int(element.findtext("duration"))
        assert now == 48


def test_triplets(measures):
    notes = measures[0].findall("note")[:3]
    assert [note.findtext("type") for note in notes] == ["eighth"] * 3
    assert [note.findtext("time-modification/actual-notes") for note in notes] == ["3"] * 3
    brackets = [note.find("notations/tuplet") for note in notes]
    assert [bracket is not None and bracket.get("type") for bracket in brackets] == [
        "start",
        False,
        "stop",
    ]


def test_chords_alterations_and_ties(measures):
    tied, other = measures[0].findall("note")[3:5]
    assert tied.find("tie").get("type") == tied.find("notations/tied").get("type") == "start"
    assert other.find("chord") is not None
    assert other.find("tie") is None
    assert other.findtext("pitch/alter") == "-1"
    end = measures[1].find("note")
    assert end.find("tie").get("type") == "stop"
    assert end.find("dot") is not None
    assert end.findtext("type") == "quarter"


def test_an_octave_line_stands_around_its_notes(measures):
    kinds = [
        element.find("direction-type/octave-shift").get("type")
        if element.tag == "direction"
        else element.findtext("pitch/octave")
        for element in measures[1]
        if element.tag == "direction" or element.find("pitch") is not None
    ]
    assert kinds == ["5", "down", "8", "stop"]
    assert measures[1].find(".//octave-shift").get("size") == "15"


def test_a_hidden_voice_is_left_out_and_silent_measures_are_whole_rests(measures):
    assert set(texts(measures[0], "note/voice")) == {"1", "5"}
    assert measures[0].find("note/rest[@measure='yes']") is not None
    assert measures[1].find("barline/bar-style").text == "light-heavy"
