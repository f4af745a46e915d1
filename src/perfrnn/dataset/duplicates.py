"""Music that a corpus has twice: found by content, kept once, and never on both sides.

Two data sets may hold one recording under different names, cut differently: MAESTRO a whole
sonata, ASAP its movements. Of every such pair one is kept. And whatever shares a piece with
held-out music, by content or by name, is kept out of training.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from perfrnn.corpus.manifest import Source
from perfrnn.corpus.tables import read_own_table, write_table
from perfrnn.corpus.works import pieces_of
from perfrnn.dataset.fingerprints import Fingerprint, Match, same_performances, same_pieces
from perfrnn.errors import CorpusError
from perfrnn.files import MAKE_AGAIN

COLUMNS = (
    "id", "status", "same_performance", "performance_share", "same_piece", "piece_share",
)  # fmt: skip
KEPT, LEFT_OUT = "kept", "left out"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What else of a corpus has the music of one source.

    Attributes
    ----------
    id : the source's.
    kept : whether it is the one to keep of its performance.
    same_performance : ids of the sources with this performance, or with a part of it.
    performance_share : the largest share of n-grams in common with one of them; 0 without any.
    same_piece, piece_share : the same for its piece, whoever plays it.
    """

    id: str
    kept: bool = True
    same_performance: tuple[str, ...] = ()
    performance_share: float = 0.0
    same_piece: tuple[str, ...] = ()
    piece_share: float = 0.0


def find_duplicates(
    sources: Sequence[Source], prints: Sequence[Fingerprint], held_out: Collection[str] = ()
) -> list[Entry]:
    """Return an entry for each fingerprint, by id.

    Which of a pair with one performance is kept: of a piece that is to be held out, the file that
    has a split of its own least (so that a list of pieces means the same files with and without
    another data set beside them); then what that split holds out; else the one with more notes.
    Scores are never left out.

    Parameters
    ----------
    sources : the manifest.
    prints : of the sources that were converted.
    held_out : keys of the pieces that are to be held out; config `dataset.held_out`.
    """
    by_id = {source.id: source for source in sources}
    notes = {found.id: found.notes for found in prints}

    def rank(id_: str) -> tuple[bool, bool, int, str]:
        source = by_id[id_]
        listed = source.piece in held_out and not source.official_split
        return (listed, source.official_split in ("validation", "test"), notes[id_], id_)

    played = [
        match
        for match in same_performances(prints)
        if by_id[match.one].role == by_id[match.other].role == "performance"
    ]
    left_out: set[str] = set()
    for match in sorted(played, key=lambda match: max(map(rank, match[:2])), reverse=True):
        if not left_out & {match.one, match.other}:
            left_out.add(min(match[:2], key=rank))
    performance = _by_id(played)
    piece = _by_id([*same_pieces(prints), *_same_names([by_id[found.id] for found in prints])])
    return [
        Entry(
            id=id_,
            kept=id_ not in left_out,
            same_performance=tuple(sorted(performance[id_])),
            performance_share=max(performance[id_].values(), default=0.0),
            same_piece=tuple(sorted(piece[id_])),
            piece_share=max(piece[id_].values(), default=0.0),
        )
        for id_ in sorted(notes)
    ]


def keep_apart(
    split: Mapping[str, str], entries: Iterable[Entry], held_out: Collection[str] = ()
) -> dict[str, str]:
    """Return what has to leave its set, each with the held-out source that has its piece.

    Training must know nothing of what is held out, and what chooses the kept step nothing of the
    test set.

    Parameters
    ----------
    split : side of each source id: `train`, `eval` or `test`.
    held_out : further ids that training must know nothing of, whether they are in `split` or not.
    """
    tested = {id_ for id_, side in split.items() if side == "test"}
    unknown_to = {
        "train": {id_ for id_, side in split.items() if side != "train"} | set(held_out),
        "eval": tested,
    }
    found = {}
    for entry in entries:
        shared = unknown_to.get(split.get(entry.id, ""), set()).intersection(entry.same_piece)
        if shared:
            found[entry.id] = min(shared)
    return found


def joined_pieces(sources: Sequence[Source], entries: Iterable[Entry]) -> list[Source]:
    """Return the sources with one `piece` for all that hang together, for a split by piece."""
    above: dict[str, str] = {source.id: source.id for source in sources}

    def top(id_: str) -> str:
        while above[id_] != id_:
            above[id_] = id_ = above[above[id_]]
        return id_

    for entry in entries:
        for other in entry.same_piece:
            one, two = sorted((top(entry.id), top(other)))
            above[two] = one
    pieces = {source.id: source.piece for source in sources}
    return [replace(source, piece=pieces[top(source.id)]) for source in sources]


def without_doubles(sources: Sequence[Source], entries: Collection[Entry]) -> list[Source]:
    """Return the sources that are kept, with one `piece` for all that hang together."""
    left_out = {entry.id for entry in entries if not entry.kept}
    return [source for source in joined_pieces(sources, entries) if source.id not in left_out]


def known_pieces(
    rows: Iterable[Mapping[str, str]], sources: Iterable[Source], entries: Iterable[Entry]
) -> set[tuple[str, str]]:
    """Return pairs of piece and set: what a model of this split has learned from, and what not.

    Besides the pieces of the split itself, those count as trained on that training had under
    another name: of files that are left out because another has their performance. So a corpus
    that has only the other name will know them.

    Parameters
    ----------
    rows : those of `split.tsv`.
    sources : the manifest.
    """
    split = {row["id"]: row["split"] for row in rows}
    named = {source.id: source.piece for source in sources}
    trained = {id_ for id_, side in split.items() if side == "train"}
    pairs = {(named[id_], side) for id_, side in split.items()}
    for entry in entries:
        others = {*entry.same_piece, *entry.same_performance} & split.keys()
        if entry.id not in split and others and others <= trained:
            pairs.add((named[entry.id], "train"))
    return pairs


def write_duplicates(path: str | Path, entries: Iterable[Entry]) -> None:
    """Write entries as a tab-separated table; several ids in a cell are parted by blanks."""
    rows = (
        (
            entry.id,
            KEPT if entry.kept else LEFT_OUT,
            " ".join(entry.same_performance),
            f"{entry.performance_share:.4f}",
            " ".join(entry.same_piece),
            f"{entry.piece_share:.4f}",
        )
        for entry in entries
    )
    write_table(path, COLUMNS, rows)


def read_duplicates(path: str | Path) -> list[Entry]:
    """Read a table written by `write_duplicates`.

    Raises
    ------
    CorpusError
        If it is not such a table; the mend is to have it made again.
    """
    try:
        return [_entry(row) for row in read_own_table(path, COLUMNS)]
    except ValueError as error:
        raise CorpusError(f"{path}: {error}; {MAKE_AGAIN}") from error


def _entry(row: Mapping[str, str]) -> Entry:
    return Entry(
        id=row["id"],
        kept=row["status"] == KEPT,
        same_performance=tuple(row["same_performance"].split()),
        performance_share=float(row["performance_share"]),
        same_piece=tuple(row["same_piece"].split()),
        piece_share=float(row["piece_share"]),
    )


def _by_id(matches: Iterable[Match]) -> dict[str, dict[str, float]]:
    """Return the partners of each id, with the share in common."""
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for one, other, share in matches:
        for id_, partner in ((one, other), (other, one)):
            found[id_][partner] = max(share, found[id_].get(partner, 0.0))
    return found


def _same_names(sources: Sequence[Source]) -> list[Match]:
    """Return the pairs of sources whose names have a piece in common; content shows no share."""
    named: dict[str, list[str]] = defaultdict(list)
    for source in sources:
        for piece in pieces_of(source.piece):
            named[piece].append(source.id)
    return [
        Match(one, other, 0.0)
        for ids in named.values()
        for number, one in enumerate(ids)
        for other in ids[number + 1 :]
    ]
