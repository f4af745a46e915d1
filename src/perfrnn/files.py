"""Files that are either whole or absent."""

import errno
import gzip
import hashlib
import json
import os
import platform
import re
import secrets
import shutil
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from perfrnn.errors import STORAGE_MENDS, PerfRNNError

LONGEST_NAME = 48
"""Letters of a target's name in that of its temporary file: names have 255 bytes at most."""

STALE_SECONDS = 24 * 3600
"""A temporary file of another machine is left over when it has not been touched for so long."""

PROBE_BYTES = 1 << 16

MAKE_AGAIN = "delete it, and the same command makes it again"
"""The mend of a damaged file that this program wrote."""


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` when the block succeeds.

    The temporary name keeps the suffix, since many writers choose a format by it. When the block
    raises, the temporary file is removed and an existing `path` is left as it was. What was
    written is on the disk before it is renamed, so that a power failure leaves the old file or the
    new one. What killed processes have left beside `path` is removed too.

    Raises
    ------
    OSError
        What the block raises, but about `path` instead of the temporary file. A library's own
        error becomes an OSError too where the disk takes no more.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary_beside(path)
    try:
        with errors_about(path, temporary):
            yield temporary
            with temporary.open("r+b") as file:
                os.fsync(file.fileno())
            temporary.replace(path)
            _sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def staged(folder: str | Path) -> Iterator[Path]:
    """Yield a temporary folder inside `folder`; move its files up when the block succeeds.

    It lies inside since `folder` may be a mount point, or all that may be written. When the block
    raises, folders that were made for it are removed again.
    """
    folder = Path(folder)
    made = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        temporary = _temporary_beside(folder / "staged")
        try:
            with errors_about(folder, temporary):
                temporary.mkdir()
                yield temporary
                for file in sorted(temporary.iterdir()):
                    file.replace(folder / file.name)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except BaseException:
        for each in made:
            if each.is_dir() and not any(each.iterdir()):
                each.rmdir()
        raise


@contextmanager
def errors_about(path: Path, temporary: Path) -> Iterator[None]:
    """Let errors about `temporary` name `path`, which the user knows.

    Raises
    ------
    OSError
        Also in place of a library's own error, where the disk takes no more.
    """
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno in STORAGE_MENDS:
            error.filename = str(path)
        for name in ("filename", "filename2"):
            shown = getattr(error, name)
            if isinstance(shown, str | bytes | os.PathLike):
                shown = Path(os.fsdecode(shown))
                if shown.is_relative_to(temporary):
                    setattr(error, name, str(path / shown.relative_to(temporary)))
        raise
    except PerfRNNError:
        raise
    except Exception as error:
        # Libraries in other languages tell of a full disk in their own words, if at all.
        fault = _probe(temporary)
        if fault is None:
            raise
        raise OSError(fault.errno, fault.strerror, str(path)) from error


def read_json(
    path: str | Path, kinds: Mapping[str, type | tuple[type, ...]], *, mend: str = MAKE_AGAIN
) -> dict[str, Any]:
    """Read an object that this program wrote as JSON.

    Parameters
    ----------
    kinds : keys that it must have, and what their values must be.
    mend : what the user does about a damaged file.

    Raises
    ------
    PerfRNNError
        If it cannot be read, is damaged or lacks a key.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else f"damaged ({error})"
        raise PerfRNNError(f"{path}: {reason}; {mend}") from error
    for key, kind in kinds.items():
        if not isinstance(content, dict) or not isinstance(content.get(key), kind):
            raise PerfRNNError(f"{path}: damaged (it lacks `{key}`); {mend}")
    return content


def sha256(path: str | Path) -> str:
    """Return the SHA-256 digest of a file as 64 hexadecimal digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def content_sha256(path: str | Path) -> str:
    """Return the SHA-256 digest of what a file holds: of a .gz file, what was compressed.

    How well a library compresses is no matter of content, so another release of it may change
    the bytes of a file but not this digest.

    Raises
    ------
    PerfRNNError
        If a .gz file is damaged.
    """
    path = Path(path)
    if path.suffix != ".gz":
        return sha256(path)
    try:
        with gzip.open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise PerfRNNError(
            f"{path}: damaged ({error}); delete it to have it made again"
        ) from error


def stamp(paths: Iterable[str | Path]) -> str:
    """Return 16 hexadecimal digits that change with the files' names, sizes or times of change.

    Nothing is read, so thousands of files cost milliseconds. A file that is not there, or a link
    that leads nowhere, counts with its name.
    """
    digest = hashlib.sha256()
    for path in sorted(map(Path, paths)):
        try:
            status = path.stat()
            state = f"{status.st_size} {status.st_mtime_ns}"
        except OSError:
            state = ""
        digest.update(os.fsencode(path) + f"\0{state}\0".encode())
    return digest.hexdigest()[:16]


def _sync_folder(folder: Path) -> None:
    """Write the names in `folder` to the disk, where the platform can."""
    if os.name != "posix":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    except OSError as error:
        # Some network and user-space file systems cannot; they have their own promises.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(number)


def _temporary_beside(path: Path) -> Path:
    """Return a new temporary name beside `path`; remove those that killed processes left.

    The name tells the machine and the process, so that nobody removes what is being written.
    """
    prefix = f".{path.name[:LONGEST_NAME]}."
    for left in _left_over(path.parent, prefix):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)
    suffixes = "".join(path.suffixes[-2:])
    if len(suffixes) > LONGEST_NAME:
        suffixes = path.suffix[-LONGEST_NAME:]
    owner = f"{_machine()}-{os.getpid()}-{secrets.token_hex(4)}"
    return path.with_name(f"{prefix}{owner}{suffixes}")


def _left_over(folder: Path, prefix: str) -> list[Path]:
    """Return the temporary files in `folder` whose process is gone."""
    owned = re.compile(re.escape(prefix) + r"([0-9a-f]{6})-(\d+)-[0-9a-f]{8}(\..*)?")
    try:
        there = [(owned.fullmatch(path.name), path) for path in folder.iterdir()]
    except PermissionError:
        return []  # it may be written all the same
    return [path for owner, path in there if owner and _is_over(owner[1], int(owner[2]), path)]


def _is_over(machine: str, process: int, path: Path) -> bool:
    """Whether the process that wrote a temporary file is gone; where in doubt, it is not."""
    if machine == _machine():
        return not _is_alive(process)
    try:
        return time.time() - path.stat().st_mtime > STALE_SECONDS
    except FileNotFoundError:
        return False  # finished or removed in the meantime


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True  # another user's
    return True


@cache
def _machine() -> str:
    """Return six digits that stand for this machine, and for this container on it."""
    try:
        processes = os.readlink("/proc/self/ns/pid")  # noqa: PTH115 - it leads to no path
    except OSError:
        processes = ""
    return hashlib.sha256(f"{platform.node()} {processes}".encode()).hexdigest()[:6]


def _probe(temporary: Path) -> OSError | None:
    """Return the error that stands in the way of writing more to a file, if there is one."""
    try:
        with temporary.open("ab") as file:
            file.write(bytes(PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return error if error.errno in STORAGE_MENDS else None
    return None
