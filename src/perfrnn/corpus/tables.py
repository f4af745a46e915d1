"""Tab-separated tables with a header, read and written in one way."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from perfrnn.errors import CorpusError
from perfrnn.files import MAKE_AGAIN, atomic


def read_table(
    path: str | Path, columns: Sequence[str], optional: Sequence[str] = ()
) -> list[dict[str, str]]:
    """Read the rows of a table; its columns may be in any order.

    Parameters
    ----------
    columns : columns that must be there.
    optional : columns that may be there; where they are not, their cells are empty.

    Raises
    ------
    CorpusError
        If the file cannot be read, lacks a column, has an unknown or repeated one, or a row has
        more or fewer cells than the header.
    """
    header, *rows = _read_rows(path)
    names = set(header)
    if not set(columns) <= names <= {*columns, *optional} or len(names) != len(header):
        wanted = ", ".join(columns) + (f" (optional: {', '.join(optional)})" if optional else "")
        raise CorpusError(f"{path}: needs the tab-separated columns {wanted}")
    empty = dict.fromkeys(optional, "")
    table = []
    for number, row in enumerate(rows, 2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(header):
            raise CorpusError(f"{path}: row {number} has {len(row)} cells, not {len(header)}")
        table.append(empty | dict(zip(header, row, strict=True)))
    return table


def read_own_table(path: str | Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """Read a table that this program wrote.

    Raises
    ------
    CorpusError
        As `read_table` does; the mend is to have it made again.
    """
    try:
        return read_table(path, columns)
    except CorpusError as error:
        raise CorpusError(f"{error}; {MAKE_AGAIN}") from error


def read_column(path: str | Path, column: str) -> list[str]:
    """Read one column of a table that may have any others.

    Raises
    ------
    CorpusError
        If the file cannot be read, lacks the column, or a row ends before it.
    """
    header, *rows = _read_rows(path)
    if column not in header:
        raise CorpusError(f"{path}: has no column `{column}`; add the header line")
    place = header.index(column)
    kept = [(number, row) for number, row in enumerate(rows, 2) if any(map(str.strip, row))]
    for number, row in kept:
        if len(row) <= place:
            raise CorpusError(f"{path}: row {number} has no cell for `{column}`")
    return [row[place] for _, row in kept]


def _read_rows(path: str | Path) -> list[list[str]]:
    """Return the rows of a table, the header first."""
    try:
        # utf-8-sig: spreadsheets write a byte-order mark
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            return list(csv.reader(file, delimiter="\t")) or [[]]
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise CorpusError(f"{path}: is not a tab-separated table in UTF-8: {error}") from error


def write_table(
    path: str | Path, columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    """Write a table that `read_table` reads back; cells with tabs or line breaks are quoted."""
    with atomic(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, delimiter="\t", lineterminator="\n")
        table.writerow(columns)
        table.writerows(rows)


def in_one_line(row: Iterable[str]) -> list[str]:
    """Return a row's cells without the line breaks and tabs that a quoted message may have."""
    return [" ".join(cell.split()) for cell in row]
