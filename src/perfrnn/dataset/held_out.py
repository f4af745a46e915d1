"""Tables of pieces: those to hold out, and those that start weights learned from."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from perfrnn.corpus.tables import read_table, write_table
from perfrnn.corpus.works import pieces_of
from perfrnn.errors import CorpusError

log = logging.getLogger(__name__)

SHOWN = 3
"""Names of an error that are spelled out."""


@dataclass(frozen=True)
class HeldOut:
    """What a table of pieces to hold out means for one corpus.

    Attributes
    ----------
    pieces : those that the corpus has.
    elsewhere : those that it has not, which the table gives to another corpus.
    """

    pieces: frozenset[str]
    elsewhere: tuple[str, ...] = ()


def read_held_out(path: Path, pieces: Collection[str], corpora: Collection[str]) -> HeldOut:
    """Read a table of pieces to hold out.

    Parameters
    ----------
    path : a table with the column `piece`; a column `corpus` says which corpus a piece is of.
    pieces : all pieces of the corpus; one that names several works has each of them.
    corpora : what the corpus is made of, such as `asap` and `musescore`.

    Raises
    ------
    CorpusError
        If the table cannot be read, or a name matches no piece and is not said to be of another
        corpus.
    """
    pieces = {*pieces, *(each for piece in pieces for each in pieces_of(piece))}
    rows = read_table(path, ("piece",), ("composer", "title", "corpus"))
    absent = [row for row in rows if row["piece"] not in pieces]
    elsewhere = [row["piece"] for row in absent if row["corpus"] and row["corpus"] not in corpora]
    wrong = [row["piece"] for row in absent if row["piece"] not in elsewhere]
    if wrong:
        raise CorpusError(
            f"{path}: {len(wrong)} of {len(rows)} names match no piece of the corpus "
            f"({', '.join(wrong[:SHOWN])}); write them as in the column `piece` of manifest.tsv, "
            "or take them out"
        )
    if elsewhere:
        log.info(
            "%s: %d of %d pieces are of another corpus: %s",
            path, len(elsewhere), len(rows), ", ".join(elsewhere),
        )  # fmt: skip
    return HeldOut(frozenset(row["piece"] for row in rows) & pieces, tuple(elsewhere))


def read_heard(path: Path) -> frozenset[str]:
    """Read which pieces start weights learned from: those with `train` in the column `split`.

    A name of several works (`perfrnn.corpus.works`) stands for each of them.
    """
    rows = read_table(path, ("piece", "split"))
    return frozenset(
        piece for row in rows if row["split"] == "train" for piece in pieces_of(row["piece"])
    )


def write_pieces(path: Path, pieces: Iterable[tuple[str, str]]) -> None:
    """Write which pieces a model learned from and was judged by: pairs of piece and split."""
    write_table(path, ("piece", "split"), sorted(set(pieces)))
