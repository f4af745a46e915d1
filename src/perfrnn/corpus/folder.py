"""Anyone's own corpus: a folder of MIDI and MusicXML files, nested as they like.

A file's piece is its name, so that `scores/prelude.mxl` and `played/prelude.mid` stay on one
side of the split; its composer is the name of the first folder on its way. A table `pieces.tsv`
in the folder, with the columns path and piece and perhaps composer and title, says otherwise for
the files that it names.
"""

import hashlib
import logging
import os
from collections import Counter
from pathlib import Path, PurePosixPath

from perfrnn.corpus.inventory import Fetched, describe
from perfrnn.corpus.manifest import FORMATS, Source, format_of, slug
from perfrnn.corpus.tables import read_table
from perfrnn.errors import ConfigError, CorpusError

log = logging.getLogger(__name__)

PIECES = "pieces.tsv"
UNKNOWN = "unknown"
LONGEST_ID = 120


def fetch(folder: str | Path) -> list[Fetched]:
    """Take stock of a folder; nothing is copied or changed.

    Hidden files and folders (names that begin with a dot) are passed over, and so is every file
    whose suffix, in any case, is not .mid, .midi, .musicxml, .xml or .mxl.

    Parameters
    ----------
    folder : the folder; config `folder.path`.

    Returns
    -------
    One row a file, sorted by path. A file with the same content as one before it, or that cannot
    be read, has a problem.

    Raises
    ------
    ConfigError
        If there is no such folder or it cannot be listed.
    CorpusError
        If it has no file of these kinds.
    """
    folder = Path(folder)
    first: dict[str, str] = {}
    fetched = []
    for path in music_files(folder):
        row = _take_stock(folder, path)
        if row.sha256:
            original = first.setdefault(row.sha256, path)
            if original != path:
                row = Fetched(
                    path=path,
                    bytes=row.bytes,
                    sha256=row.sha256,
                    problem=f"duplicate of {original}: same content",
                )
        if row.problem:
            log.warning("%s: %s", folder / row.path, row.problem)
        fetched.append(row)
    if not fetched:
        raise CorpusError(f"folder.path: {folder} has no {', '.join(FORMATS)} file in it")
    return fetched


def sources(folder: str | Path, fetched: list[Fetched]) -> list[Source]:
    """Return the manifest's rows for what `fetch(folder)` returned.

    MIDI files count as performances, MusicXML files as scores.

    Raises
    ------
    CorpusError
        If `pieces.tsv` lacks a column, names a file twice, or names one that is not there.
    """
    folder = Path(folder)
    named = _read_pieces(folder, {file.path for file in fetched})
    taken = Counter(slug(_stem(file.path)) for file in fetched)
    rows = []
    for file in fetched:
        path = PurePosixPath(file.path)
        row = named.get(file.path, {})
        format_ = format_of(path)
        if format_ is None:
            raise CorpusError(f"{folder / path}: is neither MIDI nor MusicXML by its suffix")
        composer = path.parts[0] if len(path.parts) > 1 else UNKNOWN
        rows.append(
            Source(
                id=_identify(file.path, taken),
                role="performance" if format_ == "midi" else "score",
                format=format_,
                composer=row.get("composer") or composer,
                title=row.get("title") or path.stem,
                piece=slug(row.get("piece") or path.stem) or UNKNOWN,
                path=str(folder / path),
                sha256=file.sha256,
                problem=file.problem,
            )
        )
    return rows


def music_files(folder: Path) -> list[str]:
    """Return the paths, relative to `folder`, of all files whose suffix is a format's."""

    def refuse(error: OSError) -> None:
        raise ConfigError(
            f"folder.path: {error.filename}: {error.strerror}; give yourself the right to list it"
        ) from error

    if not os.path.isdir(folder):  # noqa: PTH112 - unlike Path's, it raises nothing
        raise ConfigError(f"folder.path: there is no folder {folder}")
    paths = []
    for parent, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        base = Path(parent).relative_to(folder)
        paths += [
            (base / name).as_posix()
            for name in names
            if not name.startswith(".") and format_of(name)
        ]
    return sorted(paths)


def _take_stock(folder: Path, path: str) -> Fetched:
    """Return the inventory row of one file, with a problem if it cannot be read."""
    try:
        path.encode()
    except UnicodeEncodeError:
        shown = os.fsencode(path).decode("utf-8", "backslashreplace")
        return Fetched(path=shown, problem="the name is not UTF-8; rename the file")
    if {"\n", "\r"} & set(path):  # every table has a line for each file
        shown = path.replace("\n", "\\n").replace("\r", "\\r")
        return Fetched(path=shown, problem="the name has a line break in it; rename the file")
    try:
        # A pipe would never end, a broken link has no content.
        if not (folder / path).is_file():
            return Fetched(path=path, problem="is not a regular file")
        return describe(folder, path)
    except OSError as error:
        return Fetched(path=path, problem=f"cannot be read: {error.strerror}")


def _read_pieces(folder: Path, there: set[str]) -> dict[str, dict[str, str]]:
    """Return the rows of `pieces.tsv` by path; none if there is no such table."""
    table = folder / PIECES
    if not table.exists():
        return {}
    rows: dict[str, dict[str, str]] = {}
    for row in read_table(table, ("path", "piece"), ("composer", "title")):
        path = PurePosixPath(row["path"]).as_posix()
        if path in rows:
            raise CorpusError(f"{table}: {path} is there twice")
        if path not in there:
            raise CorpusError(f"{table}: {path} is not a file of {folder}")
        rows[path] = row
    return rows


def _stem(path: str) -> str:
    return str(PurePosixPath(path).with_suffix(""))


def _identify(path: str, taken: Counter[str]) -> str:
    """Return a file's id: its path as a key, with a digest where that is not enough of a name."""
    name = slug(_stem(path))
    if name and len(name) <= LONGEST_ID and taken[name] == 1:
        return name
    digest = hashlib.sha256(path.encode()).hexdigest()[:8]
    return f"{name[:LONGEST_ID]}-{digest}".lstrip("-")
