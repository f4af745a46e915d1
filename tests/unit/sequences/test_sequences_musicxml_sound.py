"""Sound that MusicXML states, and odd values that must not cost a score."""

import logging

import pytest

from perfrnn.corpus.manifest import Source
from perfrnn.sequences.convert import convert_shard
from perfrnn.sequences.musicxml import read_musicxml
from source_builders import build_note, build_score

# A division is a quarter, half a second.
TIME = "<time><beats>4</beats><beat-type>4</beat-type></time>"
START = f"<attributes><divisions>1</divisions>{TIME}</attributes>"
FOUR = "".join(build_note(name, 1) for name in ("C4", "D4", "E4", "F4"))
STARTS = [0.0, 0.5, 1.0, 1.5]


def direction(inside="", *, offset="", sound=""):
    kind = f"<direction-type>{inside}</direction-type>" if inside else ""
    return f"<direction>{kind}{offset}{sound}</direction>"


def metronome(*inside):
    return direction(f"<metronome>{''.join(inside)}</metronome>")


def unit(name, dots=0):
    return f"<beat-unit>{name}</beat-unit>" + "<beat-unit-dot/>" * dots


def per_minute(value):
    return f"<per-minute>{value}</per-minute>"


def modulation_note(name, *inside):
    kind = f"<metronome-type>{name}</metronome-type>"
    return f"<metronome-note>{kind}{''.join(inside)}</metronome-note>"


def starts(sequence):
    return [round(note.start_time, 4) for note in sequence.notes]


def tempos(sequence):
    return [(round(tempo.time, 4), round(tempo.qpm, 4)) for tempo in sequence.tempos]


DOT = "<metronome-dot/>"
EQUALS = "<metronome-relation>equals</metronome-relation>"
TRIPLET = (
    "<metronome-tuplet><actual-notes>3</actual-notes><normal-notes>2</normal-notes>"
    "</metronome-tuplet>"
)


@pytest.mark.parametrize(
    ("mark", "qpm"),
    [
        # From 60 quarters a minute: what stands right lasts as long as what stood left.
        (metronome(unit("quarter"), unit("half")), 120.0),
        (metronome(unit("quarter", 1), unit("quarter")), 40.0),
        (metronome(unit("half", 2), unit("half")), 34.2857),
        (metronome(unit("eighth"), unit("eighth")), 60.0),
        (metronome(modulation_note("quarter"), EQUALS, modulation_note("half")), 120.0),
        (metronome(modulation_note("quarter", DOT), EQUALS, modulation_note("half")), 80.0),
        (
            metronome(
                unit("quarter"), "<beat-unit-tied><beat-unit>16th</beat-unit></beat-unit-tied>",
                unit("quarter"),
            ),
            48.0,
        ),
        # Swing: two eighths are a quarter and an eighth of a triplet.
        (
            metronome(
                modulation_note("eighth") * 2, EQUALS,
                modulation_note("quarter", TRIPLET), modulation_note("eighth", TRIPLET),
            ),
            60.0,
        ),
        (metronome(unit("32nd"), per_minute(800)), 100.0),
        (metronome(unit("quarter"), per_minute("94,5")), 94.5),
        (metronome(unit("quarter"), per_minute("ca. 90-100")), 90.0),
    ],
)  # fmt: skip
def test_metronome_marks_and_modulations(score_file, mark, qpm):
    slow = direction(sound='<sound tempo="60"/>')
    sequence = read_musicxml(score_file([START + slow + FOUR, mark + FOUR]))
    assert sequence.tempos[-1].qpm == pytest.approx(qpm, abs=1e-4)
    # The second of the new measure's notes is a quarter after the first.
    assert starts(sequence)[:5] == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert starts(sequence)[5] == pytest.approx(4 + 60 / qpm, abs=1e-4)


def test_a_tempo_in_numbers_goes_before_a_modulation_in_notes(score_file):
    mark = metronome(unit("quarter"), unit("half"))
    mark = mark.replace("</direction>", '<sound tempo="90"/></direction>')
    assert tempos(read_musicxml(score_file([START + mark + FOUR]))) == [(0.0, 90.0)]


def test_parts_that_state_one_modulation_modulate_once(score_file):
    mark = metronome(unit("quarter"), unit("half"))
    listed = "".join(
        f'<score-part id="{one}"><part-name>Piano</part-name></score-part>' for one in "AB"
    )
    measures = [START + FOUR, mark + FOUR]
    sequence = read_musicxml(score_file({"A": measures, "B": measures}, listed))
    assert tempos(sequence) == [(0.0, 120.0), (2.0, 240.0)]


@pytest.mark.parametrize(
    ("offset", "inner", "change"),
    [
        ('<offset sound="yes">1</offset>', "", 0.5),
        ("<offset>1</offset>", "", 0.0),
        ('<offset sound="no">1</offset>', "", 0.0),
        ("", "<offset>2</offset>", 1.0),
        ('<offset sound="yes">1</offset>', "<offset>3</offset>", 1.5),
        ('<offset sound="yes">5</offset>', "", 2.5),  # in the next measure
        ('<offset sound="yes">x</offset>', "", 0.0),
    ],
)
def test_an_offset_of_sound_moves_it_and_one_of_print_does_not(score_file, offset, inner, change):
    mark = direction(
        "<words>slower</words>", offset=offset, sound=f'<sound tempo="60">{inner}</sound>'
    )
    sequence = read_musicxml(score_file([START + mark + FOUR, FOUR]))
    expected = [(0.0, 120.0), (change, 60.0)] if change else [(0.0, 60.0)]
    assert tempos(sequence) == expected


def test_an_offset_may_lead_back_into_the_measure_before(score_file):
    mark = direction(offset='<offset sound="yes">-1</offset>', sound='<sound tempo="60"/>')
    mark += direction("<dynamics><f/></dynamics>", offset='<offset sound="yes">-1</offset>')
    sequence = read_musicxml(score_file([START + FOUR, mark + FOUR]))
    assert tempos(sequence) == [(0.0, 120.0), (1.5, 60.0)]
    assert [note.velocity for note in sequence.notes] == [80, 80, 80, 96, 96, 96, 96, 96]


def velocities(score_file, *inside):
    return [note.velocity for note in read_musicxml(score_file([START + "".join(inside)])).notes]


def test_dynamics_in_notations_hold_from_their_note_on(score_file):
    def marked(name, mark):
        return build_note(name, 1, f"<notations><dynamics>{mark}</dynamics></notations>")

    assert velocities(
        score_file,
        build_note("C4", 1),
        marked("D4", "<pp/>"),
        marked("E4", "<sfz/>"),
        build_note("F4", 1),
    ) == [80, 33, 112, 33]
    assert velocities(
        score_file, marked("C4", "<other-dynamics>ff possibile</other-dynamics>")
    ) == [112]
    assert velocities(score_file, marked("rest", "<f/>"), build_note("C4", 1)) == [96]
    assert velocities(score_file, marked("C4", "<fp/>"), build_note("D4", 1)) == [96, 49]


def test_a_dynamics_of_nothing_is_silence(score_file):
    silent = direction(sound='<sound dynamics="0"/>')
    loud = direction(sound='<sound dynamics="100"/>')
    path = score_file([START + silent + FOUR, loud + FOUR])
    assert starts(read_musicxml(path)) == [2.0, 2.5, 3.0, 3.5]


CUE = "<cue/>"


def cued(attributes=""):
    return FOUR.replace("<note>", f"<note{attributes}>{CUE}", 1)


def test_printed_cue_notes_are_silent_and_hidden_ones_sound(score_file):
    assert starts(read_musicxml(score_file([START + cued()]))) == STARTS[1:]
    hidden = cued(' print-object="no"')
    assert starts(read_musicxml(score_file([START + hidden]))) == STARTS
    small = FOUR.replace("</duration>", '</duration><type size="cue">quarter</type>')
    assert starts(read_musicxml(score_file([START + small]))) == STARTS


def test_musescore_plays_what_it_writes_as_cue_notes(tmp_path):
    software = (
        "<identification><encoding><software>MuseScore 2.3.2</software></encoding>"
        "</identification><part-list>"
    )
    path = tmp_path / "score.musicxml"
    path.write_text(build_score([START + cued()]).replace("<part-list>", software))
    assert starts(read_musicxml(path)) == STARTS


def attributes(inside):
    return f"<attributes>{inside}</attributes>"


ODD = {
    "key": (attributes("<key><fifths>18</fifths></key>"), "a key of '18' fifths left out"),
    "key's text": (attributes("<key><fifths>C</fifths></key>"), "a key of 'C' fifths left out"),
    "transposition": (
        attributes("<transpose><chromatic>up</chromatic></transpose>"),
        "a transposition (chromatic) of 'up' left out",
    ),
    "octaves": (
        attributes("<transpose><octave-change>9</octave-change></transpose>"),
        "a transposition (octave-change) of '9' left out",
    ),
    "beats": (
        attributes("<time><beats>many</beats><beat-type>4</beat-type></time>"),
        "a time signature of 'many/4' left out",
    ),
    "beat type": (
        attributes("<time><beats>4</beats><beat-type>0</beat-type></time>"),
        "a time signature of '4/0' left out",
    ),
    "giant beats": (
        attributes("<time><beats>99999999999</beats><beat-type>4</beat-type></time>"),
        "a time signature of '99999999999/4' left out",
    ),
    "tempo": (direction(sound='<sound tempo="fast"/>'), "a tempo of 'fast' left out"),
    "fast tempo": (direction(sound='<sound tempo="99999"/>'), "a tempo of 99999 left out"),
    "dynamics": (direction(sound='<sound dynamics="loud"/>'), "dynamics of 'loud' left out"),
    "negative dynamics": (direction(sound='<sound dynamics="-9"/>'), "dynamics of '-9' left out"),
    "repeat": (
        '<barline><repeat direction="backward" times="often"/></barline>',
        "repeat times of 'often' left out",
    ),
    "staves": (attributes("<staves>two</staves>"), ""),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_value_is_left_out_and_told(score_file, name, caplog):
    odd, remark = ODD[name]
    path = score_file([START + odd + FOUR])
    with caplog.at_level(logging.WARNING):
        sequence = read_musicxml(path)
    assert [(note.pitch, note.start_time) for note in sequence.notes] == [
        (60, 0.0),
        (62, 0.5),
        (64, 1.0),
        (65, 1.5),
    ]
    assert not sequence.key_signatures
    assert caplog.messages == ([f"{path}: {remark}"] if remark else [])


@pytest.mark.parametrize(
    "pitch",
    [
        "<step>H</step><octave>4</octave>",
        "<step>C</step><octave>four</octave>",
        "<step>C</step><octave>-3</octave>",
        "<step>C</step><alter>x</alter><octave>4</octave>",
    ],
)
def test_a_note_without_a_pitch_leaves_its_time(score_file, pitch):
    odd = f"<note><pitch>{pitch}</pitch><duration>1</duration></note>"
    sequence = read_musicxml(score_file([START + odd + build_note("D4", 1)]))
    assert [(note.pitch, note.start_time) for note in sequence.notes] == [(62, 0.5)]


@pytest.mark.parametrize(
    ("time", "meter", "seconds"),
    [
        # The empty measure lasts as long as the signature says.
        (
            "<beats>3</beats><beat-type>8</beat-type><beats>2</beats><beat-type>4</beat-type>",
            (7, 8),
            1.75,
        ),
        ("<beats>3+2</beats><beat-type>8</beat-type>", (5, 8), 1.25),
        ("<beats>3+2.5</beats><beat-type>8</beat-type>", (11, 16), 1.375),
        ("<beats>3 + 2</beats><beat-type>4</beat-type>", (5, 4), 2.5),
        (
            "<beats>3</beats><beat-type>4</beat-type>"
            "<interchangeable><beats>6</beats><beat-type>8</beat-type></interchangeable>",
            (3, 4),
            1.5,
        ),
    ],
)
def test_composite_metres_count_whole(score_file, time, meter, seconds):
    start = f"<attributes><divisions>1</divisions><time>{time}</time></attributes>"
    sequence = read_musicxml(score_file([start, build_note("C4", 4)]))
    (found,) = sequence.time_signatures
    assert (found.numerator, found.denominator) == meter
    assert sequence.notes[0].start_time == seconds


def test_conversion_tells_what_it_left_out(tmp_path, capfd):
    path = tmp_path / "score.musicxml"
    path.write_text(build_score([START + ODD["key"][0] + FOUR]))
    source = Source(
        id="one", role="score", format="musicxml", composer="", title="", piece="", path=str(path)
    )
    convert_shard([source], tmp_path / "shard.tfrecord.gz", tmp_path / "quarantine.tsv")
    assert f"{path}: a key of '18' fifths left out" in capfd.readouterr().err
