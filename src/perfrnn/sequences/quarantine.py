"""The quarantine table: what was left out of the training data, at which step and why."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from perfrnn.corpus.tables import in_one_line, read_own_table, write_table


@dataclass(frozen=True)
class Quarantine:
    """One source file, or one part of it, that was left out.

    Attributes
    ----------
    id : the source's id in the manifest.
    path : where the file is, or should be.
    stage : the step that left it out: `fetch`, `convert` or `dataset`.
    reason : why, in one line.
    """

    id: str
    path: str
    stage: str
    reason: str


QUARANTINE_COLUMNS = tuple(field.name for field in fields(Quarantine))


def write_quarantine(path: str | Path, rows: Iterable[Quarantine]) -> None:
    """Write `rows`, in their order, as a tab-separated table; no rows make a header only."""
    write_table(path, QUARANTINE_COLUMNS, (in_one_line(astuple(row)) for row in rows))


def read_quarantine(path: str | Path) -> list[Quarantine]:
    """Read a table written by `write_quarantine`.

    Raises
    ------
    CorpusError
        If it is damaged or another table.
    """
    return [Quarantine(**row) for row in read_own_table(path, QUARANTINE_COLUMNS)]
