"""Magenta's own bundles: fetched from where it publishes them, and known again.

Magenta gives no digests. What the first download brought is trusted, as far as it is a bundle,
and its digest is noted; from then on nothing else is accepted under that name.
"""

from __future__ import annotations

import logging
from pathlib import Path

from perfrnn.corpus.download import DigestError, download
from perfrnn.files import atomic, sha256
from perfrnn.network.bundle import BundleError, read_bundle

log = logging.getLogger(__name__)

LIMIT = 64 << 20
"""Most bytes of a bundle; Magenta's have some 30 MB."""


def fetch_bundle(url: str, bundle: Path, record: Path) -> None:
    """Fetch a bundle into the file `bundle`, and note its digest in `record` the first time.

    Parameters
    ----------
    record : a line as `sha256sum` writes and checks it; it outlives the bundle.

    Raises
    ------
    BundleError
        If it is no bundle, or not the one that was fetched first.
    CorpusError, ConfigError
        If it cannot be fetched or is too large (`perfrnn.corpus.download`).
    """
    known = _read_record(record)
    if not known and url.lower().startswith("http:"):
        log.warning("%s: nothing but the line it comes over says that it is Magenta's", url)
    try:
        download(url, bundle, key="pretrained.url", digest=known, limit=LIMIT)
    except DigestError as error:
        raise BundleError(
            f"{error}: it has changed since {record} was written; use the bundle you had "
            "(`pretrained.source`), or, if you trust the new one, delete that file"
        ) from error
    try:
        read_bundle(bundle)
    except BundleError:
        bundle.unlink()  # so that the next run fetches it again
        raise
    if not known:
        with atomic(record) as temporary:
            temporary.write_text(f"{sha256(bundle)}  {bundle.name}\n", encoding="utf-8")


def _read_record(record: Path) -> str:
    """Return the digest noted; empty if there is none yet."""
    if not record.exists():
        return ""
    words = record.read_text(encoding="utf-8", errors="replace").split()
    if not words or len(words[0]) != 64 or set(words[0]) - set("0123456789abcdef"):
        raise BundleError(f"{record}: is no line of sha256sum; delete it")
    return words[0]
