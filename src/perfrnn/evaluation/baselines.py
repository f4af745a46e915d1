"""What events alone predict: the losses that a model must beat."""

import numpy as np

from perfrnn.dataset.segments import Segments
from perfrnn.events import vocabulary as ev

BIGRAM_WEIGHT = 50.0
"""Events of a context that weigh as much as the unigram distribution in its mixture."""


def baseline_losses(train: Segments, held_out: Segments) -> dict[str, float]:
    """Return nats per event of counted models on held-out music.

    `unigram` knows how often each event is; `bigram` how often it follows the event before, mixed
    with the unigram where a context is rare (Dirichlet smoothing: MacKay and Peto, "A hierarchical
    Dirichlet language model", 1995). Both are scored on every event that a network predicts, the
    first of each sequence excepted.

    Parameters
    ----------
    train, held_out : sequences of events in 0..387.
    """
    size = ev.NUM_CLASSES
    before, after = _pairs(train)
    pairs = np.bincount(before * size + after, minlength=size**2).reshape(size, size)
    unigram = (pairs.sum(axis=0) + 1) / (pairs.sum() + size)
    context = pairs.sum(axis=1, keepdims=True)
    bigram = (pairs + BIGRAM_WEIGHT * unigram) / (context + BIGRAM_WEIGHT)
    before, after = _pairs(held_out)
    return {
        "unigram": float(-np.log(unigram[after]).mean()),
        "bigram": float(-np.log(bigram[before, after]).mean()),
    }


def _pairs(segments: Segments) -> tuple[np.ndarray, np.ndarray]:
    """Return every event that has a next one in its sequence, and that next one."""
    events = segments.events.astype(np.int64)
    is_last = np.zeros(len(events), bool)
    is_last[segments.offsets[1:] - 1] = True
    before = np.flatnonzero(~is_last)
    return events[before], events[before + 1]
