"""TFRecord files: what TensorFlow's checksums say, round trips, damage found."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfrnn.errors import CorpusError
from perfrnn.sequences.records import read_records, write_records

# tf.io.TFRecordWriter's bytes for the records b"" and b"perfrnn".
REFERENCE = bytes.fromhex(
    "000000000000000029039807d8ea82a20700000000000000bbd79f1170657266726e6e05e65988"
)


def test_the_format_is_tensorflows(tmp_path):
    path = tmp_path / "two.tfrecord.gz"
    assert write_records(path, [b"", b"perfrnn"]) == 2
    assert gzip.decompress(path.read_bytes()) == REFERENCE


@given(records=st.lists(st.binary(max_size=300), max_size=5))
def test_records_come_back(records, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "any.tfrecord.gz"
    write_records(path, records)
    assert list(read_records(path)) == records


def test_equal_records_make_equal_files(tmp_path):
    first, second = tmp_path / "first.tfrecord.gz", tmp_path / "second.tfrecord.gz"
    for path in (first, second):
        write_records(path, [b"a" * 1000, b"b"])
    assert first.read_bytes() == second.read_bytes()


def test_damage_is_found(tmp_path):
    path = tmp_path / "x.tfrecord.gz"
    write_records(path, [b"a" * 100])
    whole = gzip.decompress(path.read_bytes())
    for position in (0, 9, 50, len(whole) - 1):
        damaged = bytearray(whole)
        damaged[position] ^= 1
        path.write_bytes(gzip.compress(bytes(damaged)))
        with pytest.raises(CorpusError, match="damaged"):
            list(read_records(path))
    for length in (5, 15, len(whole) - 2):
        path.write_bytes(gzip.compress(whole[:length]))
        with pytest.raises(CorpusError, match="damaged"):
            list(read_records(path))
    stored = gzip.compress(whole)
    for content in (b"", stored[: len(stored) // 2], stored[:10] + b"\xff" * 20):
        path.write_bytes(content)
        with pytest.raises(CorpusError, match=r"x\.tfrecord\.gz: damaged \(.*\); delete it, and"):
            list(read_records(path))
    path.write_bytes(b"no gzip")
    with pytest.raises(CorpusError, match="delete it"):
        list(read_records(path))


def test_a_failure_leaves_no_file(tmp_path):
    def records():
        yield b"a"
        raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        write_records(tmp_path / "x.tfrecord.gz", records())
    assert list(tmp_path.iterdir()) == []
