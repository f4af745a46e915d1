"""The manifest: one row for each source file of a corpus, present or missing."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal, get_args

import pandas as pd

from perfrnn.errors import CorpusError
from perfrnn.files import atomic

Role = Literal["performance", "score"]
Format = Literal["midi", "musicxml"]


@dataclass(frozen=True, kw_only=True)
class Source:
    """One source file.

    Attributes
    ----------
    id : unique within the corpus, stable across machines, safe as part of a file name.
    role : what the file notates: a human `performance` or a `score`.
    format : which reader takes it: `midi` or `musicxml`.
    composer, title : for people.
    piece : normalised key of the work; the split keeps all sources of one piece together.
    path : where the file is, relative to the working directory (or absolute).
    sha256 : digest of the content, empty if the file is missing.
    problem : why the file cannot be used (missing, altered); empty if it can.
    """

    id: str
    role: Role
    format: Format
    composer: str
    title: str
    piece: str
    path: str
    sha256: str = ""
    problem: str = ""


COLUMNS = tuple(field.name for field in fields(Source))


def write_manifest(path: str | Path, sources: Iterable[Source]) -> None:
    """Write `sources`, sorted by id, as a tab-separated table.

    Raises
    ------
    CorpusError
        If there is no source at all, or two share an id.
    """
    rows = sorted(sources, key=lambda source: source.id)
    if not rows:
        raise CorpusError(f"{path}: the corpus is empty; check `corpus` in the config")
    table = pd.DataFrame([asdict(row) for row in rows], columns=COLUMNS)
    doubles = table.loc[table["id"].duplicated(), "id"]
    if len(doubles):
        raise CorpusError(f"{path}: the id {doubles.iloc[0]!r} names two files; rename one")
    with atomic(path) as temporary:
        table.to_csv(temporary, sep="\t", index=False)


def read_manifest(path: str | Path) -> list[Source]:
    """Read a manifest written by `write_manifest`.

    Raises
    ------
    CorpusError
        If a column is missing or a role or format is unknown.
    """
    table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    if tuple(table.columns) != COLUMNS:
        raise CorpusError(f"{path}: expected the columns {', '.join(COLUMNS)}; delete it to redo")
    for column, allowed in (("role", get_args(Role)), ("format", get_args(Format))):
        unknown = set(table[column]) - set(allowed)
        if unknown:
            raise CorpusError(f"{path}: unknown {column} {unknown.pop()!r}; one of {allowed}")
    return [Source(**dict(zip(COLUMNS, row, strict=True))) for row in table.to_numpy()]
