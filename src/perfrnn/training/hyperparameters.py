"""What a training depends on, and durations in steps and epochs."""

from __future__ import annotations

import math
import re
from typing import Literal, NotRequired, TypedDict

from perfrnn.errors import ConfigError

AUXILIARY_LOSSES = ("rhythm", "harmonic_progression", "harmonic_tension")
"""Names of the losses that can be added to the cross-entropy (`perfrnn.network.losses`)."""

Duration = int | str
"""Steps (`470`), or epochs in words (`"2 epochs"`)."""

_EPOCHS = re.compile(r"^\s*(\d+(?:\.\d+)?)\s+epochs?\s*$")


class Constant(TypedDict):
    """The same learning rate at every step."""

    schedule: Literal["constant"]
    value: float


class Piecewise(TypedDict):
    """One learning rate more than there are boundaries, which are steps."""

    schedule: Literal["piecewise"]
    boundaries: list[int]
    values: list[float]


class Cyclical(TypedDict):
    """Smith's triangular policy."""

    schedule: Literal["cyclical"]
    lower: float
    upper: float
    half_cycle: Duration


class Cosine(TypedDict):
    """A linear rise over `warmup`, then half a cosine down to 0."""

    schedule: Literal["cosine"]
    peak: float
    warmup: NotRequired[Duration]


class Trapezoid(TypedDict):
    """A linear rise over `warmup`, a plateau, and a linear fall to 0 over the last `cooldown`."""

    schedule: Literal["trapezoid"]
    peak: float
    warmup: NotRequired[Duration]
    cooldown: Duration


LearningRate = Constant | Piecewise | Cyclical | Cosine | Trapezoid


class Stopping(TypedDict):
    """When training stops early."""

    patience: Duration
    restarts: int
    restart_patience: NotRequired[Duration]


class NetworkSize(TypedDict):
    """LSTM layers and their units."""

    layers: int
    units: int


class TransformerSize(TypedDict):
    """Blocks, their width and heads, and how many events each looks back at."""

    blocks: int
    width: int
    heads: int
    context: int


class Spans(TypedDict):
    """How performances are cut into spans that start in silence."""

    seconds: float
    of: Literal["stretched", "all"]


class TrainingParameters(TypedDict):
    """Everything that the training of one iteration depends on, besides its files.

    Keys and units are those of `iterations.<name>` in `config/README.md`; a key that may be absent
    is absent where it would change nothing.
    """

    model: str
    network: NetworkSize | TransformerSize
    batch_size: int
    max_steps: int
    learning_rate: LearningRate
    evaluate_every: Duration
    precision: str
    seed: int
    transpose: list[int]
    clip_norm: NotRequired[float]
    dropout: NotRequired[float]
    early_stopping: NotRequired[Stopping]
    held_controls: NotRequired[float]
    l1: NotRequired[float]
    latches: NotRequired[bool]
    losses: NotRequired[dict[str, float]]
    optimizer: NotRequired[str]
    spans: NotRequired[Spans]
    start: NotRequired[str]
    truncate: NotRequired[int]
    weight_decay: NotRequired[float]


def steps(duration: int | str, steps_per_epoch: int) -> int:
    """Return a duration in steps: `470` is itself, `"2 epochs"` is twice `steps_per_epoch`."""
    if isinstance(duration, int):
        return duration
    match = _EPOCHS.match(duration)
    if match is None:
        raise ConfigError(f"{duration!r} is no duration: write steps (470) or '2 epochs'")
    return max(1, math.ceil(float(match[1]) * steps_per_epoch))
