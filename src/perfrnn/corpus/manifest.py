"""The manifest: one row for each source file of a corpus, present or missing."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from itertools import pairwise
from pathlib import Path, PurePath
from typing import Any, Literal, get_args

from perfrnn.corpus.tables import read_own_table, write_table
from perfrnn.errors import CorpusError
from perfrnn.files import MAKE_AGAIN

Role = Literal["performance", "score"]
Format = Literal["midi", "musicxml"]
Official = Literal["", "train", "validation", "test"]

OFFICIAL: tuple[Official, ...] = ("train", "validation", "test")
"""Names of the parts of a split that a data set comes with."""

FORMATS: dict[str, Format] = {
    ".mid": "midi",
    ".midi": "midi",
    ".musicxml": "musicxml",
    ".xml": "musicxml",
    ".mxl": "musicxml",
}


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
    official_split : its part in the split that the data set comes with; empty if it has none.
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
    official_split: Official = ""


COLUMNS = tuple(field.name for field in fields(Source))


def format_of(path: str | PurePath) -> Format | None:
    """Return the format that a file's suffix promises, in any case; None for any other file."""
    return FORMATS.get(PurePath(path).suffix.lower())


def slug(text: str) -> str:
    """Return `text` as a key: lower case, no accents, words joined by hyphens.

    Letters and digits of every script are kept, everything else separates words, apostrophes
    vanish: `slug("Prélude, Op. 28/4")` is `prelude-op-28-4`.
    """
    letters = unicodedata.normalize("NFKD", re.sub("['’]", "", text))  # noqa: RUF001
    bare = "".join(letter for letter in letters if unicodedata.category(letter) != "Mn")
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFC", bare).casefold())
    return "-".join(words)


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
    for one, other in pairwise(rows):
        if one.id == other.id:
            raise CorpusError(f"{path}: the id {one.id!r} names two files; rename one")
    write_table(path, COLUMNS, [astuple(row) for row in rows])


def read_manifest(path: str | Path) -> list[Source]:
    """Read a manifest written by `write_manifest`.

    Raises
    ------
    CorpusError
        If a column is missing, or a role, format or official split is unknown.
    """
    table: list[dict[str, Any]] = [*read_own_table(path, COLUMNS)]
    kinds = {"role": get_args(Role), "format": get_args(Format)}
    for column, allowed in (kinds | {"official_split": get_args(Official)}).items():
        for row in table:
            if row[column] not in allowed:
                names = " or ".join(allowed)
                raise CorpusError(
                    f"{path}: unknown {column} {row[column]!r}; {names} is meant; {MAKE_AGAIN}"
                )
    return [Source(**row) for row in table]
