"""Ties by where they start and stop: across gaps, voices and endings, and where they are stale."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from perfrnn.sequences.musicxml import read_musicxml
from perfrnn.sequences.score import Measure, ScoreNote
from perfrnn.sequences.score_layout import lay_out
from source_builders import build_note, build_score

# A division is a quarter, half a second; a measure two seconds.
START = (
    "<attributes><divisions>1</divisions>"
    "<time><beats>4</beats><beat-type>4</beat-type></time></attributes>"
)
ON, BACK = '<tie type="start"/>', '<tie type="stop"/>'


def in_voice(number):
    return f"<voice>{number}</voice>"


def backup(duration):
    return f"<backup><duration>{duration}</duration></backup>"


def barline(ending="", kind="start", direction=""):
    mark = f'<ending number="{ending}" type="{kind}"/>' if ending else ""
    repeat = f'<repeat direction="{direction}"/>' if direction else ""
    return f"<barline>{mark}{repeat}</barline>"


def notes(path, **options):
    sequence = read_musicxml(path, **options)
    return [(note.pitch, note.start_time, note.end_time) for note in sequence.notes]


def test_a_tie_waits_for_its_stop_while_other_notes_pass(score_file):
    measure = START + build_note("C4", 1, ON) + build_note("E4", 2) + build_note("C4", 1, BACK)
    assert notes(score_file([measure])) == [(60, 0.0, 2.0), (64, 0.5, 1.5)]


def test_a_tie_does_not_wait_for_ever(score_file):
    first = START + build_note("C4", 1, ON) + build_note("E4", 3)
    others = [build_note("E4", 4)] * 4
    assert (60, 0.0, 10.0) in notes(score_file([first, *others[:3], build_note("C4", 4, BACK)]))
    assert notes(score_file([first, *others, build_note("C4", 4, BACK)])) == [
        (60, 0.0, 0.5),
        (64, 0.5, 2.0),
        (64, 2.0, 4.0),
        (64, 4.0, 6.0),
        (64, 6.0, 8.0),
        (64, 8.0, 10.0),
        (60, 10.0, 12.0),
    ]


def test_a_key_struck_again_by_its_voice_ends_the_tie(score_file):
    # The first tie has no stop; the stop is that of the second, and nothing else.
    first = START + build_note("C4", 1, ON) + build_note("E4", 1) + build_note("C4", 2, ON)
    assert notes(score_file([first, build_note("C4", 4, BACK)])) == [
        (60, 0.0, 0.5),
        (64, 0.5, 1.0),
        (60, 1.0, 4.0),
    ]
    untied = START + build_note("C4", 1, ON) + build_note("C4", 1) + build_note("E4", 2)
    assert notes(score_file([untied, build_note("C4", 4, BACK)])) == [
        (60, 0.0, 0.5),
        (60, 0.5, 1.0),
        (64, 1.0, 2.0),
        (60, 2.0, 4.0),
    ]


def test_of_two_voices_each_stops_its_own_tie(score_file):
    # Voice 1 holds C from 0 to 5; voice 2 strikes it with voice 1's rest of it still sounding.
    first = (
        START
        + build_note("C4", 4, ON, in_voice(1))
        + backup(4)
        + build_note("E4", 3, in_voice(2))
        + build_note("E4", 1, ON, in_voice(2))
    )
    second = (
        build_note("C4", 1, BACK, in_voice(1))
        + build_note("D4", 3, in_voice(1))
        + backup(4)
        + build_note("E4", 2, BACK, in_voice(2))
        + build_note("F4", 2, in_voice(2))
    )
    assert notes(score_file([first, second])) == [
        (60, 0.0, 2.5),
        (64, 0.0, 1.5),
        (64, 1.5, 3.0),
        (62, 2.5, 4.0),
        (65, 3.0, 4.0),
    ]


def test_a_tie_may_go_over_to_another_voice_and_staff(score_file):
    first = START + build_note("C4", 4, ON, in_voice(1), "<staff>1</staff>")
    second = (
        build_note("E4", 4, in_voice(1), "<staff>1</staff>")
        + backup(4)
        + build_note("C4", 2, BACK, in_voice(5), "<staff>2</staff>")
    )
    assert notes(score_file([first, second])) == [(60, 0.0, 3.0), (64, 2.0, 4.0)]


def test_a_tie_does_not_go_over_to_another_part(score_file):
    listed = "".join(
        f'<score-part id="{number}"><part-name>Violin {number}</part-name></score-part>'
        for number in "AB"
    )
    first = [START + build_note("C4", 4, ON), build_note("rest", 4)]
    second = [START + build_note("rest", 4), build_note("C4", 4, BACK)]
    path = score_file({"A": first, "B": second}, listed)
    assert notes(path) == [(60, 0.0, 2.0), (60, 2.0, 4.0)]


def test_in_a_chord_only_tied_notes_are_held(score_file):
    first = START + build_note("C4", 4, ON) + build_note("E4", 4, "<chord/>")
    second = build_note("C4", 4, BACK) + build_note("E4", 4, "<chord/>")
    assert notes(score_file([first, second])) == [(60, 0.0, 4.0), (64, 0.0, 2.0), (64, 2.0, 4.0)]


def test_slurs_between_equal_notes_are_no_ties(score_file):
    def slur(kind):
        return f'<notations><slur type="{kind}" number="1"/></notations>'

    measure = START + build_note("C4", 2, slur("start")) + build_note("C4", 2, slur("stop"))
    assert notes(score_file([measure])) == [(60, 0.0, 1.0), (60, 1.0, 2.0)]


def test_ties_that_are_only_seen_count_but_not_beside_ties_that_sound(score_file):
    def tied(kind):
        return f'<notations><tied type="{kind}"/></notations>'

    seen = START + build_note("C4", 2, tied("start")) + build_note("C4", 2, tied("stop"))
    assert notes(score_file([seen])) == [(60, 0.0, 2.0)]
    ringing = START + build_note("C4", 2, tied("let-ring")) + build_note("C4", 2)
    assert notes(score_file([ringing])) == [(60, 0.0, 1.0), (60, 1.0, 2.0)]


BODY = START + barline(direction="forward") + build_note("C4", 2) + build_note("E4", 2, ON)


def test_both_endings_take_up_the_tie_that_leads_to_them(score_file):
    first = barline("1") + build_note("E4", 4, BACK) + barline("1", "stop", "backward")
    second = barline("2") + build_note("E4", 4, BACK) + barline("2", "stop")
    path = score_file([BODY, first, second])
    assert notes(path, unfold_repeats=True) == [
        (60, 0.0, 1.0),
        (64, 1.0, 4.0),
        (60, 4.0, 5.0),
        (64, 5.0, 8.0),
    ]
    # As written, the second ending follows the first, whose E has ended.
    assert notes(path) == [(60, 0.0, 1.0), (64, 1.0, 4.0), (64, 4.0, 6.0)]


def test_a_tie_left_open_in_an_ending_is_not_stopped_in_the_next(score_file):
    first = barline("1") + build_note("G4", 4, ON) + barline("1", "stop", "backward")
    second = barline("2") + build_note("D4", 2) + build_note("G4", 2, BACK) + barline("2", "stop")
    path = score_file([BODY.replace(ON, ""), first, second])
    expected = [(60, 0.0, 1.0), (64, 1.0, 2.0), (67, 2.0, 4.0), (62, 4.0, 5.0), (67, 5.0, 6.0)]
    assert notes(path) == expected
    assert notes(path, unfold_repeats=True) == [
        *expected[:3],
        *[(pitch, start + 4, end + 4) for pitch, start, end in expected[:2]],
        *[(pitch, start + 2, end + 2) for pitch, start, end in expected[3:]],
    ]


def test_a_tie_from_the_end_of_a_repeat_leads_back_to_its_beginning(score_file):
    body = START + barline(direction="forward") + build_note("C4", 4, BACK)
    last = build_note("D4", 2) + build_note("C4", 2, ON) + barline(direction="backward")
    path = score_file([body, last])
    assert notes(path, unfold_repeats=True) == [
        (60, 0.0, 2.0),
        (62, 2.0, 3.0),
        (60, 3.0, 6.0),
        (62, 6.0, 7.0),
        (60, 7.0, 8.0),
    ]


def test_a_silent_note_silences_what_is_tied_to_it(tmp_path):
    measure = START + build_note("C4", 2, ON) + build_note("C4", 1, BACK) + build_note("E4", 1)
    path = tmp_path / "score.musicxml"
    path.write_text(build_score([measure]).replace("<note>", '<note dynamics="0">', 1))
    assert notes(path) == [(64, 1.5, 2.0)]


def score_notes():
    return st.builds(
        ScoreNote,
        offset=st.integers(0, 15).map(float),
        duration=st.integers(1, 4).map(float),
        pitch=st.integers(60, 62),
        velocity=st.just(80),
        ties_back=st.booleans(),
        ties_on=st.booleans(),
        voice=st.sampled_from([("A", "1"), ("A", "2"), ("B", "1")]),
    )


@given(st.lists(st.lists(score_notes(), max_size=8), min_size=1, max_size=4))
def test_ties_only_take_away_attacks_and_never_sound(bars):
    def music():
        return [Measure(length=16.0, notes=list(bar)) for bar in bars]

    tied = lay_out(music(), range(len(bars))).notes
    for bar in bars:
        for note in bar:
            note.ties_back = note.ties_on = False
    struck = lay_out(music(), range(len(bars))).notes
    attacks = {(note.pitch, note.start_time) for note in struck}
    assert {(note.pitch, note.start_time) for note in tied} <= attacks
    for pitch in {note.pitch for note in struck}:
        # Whatever sounds without ties does with them.
        spans = [(note.start_time, note.end_time) for note in tied if note.pitch == pitch]
        for note in struck:
            if note.pitch == pitch:
                middle = (note.start_time + note.end_time) / 2
                assert any(start <= middle <= end for start, end in spans)
        # A key sounds once at a time.
        assert all(end <= start for (_, end), (start, _) in pairwise(spans))
