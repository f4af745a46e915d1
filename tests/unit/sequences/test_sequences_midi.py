"""The MIDI reader: pretty_midi's rules case by case, note_seq as the oracle, bad files refused."""

import random
import zipfile

import note_seq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfrnn.errors import BadFileError
from perfrnn.sequences.midi import read_midi
from source_builders import build_midi


def on(pitch, velocity=64, channel=0):
    return bytes([0x90 | channel, pitch, velocity])


def off(pitch, channel=0):
    return bytes([0x80 | channel, pitch, 0])


def tempo(microseconds):
    return b"\xff\x51\x03" + microseconds.to_bytes(3, "big")


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


CHANNEL_EVENTS = st.one_of(
    st.tuples(st.just(0x90), st.sampled_from([60, 61, 64]), st.sampled_from([0, 1, 64, 127])),
    st.tuples(st.just(0x80), st.sampled_from([60, 61, 64]), st.just(0)),
    st.tuples(st.just(0xB0), st.sampled_from([64, 7]), st.integers(0, 127)),
    st.tuples(st.just(0xE0), st.integers(0, 127), st.integers(0, 127)),
    st.tuples(st.just(0xC0), st.sampled_from([0, 5, 40])),
)
CHANNELLED = st.tuples(CHANNEL_EVENTS, st.sampled_from([0, 1, 9])).map(
    lambda event: bytes([event[0][0] | event[1], *event[0][1:]])
)
METAS = st.one_of(
    st.integers(1000, 2_000_000).map(tempo),
    st.sampled_from([b"\xff\x03\x02ab", b"\xff\x03\x00", b"\xff\x01\x01x", b"\xf0\x02\x01\xf7"]),
    st.tuples(st.integers(1, 12), st.integers(0, 5)).map(
        lambda meter: b"\xff\x58\x04" + bytes([*meter, 24, 8])
    ),
    st.tuples(st.integers(-7, 7), st.integers(0, 1)).map(
        lambda key: b"\xff\x59\x02" + bytes([key[0] % 256, key[1]])
    ),
)
TRACKS = st.lists(
    st.tuples(st.integers(0, 3).map(lambda step: step * 97), st.one_of(CHANNELLED, METAS)),
    max_size=40,
)


@given(tracks=st.lists(TRACKS, min_size=1, max_size=3), division=st.sampled_from([96, 220, 480]))
@settings(deadline=None, max_examples=200)
@pytest.mark.filterwarnings("ignore:Tempo, Key or Time signature:RuntimeWarning")  # pretty_midi
def test_any_file_reads_as_note_seq_reads_it(tracks, division, tmp_path_factory):
    absolute = []
    for track in tracks:
        tick, events = 0, []
        for step, event in track:
            tick += step
            events.append((tick, event))
        absolute.append(events)
    path = tmp_path_factory.getbasetemp() / "any.mid"
    path.write_bytes(build_midi(*absolute, division=division))
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


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"RIFF....", "not a MIDI file"),
        (b"MThd\0\0\0\6\0\1", "truncated"),
        (build_midi([(0, on(60)), (9, off(60))])[:-3], "truncated"),
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
def test_asap_reads_as_note_seq_reads_it(shared_data, tmp_path):
    with zipfile.ZipFile(shared_data / "asap-dataset-master.zip") as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".mid"))
        assert len(names) == 1302
        for name in random.Random(0).sample(names, 20):
            path = archive.extract(name, tmp_path)
            assert read_midi(path) == note_seq.midi_file_to_note_sequence(path), name
