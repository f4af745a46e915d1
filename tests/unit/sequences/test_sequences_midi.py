"""The MIDI reader: pretty_midi's rules case by case, note_seq as the oracle, bad files refused."""

import random
import zipfile

import note_seq
import pytest
from hypothesis import given, settings

from midi_events import midi_files, off, on, pedal, tempo
from perfrnn.errors import BadFileError
from perfrnn.sequences.midi import read_midi
from source_builders import build_midi


def notes(sequence):
    return [(n.pitch, n.start_time, n.end_time) for n in sequence.notes]


def test_a_note_has_pitch_velocity_and_times(midi_file):
    # 480 ticks are a quarter, half a second at the default of 120.
    sequence = read_midi(midi_file([(480, on(60, 77)), (1440, off(60))]))
    (note,) = sequence.notes
    assert (note.pitch, note.velocity, note.start_time, note.end_time) == (60, 77, 0.5, 1.5)
    assert (note.instrument, note.program, note.is_drum) == (0, 0, False)
    assert sequence.total_time == 1.5
    assert sequence.ticks_per_quarter == 480


def test_a_note_off_ends_all_notes_of_its_pitch(midi_file):
    sequence = read_midi(midi_file([(0, on(60)), (480, on(60)), (960, off(60)), (1440, off(60))]))
    assert notes(sequence) == [(60, 0.0, 1.0), (60, 0.5, 1.0)]


def test_a_note_off_spares_a_note_that_begins_at_its_tick(midi_file):
    events = [(0, on(60)), (480, on(60)), (480, off(60)), (960, off(60))]
    assert notes(read_midi(midi_file(events))) == [(60, 0.0, 0.5), (60, 0.5, 1.0)]


def test_notes_of_no_length_and_without_an_end_are_dropped(midi_file):
    events = [(0, on(60)), (0, off(60)), (0, on(62)), (480, off(62)), (480, on(64))]
    assert notes(read_midi(midi_file(events))) == [(62, 0.0, 0.5)]


def test_velocity_zero_and_running_status_end_notes(midi_file):
    track = [(0, on(60)), (480, bytes([60, 0]))]
    assert notes(read_midi(midi_file(track))) == [(60, 0.0, 0.5)]


def test_tempo_changes_of_the_first_track_count(midi_file):
    first = [(0, tempo(1_000_000)), (480, tempo(250_000))]
    second = [(0, tempo(100_000)), (0, on(60)), (960, off(60))]
    sequence = read_midi(midi_file(first, second))
    assert notes(sequence) == [(60, 0.0, 1.25)]
    assert [(t.time, t.qpm) for t in sequence.tempos] == [(0.0, 60.0), (1.0, 240.0)]


def test_signatures(midi_file):
    meter = b"\xff\x58\x04\x06\x03\x18\x08"  # 6/8
    key = b"\xff\x59\x02\xfd\x01"  # three flats, minor
    nonsense = b"\xff\x59\x02\x40\x07"
    sequence = read_midi(midi_file([(0, meter), (0, key), (0, nonsense), (0, on(1)), (1, off(1))]))
    (signature,) = sequence.time_signatures
    assert (signature.numerator, signature.denominator) == (6, 8)
    (signature,) = sequence.key_signatures
    assert (signature.key, signature.mode) == (0, signature.MINOR)  # C minor


def test_an_instrument_per_track_channel_and_program(midi_file):
    first = [(0, on(60)), (1, off(60)), (2, b"\xc0\x05"), (3, on(62)), (4, off(62))]
    second = [(0, on(64, channel=9)), (1, off(64, channel=9))]
    sequence = read_midi(midi_file(first, second))
    found = [(n.pitch, n.instrument, n.program, n.is_drum) for n in sequence.notes]
    assert found == [(60, 0, 0, False), (62, 1, 5, False), (64, 2, 0, True)]


def test_control_changes_before_the_first_note_are_kept(midi_file):
    pedal = [(0, b"\xb0\x40\x7f"), (0, on(60)), (480, off(60)), (960, b"\xb0\x40\x00")]
    sequence = read_midi(midi_file(pedal))
    found = [(c.time, c.control_number, c.control_value) for c in sequence.control_changes]
    assert found == [(0.0, 64, 127), (1.0, 64, 0)]


@given(content=midi_files())
@settings(deadline=None, max_examples=200)
@pytest.mark.filterwarnings("ignore:Tempo, Key or Time signature:RuntimeWarning")  # pretty_midi
def test_any_file_reads_as_note_seq_reads_it(content, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "any.mid"
    path.write_bytes(content)
    expected = note_seq.midi_file_to_note_sequence(str(path))
    if not expected.notes:
        with pytest.raises(BadFileError, match="no note"):
            read_midi(path)
    else:
        assert read_midi(path) == expected


def test_a_long_track_of_all_kinds_of_events_reads_as_note_seq_reads_it(midi_file):
    # Longer than what is read at once, with runs of all lengths between the rarer events.
    random_numbers = random.Random(7)
    rare = [b"\xff\x01\x03abc", b"\xd0\x40", b"\xc0\x05", b"\xf0\x02\x01\xf7", tempo(400_000)]
    tick, events = 0, []
    for _ in range(20_000):
        tick += random_numbers.choice([0, 1, 100, 200, 20_000 if not events else 300])
        pitch, velocity = random_numbers.randrange(40, 90), random_numbers.randrange(128)
        plain = [on(pitch, velocity), off(pitch), bytes([0xB0, 64, velocity]), bytes([0xE0, 1, 2])]
        is_rare = random_numbers.random() < (0.3 if tick // 100_000 % 5 == 0 else 0.001)
        events.append((tick, random_numbers.choice(rare if is_rare else plain)))
    path = midi_file(events)
    assert read_midi(path) == note_seq.midi_file_to_note_sequence(str(path))


def write(tmp_path, content):
    path = tmp_path / "a.mid"
    path.write_bytes(content)
    return path


C, D = [(0, on(60)), (480, off(60))], [(480, on(62)), (960, off(62))]
HEAD = 14  # bytes of the header; then come MTrk, four bytes of length, the track's events


@pytest.mark.parametrize(
    ("content", "pitches"),
    [
        (build_midi(C) + b"\r\n" * 4, [60]),  # taken for a chunk of 218 MB
        (build_midi(C) + b"\0" * 5, [60]),
        (build_midi(C)[:HEAD] + b"XFIH\0\0\0\2ab" + build_midi(C)[HEAD:], [60]),
        (build_midi(C) + b"XFKM\0\0\0\2ab", [60]),
        (build_midi([C[0], (0, b"\xf8"), C[1], *D]), [60, 62]),
        (build_midi([C[0], (0, b"\xfe"), (480, bytes([60, 0])), *D]), [60, 62]),
        (build_midi([C[0], (0, b"\xf0\2\1\xf7"), (480, bytes([60, 0])), *D]), [60, 62]),
        (build_midi([*C, (480, b"\xff\x2f\0"), *D]), [60, 62]),
        (build_midi([*C, (480, b"\xff\x2f\0"), *D, (960, b"\xf4")]), [60]),  # no event: padding
        (build_midi(C, []).replace(b"MTrk\0\0\0\4\0\xff\x2f\0", b"MTrk\0\0\0\0"), [60]),
        (build_midi(C).replace(b"\x83\x60", b"\x80\x80\x83\x60").replace(b"\x0d", b"\x0f"), [60]),
        (build_midi(C).replace(b"\0\0\0\x0d", b"\0\0\0\x2d"), [60]),  # too long by a byte or more
        (build_midi([(0, b"\xff\x59\2\xee\1"), (0, b"\xff\x58\4\0\2\x18\x08"), *C]), [60]),
    ],
    ids=[
        "line ends after the last track", "zeros after the last track", "vendor chunk first",
        "vendor chunk last", "clock", "running status over active sensing",
        "running status over system exclusive", "events after an end of track",
        "what is no event after an end of track", "empty track", "padded time",
        "length of the last track", "impossible signatures",
    ],
)  # fmt: skip
def test_what_the_standard_forbids_is_read_where_it_can_be(tmp_path, content, pitches):
    assert [n.pitch for n in read_midi(write(tmp_path, content)).notes] == pitches


def test_a_header_that_tells_of_too_few_tracks(tmp_path, caplog):
    content = build_midi(C, D)
    two = read_midi(write(tmp_path, content))
    assert [n.pitch for n in two.notes] == [60, 62]
    path = write(tmp_path, content[:10] + b"\0\1" + content[12:])
    assert read_midi(path) == note_seq.midi_file_to_note_sequence(str(path))
    assert [n.pitch for n in read_midi(path).notes] == [60]
    assert f"{path}: tracks beyond those its header tells of (1) are left out" in caplog.text


@pytest.mark.parametrize(
    ("tracks", "message"),
    [
        ([[(0, tempo(250_000)), *C]], ""),
        ([[(0, tempo(500_000))], [(0, tempo(500_000)), *C]], ""),
        ([C, [(480, tempo(250_000))]], ""),  # when the music is over
        ([[(0, tempo(250_000))], [(0, tempo(500_000)), *C]], "tempo changes outside the first"),
        ([C, [(0, tempo(250_000))]], "tempo changes outside the first"),
        ([C, [(0, tempo(0))]], ""),
        ([[(0, pedal(127)), *C, (960, pedal(0))]], ""),
        ([C, [(0, pedal(127, channel=1)), (960, pedal(0, channel=1))]], ""),
        ([C, [(0, pedal(127)), (960, pedal(0))]], "the pedal of channel 1"),
        ([[(0, pedal(127)), *C], [(960, pedal(0))]], "the pedal of channel 1"),
        ([[(0, pedal(127)), *C], D], "the pedal of channel 1"),
        ([[(0, pedal(127)), *C, (480, b"\xc0\5"), (480, pedal(0)), *D]], "the pedal of channel 1"),
    ],
)
def test_the_log_names_files_that_mean_more_than_note_seq_reads(
    midi_file, caplog, tracks, message
):
    path = midi_file(*tracks)
    read_midi(path)
    assert message in caplog.text
    assert caplog.messages == [] if not message else caplog.messages[0].startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"RIFF....", "not a MIDI file"),
        (b"MThd\0\0\0\6\0\1", "truncated"),
        (build_midi([(0, on(60)), (9, off(60))])[:-3], "truncated"),
        (build_midi([(0, on(60)), (9, off(60))])[:-5], "truncated"),
        (build_midi([(0, on(60)), (9, off(60))], [])[:-10], "truncated or damaged: .* 2 tracks"),
        (
            build_midi([(0, on(60)), (9, off(60))]).replace(b"\0\0\0\x0c", b"\0\0\0\x07"),
            "^damaged",
        ),
        (build_midi([(0, on(60)), (9, off(60))], division=0), "division"),
        (build_midi([(0, on(60)), (9, off(60))], division=0xE728), "division"),
        (build_midi(), "no track"),
        (build_midi([(0, b"\xb0\x40\x7f")]), "no note"),
        (build_midi([(0, tempo(0)), (0, on(60)), (9, off(60))]), "tempo"),
        (build_midi([(0, b"\x40\x40")]), "data byte"),
        (build_midi([(0, b"\x90\x40\x90")]), "status byte"),
        (build_midi([(0, b"\xf4")]), "0xf4"),
        (build_midi([(0, b"\xff\x01\xff\xff\xff\xff\x7f")]), "four bytes"),
        (build_midi([(0, b"\xff\x01\x20abc")]), "middle of an event"),
        (build_midi([(0, on(60)), (2**27, off(60))], division=1), "hours"),
        (build_midi(*[[]] * 1001), "tracks"),
    ],
)
def test_a_bad_file_is_refused_with_its_reason(tmp_path, content, reason):
    path = tmp_path / "bad.mid"
    path.write_bytes(content)
    with pytest.raises(BadFileError, match=reason):
        read_midi(path)


def test_a_file_beyond_the_size_limit_is_refused_without_parsing(tmp_path):
    path = tmp_path / "large.mid"
    with path.open("wb") as file:
        file.truncate(10 * 2**30)  # ten GiB that take no space
    with pytest.raises(BadFileError, match="larger"):
        read_midi(path)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Tempo, Key or Time signature:RuntimeWarning")  # pretty_midi
@pytest.mark.parametrize(
    ("archive", "count", "sample"),
    [("asap-dataset-master.zip", 1302, 20), ("maestro-v3.0.0-midi.zip", 1276, 20)],
)
def test_a_sample_of_a_corpus_reads_as_note_seq_reads_it(
    shared_data, tmp_path, archive, count, sample
):
    # benchmarks/midi_readers.py compares all files; note_seq takes the better part of a second
    # for each.
    if not (shared_data / archive).exists():
        pytest.skip(f"PERFRNN_SHARED_DATA has no {archive}")
    with zipfile.ZipFile(shared_data / archive) as files:
        names = sorted(name for name in files.namelist() if name.endswith((".mid", ".midi")))
        assert len(names) == count
        for name in random.Random(0).sample(names, sample):
            path = files.extract(name, tmp_path)
            assert read_midi(path) == note_seq.midi_file_to_note_sequence(path), name
