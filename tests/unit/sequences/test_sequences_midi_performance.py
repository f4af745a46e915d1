"""MIDI files as they are meant, beside what the corpus makes of them."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings

from midi_events import midi_files, off, on, pedal, tempo
from perfrnn.errors import BadFileError
from perfrnn.notes import from_note_sequence
from perfrnn.sequences.midi import read_midi
from perfrnn.sequences.midi_performance import read_performance

CASES = Path(__file__).parents[2] / "data" / "midi"

# Pitch, velocity, start and end in seconds. A quarter of 480 ticks lasts half a second.
FOUR = [(60, 80, 0.0, 0.5), (62, 80, 0.5, 1.0), (64, 80, 1.0, 1.5), (65, 80, 1.5, 2.0)]
SCALE = [60, 62, 64, 65, 67, 69, 71, 72]
MEANT = {
    # Four quarters of a second each, then four of half a second.
    "m03-tempo-in-second-track": [
        (pitch, 80, float(start), float(end))
        for pitch, start, end in zip(
            SCALE, [0, 1, 2, 3, 4, 4.5, 5, 5.5], [1, 2, 3, 4, 4.5, 5, 5.5, 6], strict=True
        )
    ],
    "m05f-eight-trailing-bytes": FOUR,
    "m06a-key-18-flats": FOUR,
    "m09b-vendor-chunk-after-header": FOUR,
    "m10-realtime-bytes": FOUR,
    "m11-running-status-after-sysex": FOUR[:2],
    "m12-zero-length-note": [(72, 80, 1.0, 1.5), (74, 80, 1.5, 2.0)],
    "m13-overlapping-same-pitch": [(60, 70, 1.0, 3.0), (60, 90, 2.5, 3.0)],
    "m14-events-after-end-of-track": FOUR,
    "m16-pedal-in-its-own-track": [(60, 80, 0.0, 0.5), (62, 80, 2.0, 2.5)],
    "m17-千本樱": FOUR,
    "m20-tempo-a-minute-after-the-last-note": FOUR,
}
IN_CORPUS = MEANT | {
    "m03-tempo-in-second-track": [
        (pitch, 80, step / 2, step / 2 + 0.5) for step, pitch in enumerate(SCALE)
    ]
}


def rows(notes):
    """Pitch, velocity, start and end of each note."""
    columns = (notes.pitch, notes.velocity, notes.start, notes.end)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def corpus_rows(notes):
    return sorted((n.pitch, n.velocity, n.start_time, n.end_time) for n in notes)


def test_there_is_a_value_for_each_case():
    assert sorted(path.stem for path in CASES.glob("*.mid")) == sorted(MEANT)


@pytest.mark.parametrize("name", MEANT)
def test_cases_of_public_bug_reports(name, caplog):
    path = CASES / f"{name}.mid"
    performance = read_performance(path)
    assert rows(performance.notes) == MEANT[name]
    assert rows(performance.pitched()) == MEANT[name]
    assert performance.notes.total_time == MEANT[name][-1][3]
    assert corpus_rows(read_midi(path).notes) == IN_CORPUS[name]
    is_told = name[:3] in ("m03", "m16")
    assert [str(path) in message for message in caplog.messages] == [True] * is_told


def test_a_pedal_holds_the_notes_of_its_channel():
    # It goes down at once and up at tick 1800 of 480 a quarter: 1.875 s.
    performance = read_performance(CASES / "m16-pedal-in-its-own-track.mid")
    assert performance.sounding().end.tolist() == [1.875, 2.5]


def test_a_pedal_of_another_channel_holds_nothing(midi_file):
    path = midi_file([(0, on(60)), (480, off(60))], [(0, pedal(127, 1)), (960, pedal(0, 1))])
    assert read_performance(path).sounding().end.tolist() == [0.5]


def test_controls_come_by_time_and_commands_to_a_channel_are_none(midi_file):
    path = midi_file(
        [(0, b"\xc0\x05"), (480, pedal(0)), (480, b"\xb0\x7b\x00")],
        [(0, b"\xb0\x07\x64"), (240, pedal(127)), (960, b"\xe1\x00\x40")],
    )
    controls = read_performance(path).controls
    assert controls.time.tolist() == [0.0, 0.0, 0.25, 0.5, 1.0]
    assert controls.kind.tolist() == [0xC0, 0xB0, 0xB0, 0xB0, 0xE0]
    assert controls.channel.tolist() == [0, 0, 0, 0, 1]
    assert controls.first.tolist() == [5, 7, 64, 64, 0]
    assert controls.second.tolist() == [0, 100, 127, 0, 64]


def test_percussion_is_not_pitched(midi_file):
    events = [(0, on(36, channel=9)), (0, on(60)), (480, off(60)), (960, off(36, channel=9))]
    performance = read_performance(midi_file(events))
    assert sorted(performance.notes.pitch.tolist()) == [36, 60]
    assert rows(performance.pitched()) == [(60, 64, 0.0, 0.5)]
    assert performance.pitched().total_time == 0.5


def test_of_tempos_at_one_tick_the_last_track_s_holds(midi_file):
    tracks = [(0, tempo(250_000))], [(0, tempo(1_000_000)), (0, on(60)), (480, off(60))]
    assert rows(read_performance(midi_file(*tracks)).notes) == [(60, 64, 0.0, 1.0)]


def test_silence_can_be_read(midi_file):
    performance = read_performance(midi_file([(0, pedal(127))]))
    assert len(performance.notes) == len(performance.sounding()) == len(performance.pitched()) == 0
    assert performance.notes.total_time == 0.0


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ([(0, tempo(0)), (0, on(60)), (9, off(60))], "tempo"),
        ([(0, tempo(2**24 - 1)), (0, on(60)), (2**22, off(60))], "hours"),
    ],
)
def test_what_cannot_be_meant(midi_file, events, reason):
    with pytest.raises(BadFileError, match=reason):
        read_performance(midi_file(*[events]))


@given(content=midi_files())
@settings(deadline=None, max_examples=200)
def test_corpus_and_rendering_have_the_same_notes_but_where_the_log_says_so(
    content, tmp_path_factory
):
    path = tmp_path_factory.getbasetemp() / "performance.mid"
    path.write_bytes(content)
    performance = read_performance(path)
    if not len(performance.notes):
        with pytest.raises(BadFileError, match="it holds no note"):
            read_midi(path)
        return
    told: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "perfrnn.sequences.midi.log.warning", lambda text, _, what: told.append(what)
        )
        sequence = read_midi(path)
    pitched = sorted(rows(performance.pitched()))
    in_corpus = corpus_rows(note for note in sequence.notes if not note.is_drum)
    if any(what.startswith("tempo") for what in told):
        assert Counter(note[:2] for note in in_corpus) == Counter(note[:2] for note in pitched)
        return
    assert in_corpus == pitched
    if any("pedal" in what for what in told) or 9 in performance.channel:
        return
    # Of notes struck at once under a pedal one is left; which one hangs on the order of tracks.
    heard, in_dataset = performance.sounding(), from_note_sequence(sequence)
    assert Counter((p, start, end) for p, _, start, end in rows(heard)) == Counter(
        (p, start, end) for p, _, start, end in rows(in_dataset)
    )
