"""Divisions that come late, elsewhere, wrongly or never; durations that are missing."""

import pytest

from perfrnn.errors import BadFileError
from perfrnn.sequences.musicxml import read_musicxml
from source_builders import build_note, build_score

TIME = "<time><beats>4</beats><beat-type>4</beat-type></time>"
TWO_PARTS = (
    '<score-part id="A"><part-name>Piano</part-name></score-part>'
    '<score-part id="B"><part-name>Piano</part-name></score-part>'
)


def attributes(divisions=None, inside=TIME):
    declared = "" if divisions is None else f"<divisions>{divisions}</divisions>"
    return f"<attributes>{declared}{inside}</attributes>"


def typed(name, duration, value, *inside):
    return build_note(name, duration, f"<type>{value}</type>", *inside)


def quarters(typed_notes=True):
    """Four quarters of 24 divisions."""
    return "".join(
        typed(name, 24, "quarter") if typed_notes else build_note(name, 24)
        for name in ("C4", "D4", "E4", "F4")
    )


FOUR = [(60, 0.0, 0.5), (62, 0.5, 1.0), (64, 1.0, 1.5), (65, 1.5, 2.0)]


def notes(path):
    sequence = read_musicxml(path)
    return [(n.pitch, round(n.start_time, 4), round(n.end_time, 4)) for n in sequence.notes]


@pytest.mark.parametrize("declared", [24, "24.0", "24,0"])
def test_declared_divisions_hold(score_file, declared):
    assert notes(score_file([attributes(declared) + quarters()])) == FOUR


@pytest.mark.parametrize("declared", [None, 0, -24, "nan", "many"])
@pytest.mark.parametrize(
    ("inside", "is_typed"),
    [(TIME, True), ("", True), (TIME, False)],
    ids=["types and time", "types", "time"],
)
def test_divisions_never_declared_follow_from_types_or_measures(
    score_file, declared, inside, is_typed
):
    assert notes(score_file([attributes(declared, inside) + quarters(is_typed)])) == FOUR


@pytest.mark.parametrize("inside", [TIME, ""])
@pytest.mark.parametrize("declared", [1, 480])
def test_types_are_believed_against_divisions_that_are_wrong_by_far(score_file, declared, inside):
    assert notes(score_file([attributes(declared, inside) + quarters()])) == FOUR


def test_measures_are_believed_against_divisions_that_are_wrong_by_far(score_file):
    measures = [attributes(1) + quarters(typed_notes=False), quarters(typed_notes=False)]
    assert notes(score_file(measures)) == [
        *FOUR,
        *[(pitch, start + 2, end + 2) for pitch, start, end in FOUR],
    ]


def test_divisions_that_measures_bear_out_hold_against_types(score_file):
    # Printed in half the values that it sounds in, as some double-time scores are.
    measure = attributes(24) + "".join(typed("C4", 24, "eighth") for _ in range(4))
    assert notes(score_file([measure]))[-1] == (60, 1.5, 2.0)


def test_tuplets_and_dots_speak_for_the_same_divisions(score_file):
    tuplet = (
        "<time-modification><actual-notes>3</actual-notes><normal-notes>2</normal-notes>"
        "</time-modification>"
    )
    triplets = "".join(typed(name, 8, "eighth", tuplet) for name in ("C4", "D4", "E4"))
    measure = attributes(None, "") + triplets + typed("F4", 36, "quarter", "<dot/>")
    assert notes(score_file([measure])) == [
        (60, 0.0, 0.1667),
        (62, 0.1667, 0.3333),
        (64, 0.3333, 0.5),
        (65, 0.5, 1.25),
    ]


def test_divisions_that_come_in_a_later_measure_hold_before_too(score_file):
    first = attributes(None, "") + quarters(typed_notes=False)
    second = attributes(24, "") + build_note("G4", 96)
    assert notes(score_file([first, second])) == [*FOUR, (67, 2.0, 4.0)]


def test_another_parts_divisions_hold_unless_types_or_measures_say_otherwise(score_file):
    first = [attributes(12) + build_note("C5", 48)]
    none = attributes(None, "")
    path = score_file({"A": first, "B": [none + build_note("C3", 48)]}, TWO_PARTS)
    assert notes(path) == [(48, 0.0, 2.0), (72, 0.0, 2.0)]
    path = score_file({"A": first, "B": [none + typed("C3", 96, "whole")]}, TWO_PARTS)
    assert notes(path) == [(48, 0.0, 2.0), (72, 0.0, 2.0)]
    # The first part's time signature holds for the second, too.
    path = score_file({"A": first, "B": [none + build_note("C3", 96)]}, TWO_PARTS)
    assert notes(path) == [(48, 0.0, 2.0), (72, 0.0, 2.0)]


def test_divisions_may_change_within_a_measure(score_file):
    measure = attributes(1) + build_note("C4", 2) + attributes(480, "") + build_note("D4", 960)
    assert notes(score_file([measure])) == [(60, 0.0, 1.0), (62, 1.0, 2.0)]


def test_a_file_where_nothing_tells_the_divisions_is_refused(score_file):
    with pytest.raises(BadFileError, match="declares no divisions"):
        read_musicxml(score_file([quarters(typed_notes=False)]))


def test_another_instruments_part_without_divisions_costs_nothing(score_file):
    listed = TWO_PARTS.replace('"B"><part-name>Piano', '"B"><part-name>Horn')
    silent = [build_note("C3", 7)]
    path = score_file({"A": [attributes(24, "") + quarters()], "B": silent}, listed)
    assert notes(path) == FOUR


def test_a_note_without_duration_is_as_long_as_its_type(score_file):
    score = build_score([attributes(24) + quarters()])
    path = score_file([""])
    path.write_text(score.replace("<duration>24</duration>", "", 2))
    assert notes(path) == FOUR
    path.write_text(
        build_score([attributes(24) + build_note("C4", 24)]).replace(">24</dur", "></dur")
    )
    with pytest.raises(BadFileError, match="a duration of '' and no type"):
        read_musicxml(path)


def test_going_back_by_nobody_knows_how_much_is_damage(score_file):
    measure = attributes(24) + quarters() + "<backup><duration>x</duration></backup>"
    with pytest.raises(BadFileError, match="a backup element with a duration of 'x'"):
        read_musicxml(score_file([measure]))
