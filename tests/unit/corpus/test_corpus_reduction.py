"""Keyboard reductions: what one pair of hands can play on one piano."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from note_seq import NoteSequence

from perfrnn.corpus.reduction import keyboard_reduction, read_score

Note = tuple[int, float, float]


def sequence(*notes: Note, **fields: int) -> NoteSequence:
    made = NoteSequence()
    for pitch, start, end in notes:
        made.notes.add(pitch=pitch, start_time=start, end_time=end, velocity=64, **fields)
    return made


def notes_of(made: NoteSequence) -> list[Note]:
    return [(note.pitch, note.start_time, note.end_time) for note in made.notes]


def test_all_parts_go_to_one_piano() -> None:
    quartet = sequence((60, 0, 1), program=41, instrument=1, part=1)
    quartet.notes.add(pitch=55, start_time=0, end_time=2, velocity=70, program=43, instrument=3)
    reduced = keyboard_reduction(quartet)
    assert notes_of(reduced) == [(55, 0, 2), (60, 0, 1)]
    assert {(n.program, n.instrument, n.part) for n in reduced.notes} == {(0, 0, 0)}
    assert reduced.total_time == 2


@pytest.mark.parametrize(
    ("notes", "expected"),
    [
        # a unison becomes the longer note
        ([(60, 0, 1), (60, 0, 3)], [(60, 0, 3)]),
        # a key struck while it sounds is lifted first, then held as long as either part does
        ([(60, 0, 4), (60, 1, 2)], [(60, 0, 1), (60, 1, 4)]),
        ([(60, 0, 2), (60, 1, 4)], [(60, 0, 1), (60, 1, 4)]),
        ([(60, 0, 1), (60, 1, 2)], [(60, 0, 1), (60, 1, 2)]),
        ([(60, 0, 4), (60, 1, 2), (60, 3, 5)], [(60, 0, 1), (60, 1, 3), (60, 3, 5)]),
        # notes without length vanish (note_seq puts grace notes at time 0 so)
        ([(60, 1, 1), (62, 2, 3)], [(62, 2, 3)]),
        ([], []),
    ],
)
def test_a_key_sounds_once_at_a_time(notes: list[Note], expected: list[Note]) -> None:
    assert notes_of(keyboard_reduction(sequence(*notes))) == expected


def test_the_louder_of_a_unison_is_heard() -> None:
    made = sequence((60, 0, 1))
    made.notes.add(pitch=60, start_time=0, end_time=1, velocity=90)
    assert [note.velocity for note in keyboard_reduction(made).notes] == [90]


def test_drums_and_bends_are_dropped_tempos_kept_in_order() -> None:
    made = sequence((36, 0, 1), is_drum=True)
    made.pitch_bends.add(bend=100)
    made.time_signatures.add(numerator=1531, denominator=1536)
    made.tempos.add(time=4, qpm=90)
    made.tempos.add(time=0, qpm=60)
    reduced = keyboard_reduction(made)
    assert not reduced.notes
    assert not reduced.pitch_bends
    assert not reduced.time_signatures
    assert [(tempo.time, tempo.qpm) for tempo in reduced.tempos] == [(0, 60), (4, 90)]


def xml_note(pitch: str, extra: str = "<duration>2</duration>") -> str:
    step, alter, octave = pitch[0], {"#": 1, "b": -1}.get(pitch[1], 0), pitch[-1]
    spelled = f"<step>{step}</step><alter>{alter}</alter><octave>{octave}</octave>"
    return f"<note><pitch>{spelled}</pitch>{extra}<voice>1</voice></note>"


def write_xml(path: Path, *measures: str) -> Path:
    bars = "".join(
        f"<measure number='{i}'><attributes><divisions>2</divisions>"
        f"<time><beats>2</beats><beat-type>4</beat-type></time></attributes>{bar}</measure>"
        for i, bar in enumerate(measures, 1)
    )
    path.write_text(
        "<score-partwise><part-list><score-part id='P1'><part-name>Piano</part-name>"
        f"</score-part></part-list><part id='P1'>{bars}</part></score-partwise>"
    )
    return path


def test_scores_are_read_with_the_right_octaves(tmp_path: Path) -> None:
    bar = xml_note("B#3") + xml_note("Cb4"), xml_note("C#4") + xml_note("Bb3")
    made = read_score(write_xml(tmp_path / "a.xml", *bar))
    assert notes_of(made) == [(60, 0, 0.5), (59, 0.5, 1), (61, 1, 1.5), (58, 1.5, 2)]


def test_tied_notes_are_one_and_grace_notes_none(tmp_path: Path) -> None:
    length = "<duration>2</duration>"
    made = read_score(
        write_xml(
            tmp_path / "a.xml",
            xml_note("E 4", "<grace/>") + xml_note("G 4") + xml_note("C 4", length + TIED_ON),
            xml_note("C 4", "<duration>4</duration>" + TIED_BACK + TIED_ON),
            xml_note("C 4", length + TIED_BACK) + xml_note("C 4"),
        )
    )
    assert notes_of(made) == [(67, 0, 0.5), (60, 0.5, 2.5), (60, 2.5, 3)]


TIED_ON, TIED_BACK = "<tie type='start'/>", "<tie type='stop'/>"

note = st.tuples(st.integers(60, 63), st.integers(0, 12), st.integers(1, 8)).map(
    lambda n: (n[0], float(n[1]), float(n[1] + n[2]))
)


def held(notes: list[Note]) -> set[tuple[int, int]]:
    """Return the whole seconds in which each key is down."""
    return {(p, second) for p, start, end in notes for second in range(int(start), int(end))}


@settings(deadline=None)
@given(notes=st.lists(note, max_size=25))
def test_strokes_and_held_keys_stay_and_nothing_overlaps(notes: list[Note]) -> None:
    reduced = notes_of(keyboard_reduction(sequence(*notes)))
    strokes = [(p, start) for p, start, _ in reduced]
    assert sorted(strokes) == sorted({(p, start) for p, start, _ in notes})
    assert held(reduced) == held(notes)
    for pitch in range(60, 64):
        own = [(start, end) for p, start, end in reduced if p == pitch]
        assert all(start < end for start, end in own)
        assert all(a[1] <= b[0] for a, b in pairwise(own))
