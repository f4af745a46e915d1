"""Atomic files and digests."""

import errno
import gzip
import hashlib
import os
import stat
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from full_disk import tiny_disk
from perfrnn import files
from perfrnn.errors import PerfRNNError, storage_fault
from perfrnn.files import atomic, content_sha256, read_json, sha256, staged, stamp


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


LEAVE = """
import os, sys
from perfrnn.files import atomic
with atomic(sys.argv[1]) as temporary:
    temporary.write_text("half")
    os._exit(9)
"""


def leave_half(target):
    """Let a process be killed while it writes `target`; return what it leaves."""
    killed = subprocess.run([sys.executable, "-c", LEAVE, str(target)], check=False)
    assert killed.returncode == 9
    (left,) = target.parent.iterdir()
    return left


def test_what_a_killed_process_left_goes_when_the_file_is_written_next(tmp_path):
    target = tmp_path / "x.json"
    assert leave_half(target).name.startswith(".x.json.")
    with atomic(target) as temporary:
        temporary.write_text("whole")
    assert list(tmp_path.iterdir()) == [target]


def test_what_a_live_process_writes_and_what_is_not_ours_stays(tmp_path):
    target = tmp_path / "x.json"
    (tmp_path / ".x.json.swp").write_text("an editor's")
    with atomic(target) as first:
        first.write_text("one")
        with atomic(target) as second:
            second.write_text("two")
            assert first.exists()
        assert target.read_text() == "two"
    assert target.read_text() == "one"
    assert (tmp_path / ".x.json.swp").exists()


def test_what_another_machine_writes_stays_for_a_day(tmp_path, monkeypatch):
    target = tmp_path / "x.json"
    left = leave_half(target)
    monkeypatch.setattr(files, "_machine", lambda: "000000")
    with atomic(target) as temporary:
        temporary.write_text("whole")
    assert left.exists()
    yesterday = time.time() - 25 * 3600
    os.utime(left, (yesterday, yesterday))
    with atomic(target) as temporary:
        temporary.write_text("whole")
    assert list(tmp_path.iterdir()) == [target]


@given(st.text("ab .é🎹", min_size=1, max_size=80).filter(lambda name: name.strip(". ")))
def test_any_name_that_a_file_can_have_can_be_written(tmp_path_factory, name):
    target = tmp_path_factory.mktemp("names") / f"{name[:60]}.mid"
    with atomic(target) as temporary:
        temporary.write_text("whole")
        assert temporary.suffix == ".mid"
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_errors_name_the_file_and_not_its_temporary_name(tmp_path):
    target = tmp_path / "x.json"
    with pytest.raises(FileNotFoundError) as error, atomic(target) as temporary:
        temporary.read_text()
    assert error.value.filename == str(target)


def test_an_error_about_another_file_keeps_its_name(tmp_path):
    with pytest.raises(FileNotFoundError) as error, atomic(tmp_path / "x"):
        (tmp_path / "other").read_text()
    assert error.value.filename == str(tmp_path / "other")


def write_text(path):
    with path.open("w") as file:
        file.write("x" * 300_000)


def write_sound(path):
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, (100_000, 2)), 44100)


@pytest.mark.parametrize(("write", "name"), [(write_text, "x.txt"), (write_sound, "x.wav")])
def test_a_full_disk_is_told_with_the_name_of_the_file(tmp_path, write, name):
    with tiny_disk(tmp_path / "disk", kilobytes=64) as disk:
        with pytest.raises(OSError, match="No space left") as error, atomic(disk / name) as file:
            write(file)
        assert storage_fault(error.value) == (
            f"{disk / name}: No space left on device; make room on that disk, then run the same "
            "command again"
        )
        assert list(disk.iterdir()) == []


def test_an_error_that_has_nothing_to_do_with_the_disk_stays_what_it_is(tmp_path):
    with pytest.raises(RuntimeError, match="broken"), atomic(tmp_path / "x"):
        raise RuntimeError("broken")


def test_other_errors_of_the_system_are_no_fault_of_the_storage():
    assert storage_fault(FileNotFoundError(errno.ENOENT, "No such file", "x")) is None
    assert storage_fault(OSError("no number")) is None


def test_a_failed_copy_names_its_target():
    fault = OSError(errno.ENOSPC, "No space left on device", "from", None, "to")
    assert storage_fault(fault).startswith("to: No space left on device; make room")


def test_staged_files_appear_together_inside_the_folder(tmp_path):
    with staged(tmp_path / "a" / "b") as temporary:
        assert temporary.parent == tmp_path / "a" / "b"
        (temporary / "1").write_text("one")
        (temporary / "2").write_text("two")
        assert [path.name for path in temporary.parent.iterdir()] == [temporary.name]
    assert sorted(path.name for path in (tmp_path / "a" / "b").iterdir()) == ["1", "2"]


def test_nothing_of_a_failed_stage_stays(tmp_path):
    (tmp_path / "there").mkdir()

    def fail(folder):
        with staged(folder) as temporary:
            (temporary / "1").write_text("half")
            raise RuntimeError("broken")

    for folder in (tmp_path / "there", tmp_path / "new" / "folder"):
        with pytest.raises(RuntimeError, match="broken"):
            fail(folder)
    assert list(tmp_path.rglob("*")) == [tmp_path / "there"]


def test_what_a_killed_stage_left_goes_with_the_next_one(tmp_path):
    leave = """
import os, sys
from perfrnn.files import staged
with staged(sys.argv[1]) as temporary:
    (temporary / "x").write_text("half")
    os._exit(9)
"""
    killed = subprocess.run([sys.executable, "-c", leave, str(tmp_path)], check=False)
    assert killed.returncode == 9
    assert len(list(tmp_path.iterdir())) == 1
    with staged(tmp_path) as temporary:
        (temporary / "whole").write_text("")
    assert list(tmp_path.iterdir()) == [tmp_path / "whole"]


def test_a_folder_that_may_be_written_and_not_listed_is_written(tmp_path, monkeypatch):
    def refuse(folder):
        raise PermissionError(errno.EACCES, "Permission denied", str(folder))

    monkeypatch.setattr(Path, "iterdir", refuse)
    with atomic(tmp_path / "x") as temporary:
        temporary.write_text("whole")
    assert (tmp_path / "x").read_text() == "whole"


def test_json_is_read_back(tmp_path):
    (tmp_path / "x.json").write_text('{"a": [1, null]}')
    assert read_json(tmp_path / "x.json", {"a": list}) == {"a": [1, None]}


@pytest.mark.parametrize(
    "content", [b"", b'{"a": ', b"\xff\xfe\x00", b"[]", b'{"a": 1}', b'{"b": []}', None]
)
def test_damaged_json_is_told_in_one_line(tmp_path, content):
    path = tmp_path / "x.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PerfRNNError) as error:
        read_json(path, {"a": list})
    assert str(error.value).startswith(f"{path}: ")
    assert str(error.value).endswith("; delete it, and the same command makes it again")
    assert "\n" not in str(error.value)


def test_the_digest_of_content_is_that_of_what_was_compressed(tmp_path):
    for name, level, mtime in (("a.gz", 1, 0), ("b.gz", 9, 5)):
        (tmp_path / name).write_bytes(gzip.compress(b"abc" * 1000, level, mtime=mtime))
    (tmp_path / "plain").write_bytes(b"abc" * 1000)
    assert (tmp_path / "a.gz").read_bytes() != (tmp_path / "b.gz").read_bytes()
    digests = {content_sha256(tmp_path / name) for name in ("a.gz", "b.gz", "plain")}
    assert digests == {hashlib.sha256(b"abc" * 1000).hexdigest()}


def test_a_digest_of_damaged_content_is_an_error_that_names_the_file(tmp_path):
    whole = gzip.compress(bytes(range(256)) * 100)
    flipped = whole[:40] + bytes([whole[40] ^ 255]) + whole[41:]
    for content in (whole[:50], b"no gzip", flipped):
        (tmp_path / "x.gz").write_bytes(content)
        with pytest.raises(PerfRNNError, match=r"x\.gz: damaged .*; delete it"):
            content_sha256(tmp_path / "x.gz")
