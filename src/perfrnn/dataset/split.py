"""The division of a corpus into training and evaluation, so that no piece is in both."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Literal

import numpy as np

from perfrnn.corpus.manifest import Source
from perfrnn.dataset.parameters import SplitBy
from perfrnn.errors import CorpusError

Split = Literal["train", "eval"]


def assign_splits(
    sources: Sequence[Source],
    segments: Mapping[str, int],
    *,
    eval_ratio: float,
    split_by: SplitBy,
    seed: int,
) -> dict[str, Split]:
    """Return the split of every source id that has segments.

    Groups (pieces, or single files with `split_by="file"`, Magenta's way) are visited in seeded
    random order within their composer, and go to evaluation while that brings the composer's share
    of segments nearer to `eval_ratio`; then groups are moved while that brings the whole nearer.

    Parameters
    ----------
    segments : segments of each source id; ids without segments are left out.
    eval_ratio : share of all segments to hold out, in (0, 1).

    Raises
    ------
    CorpusError
        If there are fewer than two groups, so that one side would be empty.
    """
    groups: dict[str, list[str]] = defaultdict(list)
    composer: dict[str, str] = {}
    for source in sources:
        if segments.get(source.id, 0) > 0:
            key = source.piece if split_by == "piece" else source.id
            groups[key].append(source.id)
            composer.setdefault(key, source.composer)
    if len(groups) < 2:
        raise CorpusError(
            f"only {len(groups)} {split_by} with music in it: at least two are needed to hold one "
            "out for evaluation; add files, or set `dataset.split_by: file`"
        )
    weight = {key: sum(segments[id_] for id_ in ids) for key, ids in groups.items()}
    held_out = _choose(weight, composer, eval_ratio, np.random.default_rng(seed))
    return {
        id_: "eval" if key in held_out else "train" for key, ids in groups.items() for id_ in ids
    }


def hold_out(
    sources: Sequence[Source], segments: Mapping[str, int], pieces: Collection[str]
) -> dict[str, Split]:
    """Return the split that holds out the given pieces, whatever their share.

    Raises
    ------
    CorpusError
        If one side would be empty.
    """
    split: dict[str, Split] = {
        source.id: "eval" if source.piece in pieces else "train"
        for source in sources
        if segments.get(source.id, 0) > 0
    }
    if len(set(split.values())) < 2:
        raise CorpusError(
            f"`dataset.held_out` names {'all' if 'eval' in split.values() else 'none'} of the "
            "corpus's pieces; list some of the manifest's column `piece`, or set it to null"
        )
    return split


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
