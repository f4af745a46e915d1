"""How well a model predicts held-out music."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass

import numpy as np

from perfrnn.dataset.batches import Batch
from perfrnn.events import vocabulary as ev

WINDOW = 512
"""Most events of the parts in which held-out music is read."""

CHANCE = math.log(ev.NUM_CLASSES)
"""Nats per event of a uniform guess over the 388 classes: 5.961."""


@dataclass(frozen=True)
class Score:
    """Averages over every event of an evaluation set, as Magenta's `eval` reports them.

    Attributes
    ----------
    loss : cross-entropy, nats per event.
    accuracy : share of events whose most probable class is right.
    event_accuracy : the same over events other than a shift of one second.
    events : how many events were scored.
    """

    loss: float
    accuracy: float
    event_accuracy: float
    events: int

    @property
    def perplexity(self) -> float:
        """exp(loss): the size of a uniform guess that would do as well."""
        return math.exp(self.loss)

    def summary(self) -> dict[str, float]:
        """Return everything, perplexity included, as JSON can hold it."""
        return asdict(self) | {"perplexity": self.perplexity}


def score(
    predict: Callable[[Mapping[str, np.ndarray]], np.ndarray],
    batches: Iterable[Batch],
    observe: Callable[[Batch, np.ndarray], None] = lambda batch, logits: None,
) -> Score:
    """Score a model over all `batches`, of whatever sizes.

    Parameters
    ----------
    predict : from a batch's inputs to logits [B, T, 388].
    observe : called with every batch and its logits, float32, to measure more.
    """
    nats, right, right_notable = 0.0, 0, 0
    events, notable = 0, 0
    for batch in batches:
        predicted = np.asarray(predict(batch.inputs), np.float32)
        observe(batch, predicted)
        counted = batch.mask > 0
        labels, logits = batch.labels[counted], predicted[counted]
        top = logits.max(axis=-1, keepdims=True)
        normaliser = top[:, 0] + np.log(np.exp(logits - top).sum(axis=-1))
        nats += float(
            np.sum(normaliser - logits[np.arange(len(labels)), labels], dtype=np.float64)
        )
        hit = logits.argmax(axis=-1) == labels
        is_notable = labels != ev.DEFAULT_EVENT
        events += len(labels)
        right += int(hit.sum())
        notable += int(is_notable.sum())
        right_notable += int((hit & is_notable).sum())
    return Score(
        loss=nats / max(1, events),
        accuracy=right / max(1, events),
        event_accuracy=right_notable / max(1, notable),
        events=events,
    )
