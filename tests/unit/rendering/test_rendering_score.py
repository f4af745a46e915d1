"""Whole scores: what comes out holds what went in, and every program reads it."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import verovio
from hypothesis import given, settings
from hypothesis import strategies as st

from midi_events import off, on
from perfrnn.errors import PerfRNNError
from perfrnn.notes import Notes
from perfrnn.rendering.musicxml_writer import to_musicxml
from perfrnn.rendering.notation import Clef, Metre
from perfrnn.rendering.score import make_score, write_score
from perfrnn.rendering.spelling import NATURAL
from source_builders import build_midi


def performance(*rows):
    """Return notes given as start and end in seconds and pitch."""
    table = np.array(sorted(rows), float).reshape(-1, 3)
    pitch = table[:, 2].astype(int)
    return Notes(
        table[:, 0], table[:, 1], pitch, np.full(len(pitch), 64), table[:, 1].max(initial=0)
    )


def waltz(bars=8):
    """Return a waltz in G major at 120 quarters a minute: bass, two chords, tune in eighths."""
    rows = []
    roots = [43, 43, 48, 43, 50, 50, 43, 43]
    tunes = [(71, 72, 74, 76, 79, 78), (78, 76, 79, 78, 74, 72), (72, 74, 76, 74, 79, 76)]
    for bar in range(bars):
        start, root = 1.5 * bar, roots[bar % 8]
        rows.append((start, start + 0.5, root))
        for beat in (1, 2):
            rows += [(start + beat / 2, start + beat / 2 + 0.4, root + step) for step in (12, 16)]
        for eighth, pitch in enumerate(tunes[bar % 3]):
            rows.append((start + eighth / 4, start + eighth / 4 + 0.25, pitch))
    return performance(*rows)


def written(score):
    """Return measure, onset and MIDI pitch of each note, ties joined, staff by staff."""
    return [
        {
            (measure, event.onset, _midi(head.pitch))
            for voice in staff.voices
            for measure, events in enumerate(voice)
            for event in events
            for head in event.heads
            if not head.tied_from
        }
        for staff in score.staves
    ]


def _midi(pitch):
    return NATURAL[pitch.step] + pitch.alter + 12 * (pitch.octave + 1)


def test_a_waltz_comes_out_as_it_was_played():
    score = make_score(waltz(), "Waltz")
    assert score.metre == Metre(3, 4)
    assert (score.fifths, score.mode) == (1, "major")
    assert score.tempo == 120
    assert score.measures == 8
    assert [staff.clefs[0] for staff in score.staves] == [Clef.TREBLE, Clef.BASS]
    right, left = written(score)
    assert {(place, pitch) for bar, place, pitch in right if bar == 0} == {
        (0, 71),
        (12, 72),
        (24, 74),
        (36, 76),
        (48, 79),
        (60, 78),
    }
    assert {(place, pitch) for bar, place, pitch in left if bar == 0} == {
        (0, 43),
        (24, 55),
        (24, 59),
        (48, 55),
        (48, 59),
    }


def test_rests_of_an_inner_voice_are_hidden_unless_they_complete_a_triplet():
    rows = []
    for bar in range(8):
        start, root = 2.0 * bar, [0, 5, 7, 0][bar % 4]
        rows.append((start, start + 1.0, 36 + root))
        for eighth in range(1, 8):
            onset = start + eighth / 4
            rows.append((onset, onset + 0.25, (48, 52, 55, 52)[eighth % 4] + root))
        rows += [(start, start + 1, 79 + root), (start + 1, start + 2, 84 + root)]
        for third in (1, 2):
            onset = start + 1 + third / 6
            rows.append((onset, onset + 1 / 6, 69 + root + third))
    score = make_score(performance(*rows), "Triplets")
    assert score.metre == Metre(4, 4)
    for measure in score.staves[0].voices[1]:
        rests = {event.onset: event.is_hidden for event in measure if not event.heads}
        assert rests == {0: True, 48: False, 72: True}
        assert [event.onset for event in measure if event.heads] == [56, 64]


def with_upbeat(notes):
    """Return notes after an upbeat of an eighth rest and an eighth."""
    return Notes(
        np.append(0.0, notes.start + 0.25),
        np.append(0.25, notes.end + 0.25),
        np.append(74, notes.pitch),
        np.append(64, notes.velocity),
        notes.total_time + 0.25,
    )


def test_an_upbeat_is_a_short_measure_without_a_number():
    score = make_score(with_upbeat(waltz()), "Waltz")
    assert score.metre == Metre(3, 4)
    assert score.upbeat == 48
    right, left = written(score)
    assert {note for note in right | left if note[0] == 0} == {(0, 60, 74)}
    assert {(bar, pitch) for bar, place, pitch in left if place == 0} >= {(1, 43), (3, 48)}
    first, second, *_ = ET.fromstring(to_musicxml(score)).findall("part/measure")
    assert (first.get("number"), first.get("implicit")) == ("0", "yes")
    assert (second.get("number"), second.get("implicit")) == ("1", None)
    notes = [(n.findtext("staff"), int(n.findtext("duration"))) for n in first.findall("note")]
    assert notes == [("1", 12), ("1", 12), ("2", 24)]
    assert [int(back.findtext("duration")) for back in first.findall("backup")] == [24]


def test_a_pedal_held_all_through_makes_no_ties():
    notes = waltz()
    pedalled = Notes(notes.start, notes.start + 4.0, notes.pitch, notes.velocity, 20.0)
    score = make_score(pedalled, "Waltz")
    heads = [
        head
        for staff in score.staves
        for voice in staff.voices
        for events in voice
        for event in events
        for head in event.heads
    ]
    assert sum(head.tied_to for head in heads) <= 2
    assert len(heads) <= len(notes) + 2


def test_silence_is_a_measure_of_rests():
    score = make_score(performance(), "Silence")
    assert score.measures == 1
    assert written(score) == [set(), set()]
    root = ET.fromstring(to_musicxml(score))
    assert len(root.findall(".//rest")) == 2


@pytest.mark.parametrize(
    "rows",
    [
        [(0.0, 1.0, 60)],
        [(0.0, 1.0, pitch) for pitch in range(128)],
        [(0.25 * step, 0.25 * step + 0.2, step % 12) for step in range(40)],
        [(0.25 * step, 0.25 * step + 0.2, 116 + step % 12) for step in range(40)],
        [(1.0, 1.5, 60)] * 5,
        [(0.01 * step, 0.01 * step + 0.01, 60 + step % 12) for step in range(500)],
        [(0.0, 600.0, 40), *((0.5 * step, 0.5 * step + 0.4, 72) for step in range(1200))],
        [(0.0, 0.5, 60), (0.5, 1.0, 62), (300.0, 301.0, 64)],
        [(0.0, 1.0, 0), (0.0, 1.0, 1), (0.0, 1.0, 93)],
    ],
    ids=["one", "all", "lowest", "highest", "same", "swarm", "held", "gap", "sharp"],
)
def test_odd_music_is_written_whole(rows):
    score = make_score(performance(*rows), "Odd")
    pitches = {pitch for staff in written(score) for _, _, pitch in staff}
    assert pitches == {pitch if pitch >= 12 else pitch + 12 for _, _, pitch in rows}
    verovio.enableLog(verovio.LOG_OFF)
    assert verovio.toolkit().loadData(to_musicxml(score).decode())


def test_noise_is_a_score_of_few_measures():
    # Of 15 random notes a second no metre can be heard, but it must stay a page or a few.
    random = np.random.default_rng(0)
    start, pitch = random.uniform(0, 60, 900), random.integers(21, 109, 900)
    rows = zip(start, start + random.exponential(0.5, 900) + 0.02, pitch, strict=True)
    assert make_score(performance(*rows), "Noise").measures <= 60


notes_of_any_kind = st.lists(
    st.tuples(st.floats(0, 20), st.floats(0.01, 5), st.integers(0, 127)), max_size=60
)


@settings(max_examples=40, deadline=None)
@given(notes_of_any_kind)
def test_any_notes_give_whole_measures_that_verovio_reads(rows):
    notes = performance(*((start, start + length, pitch) for start, length, pitch in rows))
    score = make_score(notes, "Any")
    size = score.metre.measure_ticks
    for staff in score.staves:
        assert len(staff.clefs) == len(staff.spans) == score.measures
        for voice in staff.voices:
            for measure, events in enumerate(voice):
                begin = 0 if measure else score.upbeat
                ends = begin + np.cumsum([event.duration for event in events])
                assert [event.onset for event in events] == [begin, *ends[:-1]]
                assert ends[-1] == size
    pitches = {pitch for staff in written(score) for _, _, pitch in staff}
    assert pitches == {pitch if pitch >= 12 else pitch + 12 for pitch in notes.pitch.tolist()}
    verovio.enableLog(verovio.LOG_OFF)
    assert verovio.toolkit().loadData(to_musicxml(score).decode())


def save(notes, path):
    rows = zip(notes.start, notes.end, notes.pitch.tolist(), strict=True)
    events = [
        (round(1000 * time), event)
        for start, end, pitch in rows
        for time, event in ((start, on(pitch)), (end, off(pitch)))
    ]
    # An end comes before a beginning of its tick, and a tick is a millisecond.
    path.write_bytes(build_midi(sorted(events), division=500))


@pytest.fixture
def files(tmp_path):
    midi = tmp_path / "waltz.mid"
    save(waltz(), midi)
    return [midi, *(tmp_path / f"waltz.{kind}" for kind in ("musicxml", "svg", "pdf"))]


def test_files_are_written_and_the_same_each_time(files, tmp_path):
    write_score(*files, title="Waltz <1> & more", composer="A model")
    first = [path.read_bytes() for path in files[1:]]
    write_score(*files, title="Waltz <1> & more", composer="A model")
    assert [path.read_bytes() for path in files[1:]] == first
    assert first[2].startswith(b"%PDF-")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in files)


def test_music21_reads_what_was_played(files):
    converter = pytest.importorskip("music21").converter
    write_score(*files, title="Waltz")
    score = converter.parse(files[1])
    assert len(score.parts) == 2
    sounding = [
        (float(note.getOffsetInHierarchy(part)), pitch.midi)
        for part in score.parts
        for note in part.recurse().notes
        for pitch in note.pitches
    ]
    played = zip((waltz().start * 2).tolist(), waltz().pitch.tolist(), strict=True)
    assert sorted(sounding) == sorted(played)


def test_music21_counts_from_the_upbeat(files):
    converter = pytest.importorskip("music21").converter
    save(with_upbeat(waltz()), files[0])
    write_score(*files, title="Waltz")
    for part in converter.parse(files[1]).parts:
        measures = part.getElementsByClass("Measure")
        assert [measure.number for measure in measures] == list(range(9))
        assert [float(measure.offset) for measure in measures] == [0, *range(1, 24, 3)]


def test_the_picture_is_one_page_that_a_browser_can_shrink(files):
    write_score(*files, title="Waltz")
    root = ET.parse(files[2]).getroot()
    width, height = int(root.get("width")), int(root.get("height"))
    assert root.get("viewBox") == f"0 0 {width} {height}"
    text = files[2].read_text(encoding="utf-8")
    assert len(re.findall(r'class="measure"', text)) == 8
    assert "♩" in text
    assert "Waltz" in text


@pytest.mark.parametrize(
    ("name", "struck"),
    [
        ("m03-tempo-in-second-track", [60, 62, 64, 65, 67, 69, 71, 72]),
        ("m06a-key-18-flats", [60, 62, 64, 65]),
        ("m09b-vendor-chunk-after-header", [60, 62, 64, 65]),
        ("m11-running-status-after-sysex", [60, 62]),
        ("m12-zero-length-note", [72, 74]),
        ("m13-overlapping-same-pitch", [60, 60]),
        ("m14-events-after-end-of-track", [60, 62, 64, 65]),
        ("m16-pedal-in-its-own-track", [60, 62]),
    ],
)
def test_cases_of_public_bug_reports_are_written_note_for_note(files, name, struck):
    write_score(Path(__file__).parents[2] / "data" / "midi" / f"{name}.mid", *files[1:], title="A")
    heads = [
        NATURAL[note.findtext("pitch/step")]
        + int(note.findtext("pitch/alter", "0"))
        + 12 * (int(note.findtext("pitch/octave")) + 1)
        for note in ET.parse(files[1]).iter("note")
        if note.find("pitch") is not None and note.find("tie[@type='stop']") is None
    ]
    assert sorted(heads) == struck


def test_a_file_that_is_no_midi_is_refused(files):
    files[0].write_text("not MIDI")
    with pytest.raises(PerfRNNError, match=r"waltz\.mid"):
        write_score(*files, title="Waltz")
    assert not any(path.exists() for path in files[1:])


def test_a_performance_of_many_hours_is_refused(files):
    save(performance((0.0, 1.0, 60), (8000.0, 8001.0, 60)), files[0])
    with pytest.raises(PerfRNNError, match=r"lasts 2\.2 hours, longer than the 2"):
        write_score(*files, title="Waltz")
