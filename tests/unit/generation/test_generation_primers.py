"""Primers as events worked out by hand, and as note_seq makes them."""

import note_seq
import numpy as np
import pytest

from perfrnn.errors import PerfRNNError
from perfrnn.events import vocabulary as ev
from perfrnn.generation.primers import chord_primer, melody_primer, midi_primer, silence
from perfrnn.generation.samples import write_midi
from perfrnn.notes import Notes

LOUD = 356 + 24  # velocity 100 lies in bin (100 - 1) // 4


def test_a_chord_lasts_half_a_second():
    events = chord_primer([67, 60, 64])
    assert events.tolist() == [LOUD, 60, 64, 67, 256 + 49, 128 + 60, 128 + 64, 128 + 67]


def test_a_melody_has_eight_events_a_second():
    events = melody_primer([60, -2, 60, -1, -2, 67])
    expected = [LOUD, 60, 256 + 24, 128 + 60, 60]
    expected += [256 + 12, 128 + 60]  # 375 ms are 37.5 steps, rounded to 38
    expected += [256 + 24, 67, 256 + 11, 128 + 67]
    steps = ev.shift_steps(events)
    assert steps.sum() == 75
    assert events.tolist() == expected


@pytest.mark.parametrize(
    "melody", [[60, 62, 64, 65], [-2, 60, -2, -2, -1, 62], [60, -1, -1, 60], [72, -2, -2, -2, -2]]
)
def test_a_melody_is_note_seqs(melody):
    sequence = note_seq.Melody(melody).to_sequence()
    performance = note_seq.Performance(
        note_seq.quantize_note_sequence_absolute(sequence, 100), num_velocity_bins=32
    )
    encoding = note_seq.PerformanceOneHotEncoding(num_velocity_bins=32)
    expected = [encoding.encode_event(event) for event in performance]
    assert melody_primer(melody).tolist() == expected


def test_a_midi_file_is_read_to_the_end_of_its_notes(tmp_path):
    notes = Notes(np.array([0.5]), np.array([1.0]), np.array([60]), np.array([100]), 3.2)
    write_midi(tmp_path / "x.mid", notes)
    events = midi_primer(tmp_path / "x.mid").tolist()
    assert events == [256 + 49, LOUD, 60, 256 + 49, 128 + 60]


@pytest.mark.parametrize("content", [None, b"", b"no music", b"MThd\0\0\0\6\0\0\0\1\1\xe0"])
def test_what_is_no_midi_file_is_told_in_one_line(tmp_path, content):
    path = tmp_path / "x.mid"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PerfRNNError) as error:
        midi_primer(path)
    assert str(error.value).startswith(f"{path}: cannot be a primer")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("steps", "expected"), [(0, []), (1, [256]), (100, [355]), (230, None)])
def test_silence(steps, expected):
    events = silence(steps)
    assert ev.shift_steps(events).sum() == steps
    assert expected is None or events.tolist() == expected
