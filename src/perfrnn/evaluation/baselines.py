"""What events alone predict: the losses that a model must beat."""

from collections.abc import Iterable
from itertools import islice

import numpy as np

from perfrnn.events import vocabulary as ev

BIGRAM_WEIGHT = 50.0
"""Events of a context that weigh as much as the unigram distribution in its mixture."""

SEQUENCES_AT_ONCE = 1000
"""Sequences that are counted in one go."""


def baseline_losses(
    train: Iterable[np.ndarray], held_out: Iterable[np.ndarray]
) -> dict[str, float]:
    """Return nats per event of counted models on held-out music.

    `unigram` knows how often each event is; `bigram` how often it follows the event before, mixed
    with the unigram where a context is rare (Dirichlet smoothing: MacKay and Peto, "A hierarchical
    Dirichlet language model", 1995). Both are scored on every event that a network predicts, the
    first of each sequence excepted.

    Parameters
    ----------
    train, held_out : sequences of events in 0..387, which are read once.
    """
    pairs = _pairs(train)
    size = ev.NUM_CLASSES
    unigram = (pairs.sum(axis=0) + 1) / (pairs.sum() + size)
    context = pairs.sum(axis=1, keepdims=True)
    bigram = (pairs + BIGRAM_WEIGHT * unigram) / (context + BIGRAM_WEIGHT)
    scored = _pairs(held_out)
    # Every pair counts as often as it is there.
    return {
        "unigram": float(-(scored.sum(axis=0) * np.log(unigram)).sum() / scored.sum()),
        "bigram": float(-(scored * np.log(bigram)).sum() / scored.sum()),
    }


def _pairs(sequences: Iterable[np.ndarray]) -> np.ndarray:
    """Return how often each event is followed by each: int64 [388, 388]."""
    size = ev.NUM_CLASSES
    counts = np.zeros(size**2, np.int64)
    sequences = iter(sequences)
    while some := list(islice(sequences, SEQUENCES_AT_ONCE)):
        before = np.concatenate([sequence[:-1] for sequence in some]).astype(np.int64)
        after = np.concatenate([sequence[1:] for sequence in some])
        counts += np.bincount(before * size + after, minlength=size**2)
    return counts.reshape(size, size)
