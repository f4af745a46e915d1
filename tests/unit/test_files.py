"""Atomic files and digests."""

import hashlib

import pytest

from perfrnn.files import atomic, sha256


def test_a_file_appears_whole(tmp_path):
    target = tmp_path / "new" / "x.tfrecord.gz"
    with atomic(target) as temporary:
        assert temporary.parent == target.parent
        assert temporary.name.endswith(".tfrecord.gz")
        temporary.write_text("whole")
        assert not target.exists()
    assert target.read_text() == "whole"
    assert list(target.parent.iterdir()) == [target]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "x.txt"
    target.write_text("old")

    def fail():
        with atomic(target) as temporary:
            temporary.write_text("half")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_sha256(tmp_path):
    (tmp_path / "x").write_bytes(b"abc")
    assert sha256(tmp_path / "x") == hashlib.sha256(b"abc").hexdigest()
