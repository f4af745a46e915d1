"""The MusicXML reader: each rule on a score of a few notes, real scores, bad files refused."""

import pytest

from perfrnn.errors import BadFileError
from perfrnn.sequences import musicxml_file
from perfrnn.sequences.musicxml import read_musicxml
from source_builders import build_mxl, build_note, build_score

# Two divisions are a quarter, half a second at the default tempo; so a division is 0.25 s.
START = (
    "<attributes><divisions>2</divisions><key><fifths>-3</fifths><mode>minor</mode></key>"
    "<time><beats>4</beats><beat-type>4</beat-type></time></attributes>"
)
SLASHED = '<grace slash="yes"/>'
TIE_ON, TIE_BACK = '<tie type="start"/>', '<tie type="stop"/>'


def sound(**attributes):
    inside = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    return f"<direction><sound {inside}/></direction>"


def dynamics(mark):
    return (
        f"<direction><direction-type><dynamics><{mark}/></dynamics></direction-type></direction>"
    )


def barline(direction="", ending="", kind="start", times=""):
    mark = f'<ending number="{ending}" type="{kind}"/>' if ending else ""
    extra = f' times="{times}"' if times else ""
    repeat = f'<repeat direction="{direction}"{extra}/>' if direction else ""
    return f"<barline>{mark}{repeat}</barline>"


def backup(duration):
    return f"<backup><duration>{duration}</duration></backup>"


def notes(sequence):
    return [
        (note.pitch, round(note.start_time, 6), round(note.end_time, 6)) for note in sequence.notes
    ]


def test_notes_chords_and_rests(score_file):
    sequence = read_musicxml(
        score_file(
            [
                START
                + build_note("C4", 2)
                + build_note("Eb4", 2, "<chord/>")
                + build_note("rest", 2)
                + build_note("F#5", 4)
            ]
        )
    )
    assert notes(sequence) == [(60, 0.0, 0.5), (63, 0.0, 0.5), (78, 1.0, 2.0)]
    assert {(n.instrument, n.program, n.is_drum) for n in sequence.notes} == {(0, 0, False)}
    assert sequence.total_time == 2.0
    (tempo,) = sequence.tempos
    assert (tempo.time, tempo.qpm) == (0.0, 120.0)
    (key,) = sequence.key_signatures
    assert (key.key, key.mode) == (0, key.MINOR)
    (meter,) = sequence.time_signatures
    assert (meter.numerator, meter.denominator) == (4, 4)


def test_voices_go_back_and_measures_follow_the_longest(score_file):
    first = START + build_note("C5", 6) + backup(6) + build_note("C3", 8)
    sequence = read_musicxml(score_file([first, build_note("D5", 8)]))
    assert notes(sequence) == [(48, 0.0, 2.0), (72, 0.0, 1.5), (74, 2.0, 4.0)]


def test_a_pickup_is_as_long_as_it_is(score_file):
    sequence = read_musicxml(score_file([START + build_note("C4", 2), build_note("D4", 8)]))
    assert notes(sequence) == [(60, 0.0, 0.5), (62, 0.5, 2.5)]


def test_rounded_tuplets_do_not_shift_the_next_measure(score_file):
    start = START.replace("<divisions>2<", "<divisions>100<")
    triplets = build_note("C4", 33) * 12  # 396 of 400 divisions
    sequence = read_musicxml(score_file([start + triplets, build_note("D4", 400)]))
    assert notes(sequence)[-1] == (62, 2.0, 4.0)


def test_an_empty_measure_lasts_as_long_as_its_time_signature_says(score_file):
    sequence = read_musicxml(score_file([START, build_note("D4", 8)]))
    assert notes(sequence) == [(62, 2.0, 4.0)]


def test_tied_notes_are_one_across_measures_and_voices(score_file):
    first = START + build_note("C4", 8, TIE_ON)
    second = build_note("C4", 8, TIE_BACK, TIE_ON)
    third = build_note("E4", 8) + backup(8) + build_note("C4", 2, TIE_BACK)
    sequence = read_musicxml(score_file([first, second, third]))
    assert notes(sequence) == [(60, 0.0, 4.5), (64, 4.0, 6.0)]


def test_a_tie_that_leads_nowhere_is_a_note(score_file):
    sequence = read_musicxml(score_file([START + build_note("C4", 2, TIE_BACK, TIE_ON)]))
    assert notes(sequence) == [(60, 0.0, 0.5)]


def test_a_key_sounds_once_at_a_time(score_file):
    unison = START + build_note("C4", 8) + backup(8) + build_note("C4", 2)
    assert notes(read_musicxml(score_file([unison]))) == [(60, 0.0, 2.0)]
    restruck = (
        START + build_note("C4", 8) + backup(8) + build_note("rest", 2) + build_note("C4", 2)
    )
    assert notes(read_musicxml(score_file([restruck]))) == [(60, 0.0, 0.5), (60, 0.5, 2.0)]


def test_an_appoggiatura_takes_half_of_its_note(score_file):
    measure = START + build_note("D4", 0, "<grace/>") + build_note("C4", 2) + build_note("E4", 2)
    sequence = read_musicxml(score_file([measure]))
    assert notes(sequence) == [(62, 0.0, 0.25), (60, 0.25, 0.5), (64, 0.5, 1.0)]


def test_slashed_grace_notes_come_before_the_beat(score_file):
    graces = build_note("D4", 0, SLASHED) + build_note("E4", 0, SLASHED)
    sequence = read_musicxml(
        score_file([START + build_note("A4", 2) + graces + build_note("C4", 2)])
    )
    # An eighth of a quarter each: 62.5 ms.
    assert notes(sequence) == [
        (69, 0.0, 0.5),
        (62, 0.375, 0.4375),
        (64, 0.4375, 0.5),
        (60, 0.5, 1.0),
    ]


def test_written_pitch_is_transposed_to_sounding_pitch(score_file):
    transpose = (
        "<attributes><transpose><chromatic>-2</chromatic>"
        "<octave-change>-1</octave-change></transpose></attributes>"
    )
    sequence = read_musicxml(score_file([START + transpose + build_note("C5", 8)]))
    assert notes(sequence) == [(58, 0.0, 2.0)]


@pytest.mark.parametrize(("name", "pitch"), [("B#3", 60), ("Cb4", 59), ("C4", 60)])
def test_accidentals_cross_the_octave(score_file, name, pitch):
    assert notes(read_musicxml(score_file([START + build_note(name, 8)])))[0][0] == pitch


def test_tempo_marks_hold_for_all_voices_and_from_any_part(score_file):
    part_list = (
        '<score-part id="V"><part-name>Voice</part-name></score-part>'
        '<score-part id="P"><part-name>Piano</part-name></score-part>'
    )
    voice = [
        START + sound(tempo=60) + build_note("rest", 4) + sound(tempo=240) + build_note("C5", 4)
    ]
    piano = [START + build_note("E4", 8) + backup(8) + build_note("C3", 4) + build_note("D3", 4)]
    sequence = read_musicxml(score_file({"V": voice, "P": piano}, part_list))
    assert notes(sequence) == [(48, 0.0, 2.0), (64, 0.0, 2.5), (50, 2.0, 2.5)]
    assert [(tempo.time, tempo.qpm) for tempo in sequence.tempos] == [(0.0, 60.0), (2.0, 240.0)]


def test_a_metronome_mark_is_a_tempo(score_file):
    mark = (
        "<direction><direction-type><metronome><beat-unit>quarter</beat-unit><beat-unit-dot/>"
        "<per-minute>c. 80</per-minute></metronome></direction-type></direction>"
    )
    sequence = read_musicxml(score_file([START + mark + build_note("C4", 8)]))
    assert [tempo.qpm for tempo in sequence.tempos] == [120.0]  # 80 dotted quarters
    assert notes(sequence) == [(60, 0.0, 2.0)]


def test_velocities_follow_dynamics_in_time_not_in_file_order(score_file):
    measure = (
        START
        + dynamics("p")
        + build_note("C5", 4)
        + dynamics("ff")
        + build_note("D5", 2)
        + dynamics("sfz")
        + build_note("E5", 2)
        + backup(8)
        + build_note("C3", 4)
        + build_note("D3", 4)
    )
    following = build_note("F5", 4) + sound(dynamics=50) + build_note("G5", 4)
    sequence = read_musicxml(score_file([measure, following]))
    velocities = {note.pitch: note.velocity for note in sequence.notes}
    # p is 49, ff 112, sfz 112, the percentage one of forte, 90.
    assert velocities == {72: 49, 74: 112, 76: 112, 48: 49, 50: 112, 77: 112, 79: 45}


def test_without_dynamics_it_is_mezzoforte(score_file):
    assert read_musicxml(score_file([START + build_note("C4", 8)])).notes[0].velocity == 80


FOUR = [START + build_note("C4", 8), build_note("D4", 8), build_note("E4", 8), build_note("F4", 8)]


def test_repeats_are_as_written_unless_unfolded(score_file):
    path = score_file([FOUR[0], FOUR[1] + barline("backward"), FOUR[2]])
    assert [pitch for pitch, _, _ in notes(read_musicxml(path))] == [60, 62, 64]
    unfolded = read_musicxml(path, unfold_repeats=True)
    assert [pitch for pitch, _, _ in notes(unfolded)] == [60, 62, 60, 62, 64]
    assert unfolded.total_time == 10.0


def test_a_repeat_goes_back_to_the_tempo_of_its_beginning(score_file):
    slow = sound(tempo=60) + FOUR[1] + barline("backward")
    unfolded = read_musicxml(score_file([FOUR[0], slow]), unfold_repeats=True)
    assert notes(unfolded) == [(60, 0.0, 2.0), (62, 2.0, 6.0), (60, 6.0, 8.0), (62, 8.0, 12.0)]


def part(number, name="", staves=1, program=1, instrument=""):
    listed = (
        f'<score-part id="{number}"><part-name>{name}</part-name>'
        f"<score-instrument><instrument-name>{instrument}</instrument-name></score-instrument>"
        f"<midi-instrument><midi-program>{program}</midi-program></midi-instrument></score-part>"
    )
    return listed, START + f"<attributes><staves>{staves}</staves></attributes>"


@pytest.mark.parametrize(
    ("first", "second", "pitches"),
    [
        (part("A", "Singstimme"), part("B", "Pianoforte"), [64]),
        (part("A", "Voice", instrument="Piano"), part("B", "Klavier"), [64]),
        (part("A", "Solo"), part("B", "Begleitung", instrument="Grand Piano"), [64]),
        (part("A", "Harp", 2, program=47), part("B", "", 2), [64]),
        (part("A", ""), part("B", "", 2, program=20), [64]),
        (part("A", "Violin"), part("B", "Cello"), [60, 64]),
        (part("A", "Piano I"), part("B", "Piano II"), [60, 64]),
    ],
)
def test_the_piano_part_is_found(score_file, first, second, pitches):
    measures = {"A": [first[1] + build_note("C4", 8)], "B": [second[1] + build_note("E4", 8)]}
    sequence = read_musicxml(score_file(measures, first[0] + second[0]))
    assert [note.pitch for note in sequence.notes] == pitches


def test_parts_keep_together_where_one_does_not_add_up(score_file):
    part_list = "".join(f'<score-part id="{number}"/>' for number in "ABC")
    sound = [START + build_note("C4", 8), build_note("E4", 8)]
    long_rest = [START + build_note("rest", 16), build_note("G4", 8)]
    short = [START + build_note("A4", 6), build_note("B4", 8)]
    sequence = read_musicxml(score_file({"A": sound, "B": long_rest, "C": short}, part_list))
    assert [(pitch, start) for pitch, start, _ in notes(sequence)] == [
        (60, 0.0),
        (69, 0.0),
        (64, 2.0),
        (67, 2.0),
        (71, 2.0),
    ]


def test_timewise_and_compressed_scores(tmp_path):
    measure = START + build_note("C4", 8)
    timewise = (
        '<score-timewise><part-list><score-part id="P1"/></part-list>'
        f'<measure number="1"><part id="P1">{measure}</part></measure></score-timewise>'
    )
    path = tmp_path / "score.xml"
    path.write_text(timewise)
    expected = notes(read_musicxml(path))
    assert expected == [(60, 0.0, 2.0)]
    path = tmp_path / "score.mxl"
    path.write_bytes(build_mxl(build_score([measure])))
    assert notes(read_musicxml(path)) == expected
    path.write_bytes(build_score([measure]).replace("UTF-8", "UTF-16").encode("utf-16"))
    assert notes(read_musicxml(path)) == expected


LAUGHS = '<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">'
ENTITIES = f"<!DOCTYPE score-partwise [{LAUGHS}]><score-partwise>&b;</score-partwise>"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"MThd\0\0\0\6", "not XML"),
        (b"<html/>", "not MusicXML: its root element is 'html'"),
        (build_score([START + build_note("C4", 8)]).encode()[:-20], "not XML"),
        (build_score([START]).encode(), "no note"),
        (ENTITIES.encode(), "entities"),
        (ENTITIES.encode("utf-16"), "entities"),
        (build_score([START + build_note("C4", "x")]).encode(), "damaged"),
        (
            build_score([START + build_note("H4", 8)]).encode(),
            "no note that can be played: a note of pitch .H 0 4.",
        ),
        (build_score([START + build_note("C9", 8)]).replace(">9<", ">10<").encode(), "pitch 132"),
        (build_score([START + build_note("C4", "9e99")]).encode(), "damaged"),
        (build_mxl("<score-partwise/>")[:-30], "damaged archive"),
        (build_mxl("<score-partwise/>").replace(b"META", b"NADA"), "holds no META-INF"),
        (build_mxl("<score-partwise/>").replace(b"score.xml", b"other.xml"), "holds no score.xml"),
        (build_mxl(b" " * (musicxml_file.MAX_BYTES + 1)), "larger than 16 MiB"),
    ],
)
def test_a_bad_file_is_refused_with_its_reason(tmp_path, content, reason):
    path = tmp_path / "bad.musicxml"
    path.write_bytes(content)
    with pytest.raises(BadFileError, match=reason):
        read_musicxml(path)


def test_the_piano_of_real_songs_is_read(shared_data):
    scores = sorted((shared_data / "musescore").glob("*.mxl"))
    assert len(scores) == 40
    for score in scores[::8]:
        written = read_musicxml(score)
        unfolded = read_musicxml(score, unfold_repeats=True)
        assert 100 < len(written.notes) <= len(unfolded.notes), score
        assert {note.program for note in written.notes} == {0}


MUSESCORE = (
    "<identification><encoding><software>MuseScore 2.3.0</software></encoding></identification>"
)


@pytest.mark.parametrize(
    ("first", "second", "third", "seconds"),
    [
        # A staff's first voice has the full length; what lies beyond it is an error.
        (8, 8, 13, 2.0),
        (8, 9, 9, 2.0),
        # Both first voices go beyond: the measure does, as far as the longer one.
        (9, 9, 13, 2.25),
        (9, 10, 13, 2.5),
        (7, 6, 8, 1.75),
    ],
)
def test_in_musescores_files_first_voices_tell_how_long_a_measure_is(
    tmp_path, first, second, third, seconds
):
    voices = [(first, 1), (third, 3), (second, 5)]
    measure = START + "".join(
        build_note("C4", duration, f"<voice>{voice}</voice>") + backup(duration)
        for duration, voice in voices
    )
    score = build_score([measure, build_note("D4", 8)])
    path = tmp_path / "score.musicxml"
    path.write_text(score.replace("<part-list>", MUSESCORE + "<part-list>"))
    assert read_musicxml(path).notes[-1].start_time == seconds
    # Others' measures are as long as their longest voice.
    path.write_text(score)
    assert read_musicxml(path).notes[-1].start_time == max(first, second, third) / 4
