"""Segments against note_seq's splitter, and records against what was written."""

import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from note_seq import performance_encoder_decoder, sequences_lib
from note_seq.performance_lib import Performance

from perfrnn.dataset.segments import Segment, read_segments, segment_notes, write_segments
from perfrnn.errors import CorpusError
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


def test_records_survive_a_round_trip(tmp_path):
    written = [
        Segment(
            events=np.arange(2 + i, dtype=np.int16),
            piece=f"pièce {i}",
            source=f"s{i}",
            start=30.0 * i,
            stretch=1.05,
        )
        for i in range(5)
    ]
    path = tmp_path / "train.tfrecord.gz"
    assert write_segments(path, written) == 5
    assert path.read_bytes()[:2] == b"\x1f\x8b"
    read = read_segments(path)
    assert len(read) == 5
    for i, segment in enumerate(written):
        np.testing.assert_array_equal(read[i], segment.events)
    assert read.pieces.tolist() == [segment.piece for segment in written]
    assert read.sources.tolist() == [segment.source for segment in written]
    np.testing.assert_allclose(read.starts, [0, 30, 60, 90, 120])
    np.testing.assert_allclose(read.stretches, 1.05)


def test_a_failed_write_leaves_nothing_behind(tmp_path):
    def broken():
        yield Segment(events=np.arange(4), piece="p", source="s", start=0.0, stretch=1.0)
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        write_segments(tmp_path / "train.tfrecord.gz", broken())
    assert list(tmp_path.iterdir()) == []


def test_records_are_compressed(tmp_path):
    path = tmp_path / "train.tfrecord.gz"
    events = np.tile(np.arange(388, dtype=np.int16), 10)
    write_segments(
        path, [Segment(events=events, piece="p", source="s", start=0.0, stretch=1.0)] * 50
    )
    with gzip.open(path) as file:
        assert len(file.read()) > 5 * path.stat().st_size


@pytest.mark.parametrize("name", ["x.tfrecord.gz", "x.npz"])
@pytest.mark.parametrize("share", [0, 0.5, 0.95])
def test_damaged_records_are_told_in_one_line(tmp_path, name, share):
    rng = np.random.default_rng(0)
    segments = [
        Segment(events=rng.integers(0, 388, 100), piece="p", source=str(i), start=0, stretch=1)
        for i in range(20)
    ]
    path = tmp_path / "x.tfrecord.gz"
    write_segments(path, segments)
    if name.endswith("npz"):
        read_segments(path).save(tmp_path / name)
        path = tmp_path / name
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(CorpusError, match=r"damaged \(.*\); delete it, and the same") as error:
        read_segments(path)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)
