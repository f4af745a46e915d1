"""The split that a data set comes with."""

from collections.abc import Collection, Mapping, Sequence

from perfrnn.corpus.manifest import Official, Source
from perfrnn.dataset.split import Split

SIDES: dict[Official, Split] = {"train": "train", "validation": "eval", "test": "test"}


def has_official_split(sources: Sequence[Source]) -> bool:
    """Tell whether any of the sources comes with a split."""
    return any(source.official_split for source in sources)


def officially_held_out(sources: Sequence[Source]) -> list[str]:
    """Return the ids of the sources that the split they come with holds out."""
    return [s.id for s in sources if s.official_split in ("validation", "test")]


def official_split(sources: Sequence[Source], segments: Mapping[str, int]) -> dict[str, Split]:
    """Return the split of every source id that has segments, as the data sets themselves have it.

    Sources without a split of their own are trained on: what others hold out is enough.

    Parameters
    ----------
    segments : segments of each source id; ids without segments are left out.
    """
    return {
        source.id: SIDES.get(source.official_split, "train")
        for source in sources
        if segments.get(source.id, 0) > 0
    }


def hold_out_too(
    split: Mapping[str, Split], sources: Sequence[Source], pieces: Collection[str]
) -> dict[str, Split]:
    """Return a split whose test set has the given pieces besides what it has already."""
    listed = {source.id for source in sources if source.piece in pieces}
    return {id_: "test" if id_ in listed else side for id_, side in split.items()}
