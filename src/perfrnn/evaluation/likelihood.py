"""How probable a model finds held-out music, performance by performance."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from perfrnn.dataset.batches import Batch
from perfrnn.dataset.excerpts import unasked
from perfrnn.dataset.performance_batches import evaluation_performances
from perfrnn.dataset.segments import Segments, read_segments
from perfrnn.dataset.split_table import read_split
from perfrnn.evaluation.scoring import WINDOW, Score, score
from perfrnn.files import atomic
from perfrnn.network.bundle import Bundle
from perfrnn.network.event_model import EventModel
from perfrnn.network.model import PerformanceRNN
from perfrnn.network.pretrained import read_start
from perfrnn.network.transformer import PerformanceTransformer

MOST_ROWS = 32
"""Performances that are read side by side at most."""


def write_likelihood(
    models: Mapping[str, Path], performances: Path, split: Path, out: Path, *, precision: str
) -> pd.DataFrame:
    """Score models on the test set of a corpus and write a table of a row each.

    Parameters
    ----------
    models : what the table calls a model, and its file.
    performances : the test set, as `write_scored_performances` wrote it.
    split : `split.tsv`.
    precision : of the matrix products, as in training.
    out : CSV: nats per event and accuracy, and the `set` that they are of: `test`, or
        `eval_and_test` where one set is both.
    """
    music, tested = read_segments(performances), read_split(split).tested
    rows = []
    for name, model in models.items():
        result = likelihood(read_start(model), music, precision)
        rows.append(
            {
                "model": name,
                "set": tested,
                "events": result.events,
                "loss": result.loss,
                "accuracy": result.accuracy,
            }
        )
    written = pd.DataFrame(rows)
    with atomic(out) as temporary:
        written.to_csv(temporary, index=False)
    return written


def likelihood(bundle: Bundle, windows: Segments, precision: str = "float32") -> Score:
    """Score a model on held-out music: every performance from beginning to end.

    What the network remembers is carried on from one part to the next.

    Parameters
    ----------
    windows : segments cut with `segments: full`.
    precision : of the matrix products, as in training.
    """
    performances = windows.joined()
    rows = _fewest_rows(performances)
    network = _network(bundle, rows, precision)
    return score(network.predict_logits, _heard(network, performances, rows))


def _fewest_rows(performances: Segments) -> int:
    """Return how many rows to read performances in: more would only wait for the longest."""
    longest = max(np.diff(performances.offsets))
    return min(MOST_ROWS, len(performances), math.ceil(len(performances.events) / longest))


def _heard(network: EventModel, music: Segments, rows: int) -> Iterator[Batch]:
    """Yield music as a network hears it; a transformer is asked for nothing."""
    conditioned = isinstance(network, PerformanceRNN) and network.conditioned
    batches = evaluation_performances(music, rows, WINDOW, conditioned=conditioned)
    return unasked(batches) if isinstance(network, PerformanceTransformer) else batches


def _network(bundle: Bundle, carried_rows: int, precision: str) -> EventModel:
    how = {"precision": precision, "carried_rows": carried_rows}
    if bundle.settings is None:
        return PerformanceRNN.from_weights(bundle.weights, **how)
    return PerformanceTransformer.from_weights(
        bundle.weights, heads=bundle.settings.heads, context=bundle.settings.context, **how
    )
