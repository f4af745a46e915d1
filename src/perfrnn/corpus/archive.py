"""Files out of a zip archive that nobody vouches for.

Only members that are expected, by path and digest, are ever written, and only inside the target
folder, after their content was checked; so neither a member's path nor its size, declared or real,
is trusted.
"""

import hashlib
import stat
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from perfrnn.errors import CorpusError
from perfrnn.files import atomic

MOST_MEMBERS = 100_000
LARGEST = 64 << 20


class Blob(NamedTuple):
    """What a git tree says of a file.

    Attributes
    ----------
    id : git's name for the content, see `blob_id`.
    bytes : its size, None if it is not known.
    """

    id: str
    bytes: int | None = None


class Digest(NamedTuple):
    """What a table of SHA-256 digests says of a file.

    Attributes
    ----------
    id : the digest of its content, 64 hexadecimal digits.
    bytes : its size, None if it is not known.
    """

    id: str
    bytes: int | None = None


Expected = Blob | Digest
NAMES: dict[type, str] = {Blob: "git blob id", Digest: "SHA-256"}


class _RefusedError(Exception):
    """A member is not what it should be; the message says how."""


def blob_id(content: bytes) -> str:
    """Return the SHA-1 of `blob`, a blank, the size in digits, a zero byte and the content."""
    header = b"blob %d\0" % len(content)
    return hashlib.sha1(header + content, usedforsecurity=False).hexdigest()


def _id_like(expected: Expected, content: bytes) -> str:
    """Return the id of a content, of the kind that `expected` has."""
    if isinstance(expected, Blob):
        return blob_id(content)
    return hashlib.sha256(content).hexdigest()


def has_content(path: Path, expected: Expected) -> bool:
    """Tell whether a file (not a link) lies at `path` and has the expected content."""
    if path.is_symlink() or not path.is_file():
        return False
    size = path.stat().st_size
    fits = size <= LARGEST if expected.bytes is None else size == expected.bytes
    return fits and _id_like(expected, path.read_bytes()) == expected.id


def extract(archive: Path, folder: Path, wanted: Mapping[str, Expected]) -> dict[str, str]:
    """Extract the members `wanted` of a data set's zip archive.

    Such an archive holds the data set's files below one folder of any name. Whatever is not
    wanted is not even looked at.

    Parameters
    ----------
    archive : the zip file.
    folder : where the members go, below the paths they have in the data set.
    wanted : what to extract, by path in the data set.

    Returns
    -------
    For each path that could not be extracted, why.

    Raises
    ------
    CorpusError
        If the file is no zip archive, has an absurd number of members, or a wanted path leads
        out of `folder`.
    """
    for path in wanted:
        _check_inside(folder, path)
    try:
        opened = zipfile.ZipFile(archive)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise CorpusError(
            f"{archive}: is not a whole zip archive ({error}); delete it and run again"
        ) from error
    problems = {}
    with opened:
        members = _members(opened)
        for path, expected in wanted.items():
            try:
                content = _read(opened, members.get(path), expected)
            except _RefusedError as error:
                problems[path] = str(error)
                continue
            with atomic(folder / path) as temporary:
                temporary.write_bytes(content)
    return problems


def _members(opened: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Return the members by their path in the data set."""
    infos = opened.infolist()
    if len(infos) > MOST_MEMBERS:
        raise CorpusError(f"{opened.filename}: has {len(infos):,} members; is it the right file?")
    return {info.filename.partition("/")[2]: info for info in infos if not info.is_dir()}


def _read(opened: zipfile.ZipFile, info: zipfile.ZipInfo | None, expected: Expected) -> bytes:
    """Return a member's content if it is the expected one."""
    if info is None:
        raise _RefusedError("missing from the archive")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise _RefusedError("is a symbolic link in the archive")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _RefusedError("is packed in a way that is not accepted")
    size = info.file_size
    if expected.bytes is not None and size != expected.bytes:
        raise _RefusedError(f"altered: {size:,} bytes in the archive, {expected.bytes:,} expected")
    if size > LARGEST:
        raise _RefusedError(f"too large: {size:,} bytes in the archive, at most {LARGEST:,} taken")
    try:
        with opened.open(info) as member:
            content = member.read(size + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
        reason = str(error) or type(error).__name__
        raise _RefusedError(f"cannot be read from the archive: {reason}") from error
    found = _id_like(expected, content)
    if found != expected.id:
        name = NAMES[type(expected)]
        raise _RefusedError(f"altered: {name} {found} in the archive, {expected.id} expected")
    return content


def _check_inside(folder: Path, path: str) -> None:
    """Refuse a path that leads out of `folder`, by its name or by a link that lies there."""
    plain = not path.startswith("/") and ".." not in PurePosixPath(path).parts and "\\" not in path
    if not plain or not (folder / path).resolve().is_relative_to(folder.resolve()):
        raise CorpusError(f"{path!r} leads out of {folder}; mend the table or remove the link")
