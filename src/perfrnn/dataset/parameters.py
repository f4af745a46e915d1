"""What the dataset step depends on."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

SegmentMode = Literal["magenta", "full"]
Drawn = Literal["piece", "file"]
"""Ways of splitting by lot."""
SplitBy = Literal["official", Drawn]


class EncodingParameters(TypedDict):
    """What the segments of one source depend on, besides its NoteSequences.

    Keys and units are those of `dataset` in `config/README.md`.
    """

    segments: SegmentMode
    min_events: int
    max_events: int
    stretch: list[float]
    segment_seconds: NotRequired[float]


class DatasetParameters(EncodingParameters):
    """Everything that the records of a corpus depend on, besides its NoteSequences."""

    eval_ratio: float
    split_by: SplitBy
    seed: int
    held_out: NotRequired[str]
    unheard_by: NotRequired[Literal["bundled"]]
    """Start weights that must not have learned from any piece that is not for training."""
