"""Events against note_seq's own encoder, and round trips."""

import note_seq
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from note_seq import performance_encoder_decoder, sequences_lib
from note_seq.performance_lib import Performance

from perfrnn.events import vocabulary as ev
from perfrnn.notes import Notes, from_note_sequence, to_note_sequence

ENCODING = performance_encoder_decoder.PerformanceOneHotEncoding(num_velocity_bins=32)


@st.composite
def note_lists(draw, max_notes=30, max_seconds=8.0):
    rows = draw(
        st.lists(
            st.tuples(
                st.integers(0, int(max_seconds * 1000)),
                st.integers(0, 3000),
                st.integers(0, 127),
                st.integers(1, 127),
            ),
            max_size=max_notes,
        )
    )
    start = np.array([row[0] / 1000 for row in rows], float)
    end = start + np.array([row[1] / 1000 for row in rows], float)
    return Notes(
        start,
        end,
        np.array([row[2] for row in rows], np.int64),
        np.array([row[3] for row in rows], np.int64),
        float(end.max(initial=0.0)),
    )


def magenta_events(sequence):
    quantized = sequences_lib.quantize_note_sequence_absolute(sequence, 100)
    performance = Performance(quantized, num_velocity_bins=32)
    return [ENCODING.encode_event(event) for event in performance]


def magenta_performance(events):
    performance = Performance(steps_per_second=100, num_velocity_bins=32)
    for event in events:
        performance.append(ENCODING.decode_event(int(event)))
    return performance


def as_rows(notes):
    return sorted(
        zip(
            notes.start.tolist(),
            notes.end.tolist(),
            notes.pitch.tolist(),
            notes.velocity.tolist(),
            strict=True,
        )
    )


def test_vocabulary_is_magentas():
    assert ev.NUM_CLASSES == ENCODING.num_classes == 388
    assert ENCODING.encode_event(ENCODING.default_event) == ev.DEFAULT_EVENT == 355


def test_two_notes_by_hand():
    # C4 at velocity 80 from 0 to 0.5 s; E4 at velocity 80 from 0.25 to 1.75 s.
    notes = Notes(
        np.array([0.0, 0.25]), np.array([0.5, 1.75]), np.array([60, 64]), np.array([80, 80]), 1.75
    )
    velocity = 356 + (80 - 1) // 4
    expected = [velocity, 60, 256 + 24, 64, 256 + 24, 128 + 60, 355, 256 + 24, 128 + 64]
    assert ev.encode(notes).tolist() == expected


@given(note_lists())
def test_encode_equals_note_seq(notes):
    assert ev.encode(notes).tolist() == magenta_events(to_note_sequence(notes))


@given(st.lists(st.integers(0, 387), max_size=80))
def test_decode_equals_note_seq(events):
    theirs = magenta_performance(events).to_sequence()
    ours = ev.decode(np.array(events, np.int16))
    expected = [(n.start_time, n.end_time, n.pitch, n.velocity) for n in theirs.notes]
    np.testing.assert_allclose(as_rows(ours), sorted(expected), atol=1e-9)


@given(note_lists())
def test_events_survive_a_round_trip_once_quantised(notes):
    once = ev.decode(ev.encode(notes))
    again = ev.decode(ev.encode(once))
    # Overlapping notes of one pitch may pair otherwise, so compare what sounds, not who ends whom.
    np.testing.assert_allclose(np.sort(again.start), np.sort(once.start))
    np.testing.assert_array_equal(np.sort(again.pitch), np.sort(once.pitch))


@given(st.lists(st.integers(0, 387), max_size=40), st.integers(-6, 6))
def test_transposition_moves_pitches_only(events, semitones):
    events = np.array(events, np.int16)
    moved = ev.transpose(events, semitones)
    pitches = [e % 128 for e in events.tolist() if e < 256]
    if any(not 0 <= p + semitones <= 127 for p in pitches):
        assert moved is None
    else:
        assert [e % 128 for e in moved.tolist() if e < 256] == [p + semitones for p in pitches]
        np.testing.assert_array_equal(moved[events >= 256], events[events >= 256])


@pytest.mark.parametrize(
    ("field", "value"), [("start", -0.1), ("pitch", 128), ("velocity", 0), ("velocity", 200)]
)
def test_impossible_notes_are_refused(field, value):
    columns = {
        "start": np.array([0.0]),
        "end": np.array([1.0]),
        "pitch": np.array([60]),
        "velocity": np.array([80]),
    }
    columns[field] = np.array([value])
    with pytest.raises(ValueError, match=r"outside|before"):
        ev.encode(Notes(**columns, total_time=1.0))


@st.composite
def pedalled_sequences(draw):
    sequence = note_seq.NoteSequence()
    for _ in range(draw(st.integers(0, 12))):
        start = draw(st.integers(0, 40)) / 8
        sequence.notes.add(
            start_time=start,
            end_time=start + draw(st.integers(1, 16)) / 8,
            pitch=draw(st.integers(60, 63)),
            velocity=draw(st.integers(1, 127)),
            instrument=draw(st.integers(0, 1)),
        )
    for _ in range(draw(st.integers(0, 8))):
        sequence.control_changes.add(
            time=draw(st.integers(0, 60)) / 8,
            control_number=draw(st.sampled_from([64, 64, 64, 7])),
            control_value=draw(st.integers(0, 127)),
            instrument=draw(st.integers(0, 1)),
        )
    sequence.total_time = max([note.end_time for note in sequence.notes], default=0.0)
    return sequence


@given(pedalled_sequences())
def test_sustain_equals_note_seq(sequence):
    theirs = sequences_lib.apply_sustain_control_changes(sequence)
    ours = from_note_sequence(sequence)
    expected = [(n.start_time, n.end_time, n.pitch, n.velocity) for n in theirs.notes]
    assert as_rows(ours) == sorted(expected)
    if len(sequence.notes):
        assert ours.total_time == theirs.total_time
