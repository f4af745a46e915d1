"""Extraction from archives that mean harm."""

import hashlib
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from perfrnn.corpus import archive as module
from perfrnn.corpus.archive import Blob, Digest, blob_id, extract, has_content
from perfrnn.errors import CorpusError

TEXT = b"hello world\n"
# `printf 'hello world\n' | git hash-object --stdin`
TEXT_ID = "3b18e512dba79e4c8300dd08aeb37f8e728b8dad"


def pack(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def want(content: bytes = TEXT) -> Blob:
    return Blob(hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest(), len(content))


def files_below(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir()}


def test_the_blob_id_is_gits() -> None:
    assert blob_id(TEXT) == TEXT_ID
    assert blob_id(b"") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"


def test_extracts_what_is_wanted_and_nothing_else(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", {"repo-main/A/x.mid": TEXT, "repo-main/B/y.mid": TEXT})
    out = tmp_path / "out"
    assert extract(path, out, {"A/x.mid": Blob(TEXT_ID, 12)}) == {}
    assert files_below(out) == {"A/x.mid"}
    assert (out / "A/x.mid").read_bytes() == TEXT


def test_the_size_may_be_unknown(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", {"r/x.mid": TEXT})
    assert extract(path, tmp_path / "out", {"x.mid": Blob(TEXT_ID)}) == {}


def test_names_what_is_missing_or_altered(tmp_path: Path) -> None:
    same_size = bytes(reversed(TEXT))
    path = pack(tmp_path / "a.zip", {"r/longer.mid": TEXT + b"!", "r/other.mid": same_size})
    out = tmp_path / "out"
    problems = extract(path, out, dict.fromkeys(["longer.mid", "none.mid", "other.mid"], want()))
    assert problems["none.mid"] == "missing from the archive"
    assert problems["longer.mid"] == "altered: 13 bytes in the archive, 12 expected"
    assert problems["other.mid"] == (
        f"altered: git blob id {want(same_size).id} in the archive, {TEXT_ID} expected"
    )
    assert not out.exists() or files_below(out) == set()


@pytest.mark.parametrize(
    "name", ["../evil.mid", "/evil.mid", "r/../../evil.mid", "r/..\\evil.mid", "C:/evil.mid"]
)
def test_members_that_lead_out_are_never_written(tmp_path: Path, name: str) -> None:
    (tmp_path / "box").mkdir()
    path = pack(tmp_path / "box/a.zip", {name: TEXT, "r/x.mid": TEXT})
    assert extract(path, tmp_path / "box/out", {"x.mid": want(), "evil.mid": want()}) in (
        {"evil.mid": "missing from the archive"},
        {},  # `C:/evil.mid` is evil.mid below a folder `C:`, and harmless as such
    )
    assert files_below(tmp_path) <= {"box/a.zip", "box/out/x.mid", "box/out/evil.mid"}


@pytest.mark.parametrize("path", ["../x.mid", "/etc/x.mid", "a/../../x.mid", "a\\..\\..\\x.mid"])
def test_a_table_that_leads_out_is_refused(tmp_path: Path, path: str) -> None:
    archive = pack(tmp_path / "a.zip", {f"r/{path}": TEXT})
    with pytest.raises(CorpusError, match="leads out of"):
        extract(archive, tmp_path / "out", {path: want()})


def test_a_link_in_the_folder_is_not_followed(tmp_path: Path) -> None:
    outside, out = tmp_path / "outside", tmp_path / "out"
    outside.mkdir()
    out.mkdir()
    (out / "A").symlink_to(outside)
    path = pack(tmp_path / "a.zip", {"r/A/x.mid": TEXT})
    with pytest.raises(CorpusError, match="leads out of"):
        extract(path, out, {"A/x.mid": want()})
    assert files_below(outside) == set()


def test_a_symbolic_link_in_the_archive_is_refused(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("r/x.mid")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    target = b"/etc/hosts\0\0"
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, target)
    problems = extract(tmp_path / "a.zip", tmp_path / "out", {"x.mid": want(target)})
    assert problems == {"x.mid": "is a symbolic link in the archive"}


def test_a_bomb_is_refused_by_its_declared_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGEST", 1000)
    bomb = bytes(1_000_000)
    path = pack(tmp_path / "a.zip", {"r/x.mid": bomb})
    out = tmp_path / "out"
    assert "altered: 1,000,000 bytes" in extract(path, out, {"x.mid": want()})["x.mid"]
    blob = Blob(want(bomb).id)
    assert "too large: 1,000,000 bytes" in extract(path, out, {"x.mid": blob})["x.mid"]


def test_a_bomb_is_refused_by_its_real_size(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", {"r/x.mid": bytes(1_000_000)})
    data = bytearray(path.read_bytes())
    # Both headers now claim 12 bytes (local header: offset 22; central directory: offset 24).
    central = data.rindex(b"PK\1\2")
    struct.pack_into("<I", data, 22, 12)
    struct.pack_into("<I", data, central + 24, 12)
    path.write_bytes(data)
    problems = extract(path, tmp_path / "out", {"x.mid": want()})
    assert set(problems) == {"x.mid"}
    assert not (tmp_path / "out").exists()


def test_damaged_and_strangely_packed_members_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("r/damaged.mid", TEXT)
        archive.writestr("r/packed.mid", TEXT, compress_type=zipfile.ZIP_LZMA)
        archive.writestr("r/good.mid", TEXT)
    data = path.read_bytes()
    path.write_bytes(data.replace(TEXT, TEXT[::-1], 1))
    wanted = dict.fromkeys(["damaged.mid", "good.mid", "packed.mid"], want())
    problems = extract(path, tmp_path / "out", wanted)
    assert "cannot be read from the archive: Bad CRC-32" in problems["damaged.mid"]
    assert problems["packed.mid"] == "is packed in a way that is not accepted"
    assert files_below(tmp_path / "out") == {"good.mid"}


def test_an_encrypted_member_is_named(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", {"r/x.mid": TEXT})
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.rindex(b"PK\1\2") + 8] |= 1
    path.write_bytes(data)
    assert "encrypted" in extract(path, tmp_path / "out", {"x.mid": want()})["x.mid"]


@pytest.mark.parametrize("keep", [0, 10, 60, -30])
def test_half_an_archive_is_no_archive(tmp_path: Path, keep: int) -> None:
    path = pack(tmp_path / "a.zip", {"r/x.mid": TEXT})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CorpusError, match=r"a\.zip: is not a whole zip archive .*; delete it"):
        extract(path, tmp_path / "out", {"x.mid": want()})


def test_any_flipped_byte_harms_nothing(tmp_path: Path) -> None:
    original = pack(tmp_path / "a.zip", {"r/x.mid": TEXT, "r/y.mid": TEXT * 9}).read_bytes()
    wanted = {"x.mid": want(), "y.mid": want(TEXT * 9)}
    for position in range(len(original)):
        data = bytearray(original)
        data[position] ^= 0xFF
        path = tmp_path / "b.zip"
        path.write_bytes(data)
        out = tmp_path / "out"
        try:
            problems = extract(path, out, wanted)
        except CorpusError:
            continue
        for name, blob in wanted.items():
            assert name in problems or has_content(out / name, blob)
            (out / name).unlink(missing_ok=True)


def test_an_absurd_number_of_members_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_MEMBERS", 2)
    path = pack(tmp_path / "a.zip", {f"r/{i}.mid": TEXT for i in range(3)})
    with pytest.raises(CorpusError, match="has 3 members"):
        extract(path, tmp_path / "out", {"1.mid": want()})


def test_only_a_plain_file_has_content(tmp_path: Path) -> None:
    file = tmp_path / "x"
    assert not has_content(file, want())
    file.write_bytes(TEXT)
    assert has_content(file, Blob(TEXT_ID, 12))
    assert has_content(file, Blob(TEXT_ID))
    assert not has_content(file, Blob(TEXT_ID, 13))
    assert not has_content(file, want(TEXT[::-1]))
    (tmp_path / "link").symlink_to(file)
    assert not has_content(tmp_path / "link", want())
    assert not has_content(tmp_path, want())


def test_a_digest_is_held_against_the_whole_content(tmp_path: Path) -> None:
    # `printf 'hello world\n' | sha256sum`
    right = Digest("a948904f2f0f479b8f8197694b30184b0d2ed1c1cd2a1ec0fb85d299a192a447", 12)
    path = pack(tmp_path / "a.zip", {"r/x.mid": TEXT, "r/y.mid": TEXT[::-1]})
    problems = extract(path, tmp_path / "out", {"x.mid": right, "y.mid": right})
    assert list(problems) == ["y.mid"]
    assert problems["y.mid"].startswith("altered: SHA-256 ")
    assert has_content(tmp_path / "out/x.mid", right)
