"""Segments against note_seq's splitter, and records against what was written."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from note_seq import performance_encoder_decoder, sequences_lib
from note_seq.performance_lib import Performance

from perfrnn.dataset.cutting import segment_notes
from perfrnn.notes import Notes, to_note_sequence

ENCODING = performance_encoder_decoder.PerformanceOneHotEncoding(num_velocity_bins=32)


def random_notes(seed, count=400, seconds=95.0):
    rng = np.random.default_rng(seed)
    start = rng.uniform(0, seconds - 5, count)
    end = start + rng.uniform(0, 5, count)
    return Notes(
        start,
        end,
        rng.integers(21, 109, count),
        rng.integers(1, 128, count),
        float(end.max()) if count else 0.0,
    )


def magenta_segments(notes, min_events, max_events):
    for part in sequences_lib.split_note_sequence(to_note_sequence(notes), 30.0):
        quantized = sequences_lib.quantize_note_sequence_absolute(part, 100)
        performance = Performance(quantized, num_velocity_bins=32)
        performance.truncate(max_events)
        if len(performance) >= min_events:
            yield [ENCODING.encode_event(event) for event in performance]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("stretch", [1.0, 0.95, 1.05])
def test_magenta_segments_equal_note_seqs(seed, stretch):
    notes = random_notes(seed)
    theirs = sequences_lib.stretch_note_sequence(to_note_sequence(notes), stretch)
    stretched = notes.stretched(stretch)
    assert stretched.total_time == theirs.total_time
    ours = segment_notes(
        stretched, mode="magenta", segment_seconds=30.0, min_events=32, max_events=512
    )
    assert [events.tolist() for _, events in ours.segments] == list(
        magenta_segments(stretched, 32, 512)
    )


def test_silence_gives_no_segment():
    parts = segment_notes(
        random_notes(0, count=0), mode="magenta", segment_seconds=30, min_events=2, max_events=512
    )
    assert parts.segments == []


@given(st.integers(0, 10**6), st.integers(2, 60))
def test_full_segments_predict_every_event_but_the_first_once(seed, max_events):
    notes = random_notes(seed, count=60)
    full = segment_notes(
        notes, mode="full", segment_seconds=30, min_events=2, max_events=max_events
    )
    whole = segment_notes(notes, mode="full", segment_seconds=30, min_events=2, max_events=10**6)
    predicted = np.concatenate([events[1:] for _, events in full.segments])
    np.testing.assert_array_equal(predicted, whole.segments[0][1][1:])
    assert full.cut_events == 0
    assert all(len(events) <= max_events for _, events in full.segments)


def test_full_segments_keep_the_short_rest_but_not_a_short_performance():
    settings = {"mode": "full", "segment_seconds": 30, "min_events": 32}
    notes = random_notes(2, count=40)
    events = segment_notes(notes, max_events=10**6, **settings).events
    rest = segment_notes(notes, max_events=events - 4, **settings)
    assert [len(events) for _, events in rest.segments][1:] == [5]
    assert (rest.short_events, rest.cut_events) == (0, 0)
    assert (
        segment_notes(random_notes(2, count=3, seconds=6), max_events=512, **settings).segments
        == []
    )


def test_counts_add_up():
    notes = random_notes(1, count=800, seconds=70)
    parts = segment_notes(notes, mode="magenta", segment_seconds=30, min_events=32, max_events=512)
    kept = sum(len(events) for _, events in parts.segments)
    assert parts.events == kept + parts.cut_events + parts.short_events
    assert parts.cut_events > 0
