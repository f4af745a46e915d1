"""The inventory of a fetch: what lies in a raw folder, and what is wrong with it.

The workflow's fetch rules write an inventory and nothing else: the raw folder is not an output
that Snakemake would delete, so partial downloads and files put there by hand survive.
"""

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from perfrnn.corpus.tables import read_own_table, write_table
from perfrnn.errors import CorpusError
from perfrnn.files import MAKE_AGAIN, sha256


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """One file that a source should serve.

    Attributes
    ----------
    path : the file, relative to the raw folder, with forward slashes.
    bytes : its size, 0 if it is missing.
    sha256 : digest of its content, empty if it is missing.
    problem : why it cannot be used (missing, altered, duplicate); empty if it can.
    """

    path: str
    bytes: int = 0
    sha256: str = ""
    problem: str = ""


COLUMNS = tuple(field.name for field in fields(Fetched))


def describe(raw: Path, path: str, problem: str = "") -> Fetched:
    """Return the inventory row of the file `raw / path`, which must exist."""
    file = raw / path
    return Fetched(path=path, bytes=file.stat().st_size, sha256=sha256(file), problem=problem)


def write_inventory(path: str | Path, files: Iterable[Fetched]) -> None:
    """Write `files`, sorted by path, as a tab-separated table."""
    rows = sorted(files, key=lambda file: file.path)
    write_table(path, COLUMNS, [astuple(row) for row in rows])


def read_inventory(path: str | Path) -> list[Fetched]:
    """Read an inventory written by `write_inventory`.

    Raises
    ------
    CorpusError
        If it is not such a table.
    """
    rows = read_own_table(path, COLUMNS)
    for row in rows:
        if not row["bytes"].isdecimal():
            raise CorpusError(f"{path}: {row['bytes']!r} is no number of bytes; {MAKE_AGAIN}")
    return [
        Fetched(
            path=row["path"],
            bytes=int(row["bytes"]),
            sha256=row["sha256"],
            problem=row["problem"],
        )
        for row in rows
    ]
