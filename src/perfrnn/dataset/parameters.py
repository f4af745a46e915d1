"""What the dataset step depends on."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

SegmentMode = Literal["magenta", "full"]
Drawn = Literal["piece", "file"]
"""Ways of splitting by lot."""
SplitBy = Literal["official", Drawn]


class DatasetParameters(TypedDict):
    """Everything that the records of a corpus depend on, besides its NoteSequences.

    Keys and units are those of `dataset` in `config/README.md`.
    """

    eval_ratio: float
    split_by: SplitBy
    segments: SegmentMode
    min_events: int
    max_events: int
    stretch: list[float]
    seed: int
    segment_seconds: NotRequired[float]
    held_out: NotRequired[str]
    unheard_by: NotRequired[Literal["bundled"]]
    """Start weights that must not have learned from any piece that is not for training."""
