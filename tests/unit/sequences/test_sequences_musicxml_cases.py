"""Small scores after public bug reports of other programs, each with what it has to sound like.

A quarter lasts half a second unless the score says otherwise; all values were worked out by hand.
"""

import logging
from pathlib import Path

import pytest

from perfrnn.sequences.musicxml import read_musicxml

DATA = Path(__file__).parents[2] / "data" / "musicxml"
FOUR_QUARTERS = [(60, 0.0, 0.5), (62, 0.5, 1.0), (64, 1.0, 1.5), (65, 1.5, 2.0)]
CASES = {
    "x01-arpeggio-tied-into-chord.musicxml": (
        [(60, 0.0, 4.0), (64, 0.5, 4.0), (67, 1.0, 4.0), (72, 1.5, 4.0)],
        "",
    ),
    "x03-cue-notes.musicxml": (
        [(60, 0.0, 0.5), (62, 0.5, 1.0), (67, 2.0, 4.0)],
        "a cue note, which is silent (2 times)",
    ),
    "x04-note-dynamics-0.musicxml": ([FOUR_QUARTERS[0], *FOUR_QUARTERS[2:]], ""),
    # Two quarters at the default tempo, then sixty a minute.
    "x05-direction-offset-sound-yes.musicxml": (
        [
            (60, 0.0, 0.5),
            (62, 0.5, 1.0),
            (64, 1.0, 2.0),
            (65, 2.0, 3.0),
            (60, 3.0, 4.0),
            (62, 4.0, 5.0),
            (64, 5.0, 6.0),
            (65, 6.0, 7.0),
        ],
        "",
    ),
    "x07-only-right-hand-named.musicxml": ([(48, 0.0, 2.0), (76, 0.0, 2.0)], ""),
    "x08d-gb2312.xml": (FOUR_QUARTERS, ""),
    "x09b-inner-name-umlaut-not-flagged.mxl": (FOUR_QUARTERS, ""),
    "x10c-fractional-beats.musicxml": (
        [(60, 0.0, 0.5), (62, 0.5, 1.0), (64, 1.0, 1.25), (60, 1.25, 2.5)],
        "a time signature of '2.5/4' taken as 5/8",
    ),
    # Sixty quarters a minute; then a dotted quarter lasts the second that a quarter did.
    "x13-metric-modulation.musicxml": (
        [
            (60, 0.0, 1.0),
            (62, 1.0, 2.0),
            (64, 2.0, 3.0),
            (65, 3.0, 4.0),
            (67, 4.0, 5.0),
            (69, 5.0, 6.0),
        ],
        "",
    ),
    "x14-transpose-decimal.musicxml": (
        [(pitch - 2, start, end) for pitch, start, end in FOUR_QUARTERS],
        "",
    ),
    "x16-dynamics-in-notations.musicxml": (FOUR_QUARTERS, ""),
    "x23-one-note-out-of-midi-range.musicxml": (
        [*FOUR_QUARTERS, (67, 2.5, 4.0)],
        "a note of MIDI pitch 132 left out",
    ),
    # 60 / 94.5 s a quarter.
    "x26-tempo-comma-decimal.musicxml": (
        [(60, 0.0, 0.6349), (62, 0.6349, 1.2698), (64, 1.2698, 1.9048), (65, 1.9048, 2.5397)],
        "a tempo of '94,5' taken as 94.5",
    ),
    # A hundred quarters of 64 divisions a minute.
    "x27a-divisions-after-the-first-notes.musicxml": (
        [
            (48, 0.0, 2.4),
            (60, 0.0, 0.6),
            (62, 0.6, 1.2),
            (64, 1.2, 1.8),
            (65, 1.8, 2.4),
            (67, 2.4, 4.8),
        ],
        "no divisions where they are needed, taken as 64",
    ),
    "x27c-second-part-without-divisions.musicxml": (
        [(48, 0.0, 2.0), (72, 0.0, 0.5), (74, 0.5, 1.0), (76, 1.0, 1.5), (77, 1.5, 2.0)],
        "no divisions where they are needed, taken as 64",
    ),
    "x28-declared-utf16-is-utf8.musicxml": (FOUR_QUARTERS, "declared as 'UTF-16', read as UTF-8"),
}
# p is 49, mezzoforte 80; a percentage is one of forte, 90, and at most 127.
VELOCITIES = {
    "x04-note-dynamics-0.musicxml": [45, 80, 127],
    "x05-direction-offset-sound-yes.musicxml": [80, 80, 49, 49, 49, 49, 49, 49],
    "x16-dynamics-in-notations.musicxml": [80, 49, 49, 49],
}


def test_every_case_is_here():
    assert sorted(CASES) == sorted(path.name for path in DATA.iterdir())


@pytest.mark.parametrize("name", CASES)
def test_a_case_has_its_notes_and_its_remark(name, caplog):
    expected, remark = CASES[name]
    with caplog.at_level(logging.WARNING):
        sequence = read_musicxml(DATA / name)
    assert [
        (note.pitch, round(note.start_time, 4), round(note.end_time, 4)) for note in sequence.notes
    ] == expected
    assert caplog.messages == ([f"{DATA / name}: {remark}"] if remark else [])


@pytest.mark.parametrize("name", VELOCITIES)
def test_a_case_has_its_velocities(name):
    assert [note.velocity for note in read_musicxml(DATA / name).notes] == VELOCITIES[name]


def test_fractional_beats_are_a_signature_in_smaller_units():
    (meter,) = read_musicxml(DATA / "x10c-fractional-beats.musicxml").time_signatures
    assert (meter.numerator, meter.denominator) == (5, 8)
