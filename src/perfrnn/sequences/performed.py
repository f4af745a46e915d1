"""The table of performed scores: which files became performances, and why they count as scores."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from perfrnn.corpus.tables import in_one_line, read_own_table, write_table


@dataclass(frozen=True)
class Performed:
    """One source file that was performed.

    Attributes
    ----------
    id : the source's id in the manifest.
    path : where the file is.
    reason : by what it was known for a score, in one line.
    style : in which it was played.
    renditions : performances that it became, in digits.
    """

    id: str
    path: str
    reason: str
    style: str
    renditions: str


PERFORMED_COLUMNS = tuple(field.name for field in fields(Performed))


def write_performed(path: str | Path, rows: Iterable[Performed]) -> None:
    """Write `rows`, in their order, as a tab-separated table; no rows make a header only."""
    write_table(path, PERFORMED_COLUMNS, (in_one_line(astuple(row)) for row in rows))


def read_performed(path: str | Path) -> list[Performed]:
    """Read a table written by `write_performed`.

    Raises
    ------
    CorpusError
        If it is damaged or another table.
    """
    return [Performed(**row) for row in read_own_table(path, PERFORMED_COLUMNS)]
