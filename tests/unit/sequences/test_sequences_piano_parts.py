"""Which parts are the piano's: by names, groups, braces, hands and neighbours."""

import pytest

from perfrnn.sequences.musicxml import read_musicxml
from source_builders import build_note

PITCHES = {"A": 60, "B": 62, "C": 64, "D": 65}
NOTES = {60: "C4", 62: "D4", 64: "E4", 65: "F4"}


def part(number, name="", *, instrument="", sound="", program=""):
    """A listed part."""
    inner = f"<part-name>{name}</part-name>"
    if instrument or sound:
        inner += (
            f'<score-instrument id="{number}-I"><instrument-name>{instrument}</instrument-name>'
            + (f"<instrument-sound>{sound}</instrument-sound>" if sound else "")
            + "</score-instrument>"
        )
    if program:
        inner += f"<midi-instrument><midi-program>{program}</midi-program></midi-instrument>"
    return f'<score-part id="{number}">{inner}</score-part>'


def group(*listed, name="", symbol="brace", number=1):
    """Parts in a group."""
    named = f"<group-name>{name}</group-name>" if name else ""
    return (
        f'<part-group number="{number}" type="start">{named}'
        f"<group-symbol>{symbol}</group-symbol></part-group>"
        + "".join(listed)
        + f'<part-group number="{number}" type="stop"/>'
    )


A_HORN = part("C", "Horn in F", instrument="Horn in F", sound="brass.french-horn", program=61)
CASES = {
    "brace, right hand named": (group(part("A", "Piano"), part("B")) + A_HORN, "AB"),
    "brace, left hand named": (A_HORN + group(part("A"), part("B", "Piano")), "AB"),
    "brace within a bracket": (
        group(group(part("A", "Piano"), part("B"), number=2), A_HORN, symbol="bracket"),
        "AB",
    ),
    "unnamed partner follows without a brace": (part("A", "Piano") + part("B") + A_HORN, "AB"),
    "hand follows without a brace": (A_HORN + part("A", "Piano") + part("B", "L.H."), "AB"),
    "group's name": (group(part("A"), part("B"), name="Piano", symbol="none") + A_HORN, "AB"),
    "group's name over hands": (
        group(part("A", "Right Hand"), part("B", "Left Hand"), name="Klavier") + A_HORN,
        "AB",
    ),
    "group's name over other names": (
        group(part("A", "Manual I"), part("B", "Manual II"), name="Harpsichord") + A_HORN,
        "AB",
    ),
    "hands alone": (A_HORN + part("A", "R.H.") + part("B", "L.H."), "AB"),
    "both halves named": (part("A", "Piano right") + part("B", "Piano left") + A_HORN, "AB"),
    "brace around names of nothing": (group(part("A"), part("B")) + A_HORN, "AB"),
    "a generic name": (group(part("A", "Piano"), part("B", "MusicXML Part")) + A_HORN, "AB"),
    "a horn in the brace": (group(part("A", "Piano"), A_HORN) + part("D", "Oboe"), "A"),
    "an unnamed horn in the brace": (
        group(part("A", "Piano"), part("B", sound="brass.french-horn")) + part("D", "Oboe"),
        "A",
    ),
    "an unnamed horn follows": (part("A", "Piano") + part("B", program=61), "A"),
    "a horn in a group of a piano's name": (group(part("A"), A_HORN, name="Piano"), "A"),
    "a quintet's name": (
        group(part("A", "Piano"), part("B", "Violin"), A_HORN, name="Piano Quintet"),
        "A",
    ),
    "a voice with the default instrument": (
        part("A", "Piano") + part("B", "Voice", instrument="Piano", program=1),
        "A",
    ),
    "other scripts": (part("A", "钢琴") + part("B", "小提琴") + part("C", "Geige"), "A"),
    "programs alone": (part("A", program=1) + part("B", program=1) + part("C", program=61), "AB"),
    "an accordion": (part("A", "Piano accordion") + part("B", "Pianoforte"), "B"),
    "no piano": (part("A", "Violino primo") + part("B", "Violino secondo") + A_HORN, "ABC"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_pianos_parts_are_read(score_file, case):
    listed, expected = CASES[case]
    start = "<attributes><divisions>1</divisions></attributes>"
    measures = {
        number: [start + build_note(NOTES[pitch], 4)]
        for number, pitch in PITCHES.items()
        if f'id="{number}"' in listed
    }
    sequence = read_musicxml(score_file(measures, listed))
    assert [note.pitch for note in sequence.notes] == [PITCHES[number] for number in expected]


def test_a_named_part_without_notes_is_no_piano(score_file):
    start = "<attributes><divisions>1</divisions></attributes>"
    measures = {"A": [start + build_note("rest", 4)], "B": [start + build_note("D4", 4)]}
    listed = part("A", "Piano") + part("B", "Celesta")
    assert [n.pitch for n in read_musicxml(score_file(measures, listed)).notes] == [62]
