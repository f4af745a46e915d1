"""A shard as events: every segment that a dataset may have, and what is known of its sources."""

import itertools

import numpy as np
import pytest

from perfrnn.dataset.cutting import segment_notes
from perfrnn.dataset.encoding import Encoded, EncodedShard, encode_shard
from perfrnn.errors import CorpusError
from perfrnn.notes import Notes, to_note_sequence
from perfrnn.sequences.records import write_records

SETTINGS = {
    "max_events": 60,
    "min_events": 8,
    "segment_seconds": 10,
    "segments": "magenta",
    "stretch": [0.9, 1.0],
}


def music(seed, count=80, seconds=40.0):
    rng = np.random.default_rng(seed)
    start = np.sort(rng.uniform(0, seconds - 1, count))
    pitch, velocity = rng.integers(50, 80, count), rng.integers(20, 100, count)
    return Notes(start, start + 0.4, pitch, velocity, seconds)


RENDITIONS = {"a": [music(1)], "b": [music(2), music(3)], "c": [music(4, count=1, seconds=1.5)]}


def write_shard(path, renditions):
    records = []
    for id_, each in renditions.items():
        for number, notes in enumerate(each):
            sequence = to_note_sequence(notes)
            sequence.id, sequence.reference_number = id_, number
            records.append(sequence.SerializeToString())
    write_records(path, records)


@pytest.fixture
def encoded(tmp_path):
    def encode(renditions=RENDITIONS, **changes):
        shard, out = tmp_path / "shard.tfrecord.gz", tmp_path / "shard.npz"
        write_shard(shard, renditions)
        encode_shard(shard, out, SETTINGS | changes)
        return out

    return encode


def cut(notes, mode="magenta"):
    return segment_notes(notes, mode=mode, segment_seconds=10, min_events=8, max_events=60)


def heard(shard, row, *, is_training):
    return [
        (shard.stretches[index], shard.starts[index], events.tolist())
        for index, events in shard.segments_of(row, is_training=is_training)
    ]


def expected(row, stretches, renditions=None):
    each = list(RENDITIONS.values())[row][:renditions]
    return [
        (stretch, start, events.tolist())
        for stretch, notes in itertools.product(stretches, each)
        for start, events in cut(notes.stretched(stretch)).segments
    ]


@pytest.mark.parametrize("stretch", [[0.9, 1.0], [1.0], [0.9, 1.1], [1.0, 1.0]])
def test_training_has_every_stretch_of_every_rendition_and_others_the_first(encoded, stretch):
    shard = EncodedShard.read(encoded(stretch=stretch))
    assert shard.ids.tolist() == ["a", "b", "c"]
    for row in range(3):
        assert heard(shard, row, is_training=True) == expected(row, stretch)
        assert heard(shard, row, is_training=False) == expected(row, [1.0], 1)
    assert len(expected(1, [1.0])) == 8
    assert expected(2, [1.0]) == []


@pytest.mark.parametrize("mode", ["magenta", "full"])
def test_what_is_known_of_the_sources(encoded, mode):
    music = Encoded.read([encoded(segments=mode)])
    first = [each[0] for each in RENDITIONS.values()]
    assert music.column("notes") == [80, 80, 1]
    assert music.column("renditions") == [1, 2, 1]
    assert music.column("seconds") == [40.0, 40.0, 1.5]
    assert music.counts() == {
        id_: len(cut(notes, mode).segments) for id_, notes in zip("abc", first, strict=True)
    }
    for way, counted in music.events_kept().items():
        parts = [cut(notes, way) for notes in first]
        kept = sum(len(events) for part in parts for _, events in part.segments)
        assert counted["kept"] == kept
        assert counted["kept"] + counted["lost"] == sum(part.events for part in parts)
    short = sum(cut(notes, mode).short_segments for notes in first)
    assert music.total("short_segments") == short > 0


def test_sources_that_are_left_out_are_not_there(encoded):
    music = Encoded.read([encoded()], without={"b"})
    assert list(music.places) == ["a", "c"]
    assert music.total("notes") == 81


def test_an_empty_shard_has_no_source(encoded):
    shard = EncodedShard.read(encoded({}))
    assert len(shard.ids) == len(shard.events) == len(shard.owners) == 0
    assert shard.kept.shape[0] == 0


def test_a_damaged_or_missing_file_is_told_in_one_line(encoded):
    path = encoded()
    path.write_bytes(path.read_bytes()[:700])
    with pytest.raises(CorpusError, match=r"shard\.npz: damaged \(.*\); delete it"):
        EncodedShard.read(path)
    path.unlink()
    with pytest.raises(CorpusError, match=r"shard\.npz: is not there"):
        EncodedShard.read(path)
