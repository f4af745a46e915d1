"""Who is trained on and who is held out: the settings, the data sets' own splits, and content."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from perfrnn.corpus.manifest import Source
from perfrnn.corpus.works import pieces_of
from perfrnn.dataset.duplicates import Entry, joined_pieces, keep_apart
from perfrnn.dataset.official import (
    has_official_split,
    hold_out_too,
    official_split,
    officially_held_out,
)
from perfrnn.dataset.parameters import DatasetParameters, Drawn, SplitBy
from perfrnn.dataset.split import Split, assign_splits, refuse_heard
from perfrnn.errors import CorpusError

log = logging.getLogger(__name__)


class Division(NamedTuple):
    """A division of the corpus.

    Attributes
    ----------
    split : the split of every source id that takes part.
    apart : what would leak and takes no part, each with the held-out source or piece that it has.
    moved : ids that the official split holds out, but whose pieces start weights learned from;
        they are trained on.
    """

    split: dict[str, Split]
    apart: dict[str, str]
    moved: list[str]


def divide(
    sources: Sequence[Source],
    segments: Mapping[str, int],
    duplicates: Sequence[Entry],
    settings: DatasetParameters,
    *,
    held_out: Collection[str] | None = None,
    heard: Collection[str] = (),
) -> Division:
    """Divide a corpus as its settings ask, and keep held-out music out of training.

    With `split_by="file"` nothing is kept apart, since that way is there to show what it leaks.

    Parameters
    ----------
    sources : the manifest.
    segments : segments of each source id; ids without segments are left out.
    duplicates : what the corpus has more than once.
    held_out : pieces that are the test set, or join the official one; None leaves it at that.
    heard : pieces that the start weights learned from; these, and what shares a piece with them
        by content, can be trained on only.

    Raises
    ------
    CorpusError
        If a set would be empty, or `held_out` names a piece of `heard`.
    """
    way = _way(settings["split_by"], sources)
    if way == "file":
        known = _heard(sources, (), heard)
        pieces = {source.piece for source in sources if source.id in known}
        return Division(_by_lot(sources, segments, way, settings, held_out, pieces), {}, [])
    listed = {source.id for source in sources if source.piece in (held_out or ())}
    by_name = _heard([source for source in sources if source.id in listed], (), heard)
    known = (_heard(sources, duplicates, heard) - listed) | by_name
    partly = _partly_listed(sources, held_out or ())
    if way == "official":
        return _divide_officially(
            sources, segments, duplicates, held_out=held_out or (), known=known, partly=partly
        )
    sides: dict[str, Split] = {
        id_: "test" if id_ in listed else "train" for id_ in segments if segments[id_]
    }
    apart = partly | keep_apart(sides, duplicates)
    # What a table holds out is what it names and nothing else; only the rest hangs together.
    free = [_without(entry, listed | apart.keys()) for entry in duplicates]
    pool = joined_pieces(sources, free)
    pieces = {source.piece for source in pool if source.id in known}
    counts = {id_: count for id_, count in segments.items() if id_ not in apart}
    return Division(_by_lot(pool, counts, way, settings, held_out, pieces), apart, [])


def draw(
    sources: Sequence[Source],
    segments: Mapping[str, int],
    duplicates: Sequence[Entry],
    way: SplitBy,
    settings: DatasetParameters,
) -> dict[str, Split]:
    """Return the split that one way of splitting gives, whatever is held out or heard besides."""
    way = _way(way, sources)
    if way == "official":
        return official_split(sources, segments)
    return _by_lot(joined_pieces(sources, duplicates), segments, way, settings)


def _way(way: SplitBy, sources: Sequence[Source]) -> SplitBy:
    """Return by what to divide: by piece where no source comes with a split."""
    return "piece" if way == "official" and not has_official_split(sources) else way


def _by_lot(
    sources: Sequence[Source],
    segments: Mapping[str, int],
    way: Drawn,
    settings: DatasetParameters,
    held_out: Collection[str] | None = None,
    heard: Collection[str] = (),
) -> dict[str, Split]:
    return assign_splits(
        sources,
        segments,
        eval_ratio=settings["eval_ratio"],
        split_by=way,
        seed=settings["seed"],
        held_out=held_out,
        heard=heard,
    )


def _divide_officially(
    sources: Sequence[Source],
    segments: Mapping[str, int],
    duplicates: Sequence[Entry],
    *,
    held_out: Collection[str],
    known: Collection[str],
    partly: Mapping[str, str],
) -> Division:
    """Divide as the data sets themselves do; `known` are the ids of what is heard."""
    refuse_heard(held_out, {source.piece for source in sources if source.id in known})
    split = hold_out_too(official_split(sources, segments), sources, held_out)
    moved = sorted(id_ for id_, side in split.items() if side != "train" and id_ in known)
    split |= dict.fromkeys(moved, "train")
    if moved:
        log.warning(
            "the bundled models learned from the pieces of %d files that the official split "
            "holds out; they are trained on (first: %s)", len(moved), moved[0],
        )  # fmt: skip
    apart = keep_apart(split, duplicates, set(officially_held_out(sources)) - set(known))
    apart |= {id_: piece for id_, piece in partly.items() if split.get(id_) == "train"}
    split = {id_: side for id_, side in split.items() if id_ not in apart}
    if "eval" not in split.values():  # the test set chooses the kept step too
        split = {id_: "eval" if side == "test" else side for id_, side in split.items()}
    if {"train", "eval"} - set(split.values()):
        raise CorpusError(
            "the official split leaves no music to train on, or none to judge by that the bundled "
            "models have not learned from; set `dataset.split_by: piece`, add files, or set "
            "another `pretrained.source`"
        )
    return Division(split, apart, moved)


def _heard(
    sources: Sequence[Source], duplicates: Sequence[Entry], heard: Collection[str]
) -> set[str]:
    """Return the ids of sources that have a piece of `heard`, by name or by content."""
    names = set(heard)
    named = {source.id for source in sources if names.intersection(pieces_of(source.piece))}
    shared = [
        {*entry.same_piece, *entry.same_performance} for entry in duplicates if entry.id in named
    ]
    return named.union(*shared)


def _partly_listed(sources: Sequence[Source], pieces: Collection[str]) -> dict[str, str]:
    """Return the ids of sources that have a listed piece beside others, with that piece."""
    found = {}
    for source in sources:
        listed = [piece for piece in pieces_of(source.piece) if piece in pieces]
        if listed and source.piece not in pieces:
            found[source.id] = listed[0]
    return found


def _without(entry: Entry, ids: Collection[str]) -> Entry:
    """Return an entry that shares no piece with the given ids."""
    if entry.id in ids:
        return replace(entry, same_piece=())
    return replace(entry, same_piece=tuple(id_ for id_ in entry.same_piece if id_ not in ids))
