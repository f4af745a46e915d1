"""Data sets that their host serves as one zip archive, with a table of what is in it."""

import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from perfrnn.corpus.archive import Expected, extract, has_content
from perfrnn.corpus.download import download, local_file
from perfrnn.corpus.inventory import Fetched, describe
from perfrnn.errors import CorpusError

log = logging.getLogger(__name__)

Missing = Literal["error", "skip"]

ARCHIVE_LIMIT = 1 << 30


def fetch_files(
    raw: Path,
    wanted: Mapping[str, Expected],
    beside: Mapping[str, Expected],
    *,
    source: str,
    url: str,
    table: str | Path,
    missing: Missing,
) -> list[Fetched]:
    """Bring files of an archive into the folder `raw`.

    Files that are there already and have the right content are left alone; only if some are not
    is the archive opened, and, unless it is a `file://` address, downloaded into `raw` first. It
    stays there, so that another choice of files needs no second download.

    Parameters
    ----------
    raw : folder for the files, which keep their paths in the data set.
    wanted : the chosen files, by path.
    beside : what comes along when the archive is opened, such as a licence, and is not counted.
    source : name of the data set's section in the config.
    url : address of the zip archive, `https://`, `http://` or `file://`.
    table : what says which files are right, for messages.
    missing : whether a file that is missing or altered ends the run (`error`) or gets a row with
        a problem (`skip`).

    Returns
    -------
    One row for each file of `wanted`, in its order.

    Raises
    ------
    CorpusError
        If the archive cannot be had or is none; with `missing="error"`, if a file is missing.
    """
    absent = {path: file for path, file in wanted.items() if not has_content(raw / path, file)}
    problems: dict[str, str] = {}
    if absent:
        archive = _archive(raw, url, f"{source}.url")
        found = extract(archive, raw, absent | dict(beside))
        problems = {path: problem for path, problem in found.items() if path in wanted}
    if problems:
        path, problem = next(iter(problems.items()))
        summary = f"{len(problems)} of {len(wanted)} files are not as in {table} (first: {path}"
        summary += f" {problem})"
        if missing == "error":
            raise CorpusError(
                f"{source}.url: {summary}; name an archive of the pinned version, or set "
                f"`{source}.missing: skip`"
            )
        log.warning("%s: %s", source, summary)
    return [
        Fetched(path=path, problem=problems[path]) if path in problems else describe(raw, path)
        for path in wanted
    ]


def _archive(raw: Path, url: str, key: str) -> Path:
    """Return the archive, downloaded into `raw` unless it is on this machine."""
    local = local_file(url)
    if local is None:
        # One name for each address, so that a new address is never answered by an old archive.
        name = f"archive-{hashlib.sha256(url.encode()).hexdigest()[:8]}.zip"
        return download(url, raw / name, key=key, limit=ARCHIVE_LIMIT)
    if not local.is_file():
        raise CorpusError(f"{key}: there is no file {local}")
    return local
