"""Files that are either whole or absent."""

import errno
import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` when the block succeeds.

    The temporary name keeps the suffix, since many writers choose a format by it. When the block
    raises, the temporary file is removed and an existing `path` is left as it was. What was
    written is on the disk before it is renamed, so that a power failure leaves the old file or the
    new one.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    suffixes = "".join(path.suffixes[-2:])
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}{suffixes}")
    try:
        yield temporary
        with temporary.open("r+b") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
        _sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


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


def sha256(path: str | Path) -> str:
    """Return the SHA-256 digest of a file as 64 hexadecimal digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
