"""Downloads that survive a bad line: resumed, retried, verified, and whole or absent.

While a download runs its bytes are in `<target>.part`, with `<target>.part.json` beside it: the
address and the server's validator, by which a later run knows that the rest it asks for belongs
to the same content (RFC 9110, sections 13.1.5 and 14.2).
"""

import json
import logging
import re
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit
from urllib.request import url2pathname

import requests
import urllib3
from tqdm import tqdm

from perfrnn.errors import ConfigError, CorpusError, storage_fault
from perfrnn.files import atomic, sha256

log = logging.getLogger(__name__)

BLOCK = 1 << 16
LONGEST_PAUSE = 60.0
TRANSIENT_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
TRANSIENT = (requests.RequestException, urllib3.exceptions.HTTPError)
HOPELESS = (
    requests.TooManyRedirects,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
)


class DigestError(CorpusError):
    """What was fetched is not the file that was expected."""


class _BrokenError(Exception):
    """An attempt failed, another may not; `pause` is how long the server wants us to wait."""

    def __init__(self, reason: str, pause: float = 0.0) -> None:
        super().__init__(reason)
        self.pause = pause


def local_file(url: str) -> Path | None:
    """Return the path that a `file://` address names; None for other addresses."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
        return None
    return Path(url2pathname(parts.path))


def download(
    url: str,
    target: str | Path,
    *,
    key: str,
    digest: str = "",
    limit: int = 2 << 30,
    attempts: int = 5,
    pause: float = 1.0,
    timeout: float = 30.0,
) -> Path:
    """Fetch `url` into `target`, unless it is there already.

    Parameters
    ----------
    url : `https://`, `http://` or `file://` address.
    target : the file to make; it appears under this name only when it is whole and verified.
    key : config key or table row that holds the address, for error messages.
    digest : expected SHA-256; empty to take what the server sends. A target that is there counts
        as fetched if its digest agrees, or if none is expected.
    limit : most bytes to accept.
    attempts : tries in a row, none of which gets further than those before, before giving up.
    pause : seconds before the second try, doubled for each further one, at most a minute.
    timeout : seconds to wait for a connection, and for each block of data.

    Returns
    -------
    `target` as a Path.

    Raises
    ------
    ConfigError
        If the address is of another kind.
    CorpusError
        If it cannot be fetched or is too large.
    DigestError
        If its content is not the expected one.
    """
    target = Path(target)
    if target.is_file() and digest in ("", sha256(target)):
        return target
    source = local_file(url)
    if source is None and not re.match("https?://", url, re.IGNORECASE):
        raise ConfigError(f"{key}: {url} is not an https://, http:// or file:// address")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if source is not None:
            _copy(source, target, key, digest, limit)
        else:
            _Transfer(url, target, key, digest, limit, timeout).run(attempts, pause)
    except OSError as error:
        fault = storage_fault(OSError(error.errno, error.strerror, str(target)))
        reason = fault or f"{url} cannot be brought to {target}: {error}"
        raise CorpusError(f"{key}: {reason}") from error
    return target


def _copy(source: Path, target: Path, key: str, digest: str, limit: int) -> None:
    size = source.stat().st_size
    if size > limit:
        raise CorpusError(f"{key}: {source} has {size:,} bytes, more than the {limit:,} expected")
    with atomic(target) as temporary:
        shutil.copyfile(source, temporary)
        if digest not in ("", sha256(temporary)):
            raise DigestError(f"{key}: {source} is not the expected file (SHA-256 differs)")


class _Transfer:
    """One file on its way over HTTP."""

    def __init__(
        self, url: str, target: Path, key: str, digest: str, limit: int, timeout: float
    ) -> None:
        self.url, self.target, self.key, self.digest = url, target, key, digest
        self.limit, self.timeout = limit, timeout
        self.part = target.with_name(f"{target.name}.part")
        self.note = target.with_name(f"{target.name}.part.json")

    def run(self, attempts: int, pause: float) -> None:
        """Try until the file is there or `attempts` tries in a row brought nothing new."""
        furthest = failures = 0
        while True:
            try:
                self._attempt()
                return
            except HOPELESS as error:
                raise self._error(f"cannot be fetched: {error}") from error
            except (
                _BrokenError,
                requests.RequestException,
                urllib3.exceptions.HTTPError,
            ) as error:
                size = self._size()
                failures = 1 if size > furthest else failures + 1
                furthest = max(size, furthest)
                if failures >= attempts:
                    raise self._error(f"cannot be fetched: {error}; run again to go on") from error
                asked = error.pause if isinstance(error, _BrokenError) else 0.0
                wait = min(max(pause * 2 ** (failures - 1), asked), LONGEST_PAUSE)
                log.warning("%s: %s; next try in %.0f s", self.url, error, wait)
                time.sleep(wait)

    def _attempt(self) -> None:
        start, validator = self._resume_point()
        headers = {"Accept-Encoding": "identity"}
        if start:
            headers["Range"] = f"bytes={start}-"
            if validator:
                headers["If-Range"] = validator
        with requests.get(self.url, headers=headers, stream=True, timeout=self.timeout) as answer:
            start, total = self._check(answer, start, validator)
            self._receive(answer, start, total)
        if self.digest not in ("", sha256(self.part)):
            self._discard()
            if start:  # the pieces may not fit together: once more, from the beginning
                raise _BrokenError("the resumed file is not the expected one")
            raise DigestError(f"{self.key}: {self.url} is not the expected file (SHA-256 differs)")
        self.part.replace(self.target)
        self._discard()

    def _check(
        self, answer: requests.Response, start: int, validator: str
    ) -> tuple[int, int | None]:
        """Return where the answer's body starts in the file, and the file's size if told."""
        status = answer.status_code
        if status in TRANSIENT_STATUS:
            after = answer.headers.get("Retry-After", "")
            raise _BrokenError(f"status {status}", float(after) if after.isdecimal() else 0.0)
        if status == 416 and start:
            self._discard()
            raise _BrokenError("what is left of an earlier download is of no use")
        if status == 206 and start:
            span = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", answer.headers.get("Content-Range", ""))
            # A server that does not know If-Range may continue other content.
            other = validator and _validator(answer) not in ("", validator)
            if not span or int(span[1]) != start or other:
                self._discard()
                raise _BrokenError("the server did not send the rest of what it sent before")
            total: int | None = int(span[2])
        elif status == 200:
            length = answer.headers.get("Content-Length", "")
            start, total = 0, int(length) if length.isdecimal() else None
        else:
            raise self._error(f"cannot be fetched: status {status}; check the address")
        if total is not None and total > self.limit:
            raise self._error(f"has {total:,} bytes, more than the {self.limit:,} expected")
        return start, total

    def _receive(self, answer: requests.Response, start: int, total: int | None) -> None:
        if not start:
            self.part.unlink(missing_ok=True)
            self.note.write_text(
                json.dumps({"url": self.url, "validator": _validator(answer)}), encoding="utf-8"
            )
        size = start
        with (
            self.part.open("ab") as file,
            _Progress(self.target.name, start, total) as progress,
        ):
            for block in _blocks(answer):
                size += len(block)
                if size > self.limit:
                    self._discard()
                    raise self._error(f"has more than the {self.limit:,} bytes expected")
                file.write(block)
                progress.advance(len(block))
        if total is not None and size != total:
            if size > total:
                self._discard()
            raise _BrokenError(f"got {size:,} of {total:,} bytes")

    def _resume_point(self) -> tuple[int, str]:
        """Return how many bytes an earlier attempt left, and the validator of their content."""
        size = self._size()
        if not size:
            return 0, ""
        try:
            note = json.loads(self.note.read_text(encoding="utf-8"))
            url, validator = str(note["url"]), str(note["validator"])
        except (OSError, ValueError, KeyError, TypeError):
            url = validator = ""
        # Without a validator only an expected digest can tell whether the pieces fit together.
        if url == self.url and (validator or self.digest):
            return size, validator
        self._discard()
        return 0, ""

    def _size(self) -> int:
        return self.part.stat().st_size if self.part.is_file() else 0

    def _discard(self) -> None:
        self.part.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)

    def _error(self, what: str) -> CorpusError:
        return CorpusError(f"{self.key}: {self.url} {what}")


def _validator(answer: requests.Response) -> str:
    """Return what If-Range takes: a strong entity tag, or else the date of the last change."""
    tag = str(answer.headers.get("ETag", ""))
    if tag and not tag.startswith("W/"):
        return tag
    return str(answer.headers.get("Last-Modified", ""))


def _blocks(answer: requests.Response) -> Iterator[bytes]:
    """Yield the body as it comes over the line, never decompressed."""
    yield from answer.raw.stream(BLOCK, decode_content=False)


class _Progress:
    """A bar on a terminal, a line every ten seconds in a log."""

    INTERVAL = 10.0

    def __init__(self, name: str, start: int, total: int | None) -> None:
        self.name, self.size, self.total = name, start, total
        self.due = time.monotonic() + self.INTERVAL
        self.bar = tqdm(
            desc=name,
            initial=start,
            total=total,
            unit="B",
            unit_scale=True,
            disable=not sys.stderr.isatty(),
        )

    def __enter__(self) -> Self:
        return self

    def advance(self, count: int) -> None:
        self.size += count
        self.bar.update(count)
        if self.bar.disable and time.monotonic() >= self.due:
            self.due = time.monotonic() + self.INTERVAL
            whole = f" of {self.total / 1e6:.1f}" if self.total else ""
            log.info("%s: %.1f%s MB", self.name, self.size / 1e6, whole)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.bar.close()
