"""A look at what a network plays by itself while it is still being trained."""

from __future__ import annotations

import numpy as np
from threadpoolctl import threadpool_limits

from perfrnn.events import conditioning
from perfrnn.events import vocabulary as ev
from perfrnn.events.impossible import ImpossibleEvents, impossible_events
from perfrnn.events.keys import drawn_key, key_histogram
from perfrnn.generation.contract import Stepper
from perfrnn.generation.drawing import MAX_UNIFORM, Filters, draw, masses
from perfrnn.generation.stepper import StepWeights
from perfrnn.generation.transformer_stepper import TransformerStepper
from perfrnn.network.bundle import Weights
from perfrnn.network.transformer_layout import TransformerSettings

STREAMS, EVENTS = 64, 128
"""Some 4,000 notes struck and ended: enough to tell 2 % from 3 %."""


def free_run(
    weights: Weights, seed: int, transformer: TransformerSettings | None = None
) -> ImpossibleEvents:
    """Let a network draw events freely, at temperature 1, and count the impossible ones.

    Parameters
    ----------
    weights : by name, of a network with 388 classes; if it is a conditioned LSTM, each stream is
        asked for a key and the usual density.
    transformer : settings of a transformer, which is asked for nothing; None for an LSTM.
    """
    stepper: Stepper
    if transformer is None:
        stepper = StepWeights(weights)
    else:
        heads, context = transformer.heads, transformer.context
        stepper = TransformerStepper(weights, heads=heads, context=context)
    network = stepper.start(STREAMS)
    signals = None
    if transformer is None and stepper.control_size:
        signals = np.array(
            [
                conditioning.request_vector(
                    conditioning.USUAL_NOTES_PER_SECOND, key_histogram(drawn_key(seed + stream))
                )
                for stream in range(STREAMS)
            ]
        )
    uniforms = np.minimum(np.random.default_rng(seed).random((EVENTS, STREAMS)), MAX_UNIFORM)
    latest = np.full(STREAMS, ev.DEFAULT_EVENT)
    drawn = np.empty((EVENTS, STREAMS), ev.EVENT_DTYPE)
    with threadpool_limits(1, user_api="blas"):
        for row, numbers in zip(drawn, uniforms, strict=True):
            latest, _ = draw(masses(network.step(latest, signals), Filters()), numbers)
            row[:] = latest
    return impossible_events(drawn.T)
