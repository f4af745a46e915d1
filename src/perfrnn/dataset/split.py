"""The division of a corpus into training, evaluation and test, so that no piece is in two.

The evaluation set (what the dissertation calls so; elsewhere: validation set) chooses the step
that is kept and stops training; the test set chooses nothing, and what is said of a finished model
is measured on it.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from perfrnn.corpus.manifest import Source
from perfrnn.dataset.parameters import Drawn
from perfrnn.errors import CorpusError

Split = Literal["train", "eval", "test"]

LEAST_GROUPS = 5
"""Pieces (or files) of which evaluation and test set need each; with fewer, one set is both."""


@dataclass(frozen=True)
class _Groups:
    """What is divided: pieces, or single files.

    Attributes
    ----------
    ids : source ids of each group.
    pieces, composers : of each group.
    weight : segments of each group.
    """

    ids: Mapping[str, Sequence[str]]
    pieces: Mapping[str, str]
    composers: Mapping[str, str]
    weight: Mapping[str, int]

    def of(self, pieces: Collection[str]) -> set[str]:
        """Return the groups that belong to the given pieces."""
        return {key for key, piece in self.pieces.items() if piece in pieces}

    def draw(self, pool: Collection[str], wanted: float, rng: np.random.Generator) -> set[str]:
        """Return groups of `pool` that have about `wanted` segments together, at least one."""
        weight = {key: self.weight[key] for key in pool}
        return _choose(weight, self.composers, min(wanted / sum(weight.values()), 1.0), rng)


def assign_splits(
    sources: Sequence[Source],
    segments: Mapping[str, int],
    *,
    eval_ratio: float,
    split_by: Drawn,
    seed: int,
    held_out: Collection[str] | None = None,
    heard: Collection[str] = (),
) -> dict[str, Split]:
    """Return the split of every source id that has segments.

    Groups (pieces, or single files with `split_by="file"`, Magenta's way) are visited in seeded
    random order within their composer, and go to a set while that brings the composer's share
    of segments nearer to `eval_ratio`; then groups are moved while that brings the whole nearer.
    Where evaluation and test set would not have `LEAST_GROUPS` groups each, none is `test`: the
    evaluation set is the test set too.

    Parameters
    ----------
    segments : segments of each source id; ids without segments are left out.
    eval_ratio : share of all segments for evaluation, and for test if that is drawn, in (0, 0.5];
        where both are drawn, each gets at most a third (with `heard`, half) of what is not heard.
    held_out : pieces that are the test set, whatever their share; None draws them.
    heard : pieces that the start weights learned from, which can be trained on only.

    Raises
    ------
    CorpusError
        If a set would be empty, or `held_out` names a piece of `heard`.
    """
    groups = _group(sources, segments, split_by)
    if len(groups.ids) < 2:
        raise CorpusError(
            f"only {len(groups.ids)} {split_by} with music in it: at least two are needed to hold "
            "one out for evaluation; add files, or set `dataset.split_by: file`"
        )
    wanted = eval_ratio * sum(groups.weight.values())
    if held_out is None:
        sides = _draw_both(groups, groups.of(heard), wanted, seed)
    else:
        sides = _draw_rest(groups, held_out, heard, wanted, seed)
    return {
        id_: next((side for side, chosen in sides.items() if key in chosen), "train")
        for key, ids in groups.ids.items()
        for id_ in ids
    }


def _group(sources: Sequence[Source], segments: Mapping[str, int], split_by: Drawn) -> _Groups:
    ids: dict[str, list[str]] = defaultdict(list)
    pieces: dict[str, str] = {}
    composers: dict[str, str] = {}
    for source in sources:
        if segments.get(source.id, 0) > 0:
            key = source.piece if split_by == "piece" else source.id
            ids[key].append(source.id)
            pieces[key] = source.piece
            composers.setdefault(key, source.composer)
    weight = {key: sum(segments[id_] for id_ in members) for key, members in ids.items()}
    return _Groups(ids, pieces, composers, weight)


def _draw_both(
    groups: _Groups, heard: set[str], wanted: float, seed: int
) -> dict[Split, set[str]]:
    """Draw evaluation and test set, or one that is both."""
    pool = groups.ids.keys() - heard
    if not pool:
        raise CorpusError(
            "the bundled models learned from every piece of the corpus, so none is left to judge "
            "by; add others, or set another `pretrained.source`"
        )
    rng = np.random.default_rng(seed)
    most = sum(groups.weight[key] for key in pool) / (2 if heard else 3)
    test = groups.draw(pool, min(wanted, most), rng)
    if len(test) >= LEAST_GROUPS and (rest := pool - test):
        evaluation = groups.draw(rest, min(wanted, most), rng)
        if len(evaluation) >= LEAST_GROUPS:
            return {"eval": evaluation, "test": test}
    return {"eval": groups.draw(pool, wanted, np.random.default_rng(seed))}


def _draw_rest(
    groups: _Groups, held_out: Collection[str], heard: Collection[str], wanted: float, seed: int
) -> dict[Split, set[str]]:
    """Draw the evaluation set from what a table leaves; what it names is the test set."""
    refuse_heard({groups.pieces[key] for key in groups.of(held_out)}, heard)
    test = groups.of(held_out)
    rest = groups.ids.keys() - test
    if not test or not rest:
        raise CorpusError(
            f"`dataset.held_out` names {'all' if test else 'none'} of the corpus's pieces; list "
            "some of the manifest's column `piece`, or set it to null"
        )
    pool = rest - groups.of(heard)
    if not pool:
        raise CorpusError(
            "`dataset.held_out` names every piece that the bundled models never heard, and leaves "
            "none to choose the kept step by; set it to null, which divides them, or name fewer"
        )
    if len(rest) < 2:
        raise CorpusError(
            f"`dataset.held_out` leaves {len(rest)} to train on: two are needed, one of them to "
            "choose the kept step by; name fewer"
        )
    if pool == rest:
        wanted = min(wanted, sum(groups.weight[key] for key in rest) / 2)
    return {"eval": groups.draw(pool, wanted, np.random.default_rng(seed)), "test": test}


def refuse_heard(held_out: Collection[str], heard: Collection[str]) -> None:
    """Raise a CorpusError if pieces to hold out are some that the start weights learned from."""
    learned = sorted(set(held_out) & set(heard))
    if learned:
        raise CorpusError(
            f"`dataset.held_out` names {len(learned)} of the pieces that the bundled models "
            f"learned from ({', '.join(learned[:3])}); take them out, or set another "
            "`pretrained.source`"
        )


def _choose(
    weight: Mapping[str, int],
    composer: Mapping[str, str],
    ratio: float,
    rng: np.random.Generator,
) -> set[str]:
    by_composer: dict[str, list[str]] = defaultdict(list)
    for key in sorted(weight):
        by_composer[composer[key]].append(key)
    chosen: set[str] = set()
    for name in sorted(by_composer):
        keys = by_composer[name]
        wanted = ratio * sum(weight[key] for key in keys)
        taken = 0
        for index in rng.permutation(len(keys)):
            key = keys[index]
            if taken + weight[key] / 2 <= wanted:
                chosen.add(key)
                taken += weight[key]
    return _balance(weight, chosen, ratio * sum(weight.values()))


def _balance(weight: Mapping[str, int], chosen: set[str], wanted: float) -> set[str]:
    """Move single groups across while that brings the chosen weight nearer to `wanted`."""
    while True:
        excess = sum(weight[key] for key in chosen) - wanted
        sign = -1 if excess > 0 else 1
        movable = chosen if excess > 0 else weight.keys() - chosen
        best = min(sorted(movable), key=lambda key: abs(excess + sign * weight[key]), default=None)
        emptied = len(chosen) + sign in (0, len(weight))
        if best is None or (emptied and chosen):
            return chosen
        if chosen and abs(excess + sign * weight[best]) >= abs(excess):
            return chosen
        chosen = chosen ^ {best}
