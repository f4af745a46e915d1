"""Atomic files and digests."""

import errno
import hashlib
import os
import stat
from contextlib import nullcontext

import pytest

from perfrnn.files import atomic, sha256, stamp


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


@pytest.fixture
def synced(monkeypatch, tmp_path):
    """What is synced, with the content of `x.txt` at that time."""
    target, calls = tmp_path / "x.txt", []

    def fsync(number):
        kind = "folder" if stat.S_ISDIR(os.fstat(number).st_mode) else "file"
        calls.append((kind, os.fstat(number).st_size, target.read_text()))

    monkeypatch.setattr(os, "fsync", fsync)
    target.write_text("old")
    return target, calls


def test_content_is_on_the_disk_before_the_name_and_the_name_before_the_end(synced):
    target, calls = synced
    with atomic(target) as temporary:
        temporary.write_text("newer")
    (file, size, before), (folder, _, after) = calls
    assert (file, size, before) == ("file", 5, "old")
    assert (folder, after) == ("folder", "newer")


@pytest.mark.parametrize(("number", "tolerated"), [(errno.EINVAL, True), (errno.EIO, False)])
def test_a_file_system_that_cannot_sync_folders_is_no_error(
    tmp_path, monkeypatch, number, tolerated
):
    def fsync(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, "no")

    monkeypatch.setattr(os, "fsync", fsync)
    outcome = nullcontext() if tolerated else pytest.raises(OSError, match="no")
    with outcome, atomic(tmp_path / "x") as temporary:
        temporary.write_text("whole")
    assert (tmp_path / "x").read_text() == "whole"


def test_sha256(tmp_path):
    (tmp_path / "x").write_bytes(b"abc")
    assert sha256(tmp_path / "x") == hashlib.sha256(b"abc").hexdigest()


def test_a_stamp_changes_with_names_sizes_and_times_and_with_nothing_else(tmp_path):
    one, two = tmp_path / "one {x}.mid", tmp_path / "two.mid"
    one.write_bytes(b"1")
    stamps = [stamp([one, two])]

    def is_new():
        stamps.append(stamp([two, one]))  # in any order
        return stamps[-1] not in stamps[:-1]

    assert not is_new()
    two.write_bytes(b"")  # there, though empty
    assert is_new()
    two.write_bytes(b"2")
    assert is_new()
    os.utime(two, ns=(0, 0))  # older than before
    assert is_new()
    assert not is_new()
    two.rename(two.with_name("three.mid"))
    two = two.with_name("three.mid")
    assert is_new()
    assert stamp([]) != stamp([one])
