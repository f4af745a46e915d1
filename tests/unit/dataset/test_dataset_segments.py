"""Records and the arrays beside them: written, read back, damaged."""

import gzip
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfrnn.dataset.segments import Segment, Segments, arrays_path, read_segments, write_segments
from perfrnn.errors import CorpusError


def segment(events, number=0, **more):
    names = {"piece": f"pièce {number}", "source": f"s{number}", "start": 0.0, "stretch": 1.0}
    return Segment(events=np.asarray(events, np.int16), **(names | more))


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


@pytest.mark.parametrize("has_arrays", [True, False])
def test_segments_read_alike_from_arrays_and_from_records(tmp_path, has_arrays):
    rng = np.random.default_rng(0)
    written = [
        segment(rng.integers(0, 388, 50 + number), number // 4, start=30.5 * number, stretch=0.95)
        for number in range(20)
    ]
    path = tmp_path / "train.tfrecord.gz"
    write_segments(path, written)
    if not has_arrays:
        arrays_path(path).unlink()
    read = read_segments(path)
    assert isinstance(read.events, np.ndarray) is not has_arrays
    assert [events.tolist() for events in read] == [each.events.tolist() for each in written]
    assert read.sources.tolist() == [each.source for each in written]
    assert read.pieces.tolist() == [each.piece for each in written]
    np.testing.assert_allclose(read.starts, [each.start for each in written], rtol=1e-6)
    np.testing.assert_allclose(read.stretches, 0.95, rtol=1e-6)


def test_arrays_of_other_records_are_not_read(tmp_path):
    ours, theirs = tmp_path / "a" / "x.tfrecord.gz", tmp_path / "b" / "x.tfrecord.gz"
    write_segments(ours, [segment(np.arange(100))])
    write_segments(theirs, [segment(np.arange(200, 388)), segment(np.arange(7))])
    ours.write_bytes(theirs.read_bytes())
    assert [len(events) for events in read_segments(ours)] == [188, 7]


@pytest.mark.parametrize("share", [0, 0.5, 0.95])
def test_damaged_arrays_are_told_in_one_line(tmp_path, share):
    path = tmp_path / "x.tfrecord.gz"
    write_segments(path, [segment(np.arange(300))] * 20)
    whole = arrays_path(path).read_bytes()
    arrays_path(path).write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(CorpusError, match=r"x\.npz: damaged \(.*\); delete it, and the same"):
        read_segments(path)


@settings(max_examples=50)
@given(st.lists(st.lists(st.integers(2, 9), min_size=1, max_size=5), min_size=1, max_size=6))
def test_windows_are_joined_to_what_they_were_cut_from(lengths):
    """Each window of a performance begins with the event that ended the one before."""
    wanted, windows, sources, starts = [], [], [], []
    for number, row in enumerate(lengths):
        whole = np.arange(sum(row) - len(row) + 1, dtype=np.int16) + 100 * number
        ends = np.cumsum([length - 1 for length in row])
        firsts = [0, *ends[:-1]]
        windows += [whole[first : end + 1] for first, end in zip(firsts, ends, strict=True)]
        sources += [f"s{number}"] * len(row)
        starts += range(len(row))
        wanted.append(whole.tolist())
    names, ones = np.array(sources), np.ones(len(windows))
    offsets = np.cumsum([0, *map(len, windows)])
    cut = Segments(np.concatenate(windows), offsets, names, names, np.array(starts), ones)
    joined = cut.joined()
    assert [events.tolist() for events in joined] == wanted
    assert joined.events[:].tolist() == list(itertools.chain(*wanted))
    assert len(joined.events) == len(joined.events[:])
    assert joined.events[3:3].tolist() == []
