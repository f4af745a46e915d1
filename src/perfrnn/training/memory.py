"""How much memory training and scoring need, for the schedulers that hold a job to it.

Measured: the largest resident set (`getrusage`) of whole trainings on a CPU, each an evaluation,
three steps, another evaluation, state and bundle written; in MiB, beside what `peak_mb` says:

| layers x units | batch x events | arithmetic | measured | computed |
|---|---|---|---|---|
| 1 x 16 | 2 x 64 | bfloat16 | 939 | 934 |
| 3 x 512 | 16 x 512 | bfloat16 | 1,826 | 1,827 |
| 3 x 512 | 48 x 512 | bfloat16 | 2,698 | 2,668 |
| 3 x 512 | 128 x 512 | bfloat16 | 4,748 | 4,771 |
| 3 x 512 | 48 x 512 | float32 | 3,270 | 3,280 |
| 3 x 512, conditioned, dropout, all losses | 48 x 512 | bfloat16 | 2,956 | 2,962 |
| 6 blocks of 320, Muon, nothing carried | 8 x 1,024 | bfloat16 | 2,541 | 2,528 |

On a GPU most of this lies in its own memory.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from perfrnn.events import vocabulary as ev
from perfrnn.network import transformer_layout
from perfrnn.network.bundle import expected_shapes
from perfrnn.network.layouts import LAYOUTS
from perfrnn.network.transformer_layout import TRANSFORMER_MODEL
from perfrnn.training.hyperparameters import NetworkSize, TrainingParameters, TransformerSize

BASE = 930 << 20
"""Bytes of TensorFlow, its graphs and the program."""

WEIGHT_COPIES = 20
"""Of the weights: themselves, in both layouts and precisions, gradients, Adam's two, the best, the
state being saved, the bundle being written."""

UNIT_BYTES = {"bfloat16": 31, "float32": 48}
"""Kept of each unit at each event for the way back: gates and cell state, float32 in any case,
output, and the row [x; h; 1] of the layer's product (`perfrnn.network.lstm_cpu`)."""

BLOCK_NUMBERS = 14
"""Kept of each unit of a transformer's width in a block at each event."""

SEEN_SHARE = 1.4
"""Numbers kept of each head for each event of the context that an event looks back at.

Both follow from the peaks measured with 8 x 1024 and 16 x 512 events; the operations of the way
back share memory in ways that are not computed.
"""

CARRIED_COPIES = 2
"""Of keys and values that an evaluation carries from part to part."""

TABLE_ROWS = 64
"""Composers of a transformer's table, or a few more."""

LOGIT_ARRAYS = 4
"""Arrays of the size of the logits, float32: logits, softmax, gradient."""

LOSS_ARRAYS = 8
"""More of them with auxiliary losses."""

SCORING_ROWS = 32
"""Performances that are scored side by side (`perfrnn.evaluation.likelihood`)."""

SCORING_EVENTS = 512
"""Events of a part in which whole music is scored (`perfrnn.evaluation.scoring`)."""

MARGIN = 1.2
"""Asked for beyond what is computed: other versions of libraries, fragmented memory."""


def peak_mb(
    network: NetworkSize | TransformerSize,
    rows: int,
    events: int,
    *,
    model: str,
    precision: str = "auto",
    auxiliary: bool = False,
) -> int:
    """Return the MiB that a training with these settings takes at most.

    Parameters
    ----------
    rows, events : size of a batch.
    model : name of the model config, on which the inputs depend.
    precision : `auto` counts as float32, since it is settled where the job runs.
    auxiliary : whether there are losses besides the cross-entropy.
    """
    size: Mapping[str, Any] = network
    if model == TRANSFORMER_MODEL:
        shapes = transformer_layout.expected_shapes(
            size["blocks"], size["width"], size["heads"], TABLE_ROWS, TABLE_ROWS
        )
        an_event = _transformer_bytes(size, events, precision)
        kept = 4 * rows * (size["context"] - 1) * (2 * size["width"] // size["heads"] + 1)
        carried = CARRIED_COPIES * size["blocks"] * kept
    else:
        layers, units = size["layers"], size["units"]
        inputs = ev.NUM_CLASSES + LAYOUTS[model].control_size
        shapes = expected_shapes(inputs, ev.NUM_CLASSES, layers, units)
        an_event = UNIT_BYTES.get(precision, UNIT_BYTES["float32"]) * layers * units
        carried = 0
    weights = 4 * sum(math.prod(shape) for shape in shapes.values())
    an_event += 4 * ev.NUM_CLASSES * (LOGIT_ARRAYS + LOSS_ARRAYS * auxiliary)
    needed = BASE + WEIGHT_COPIES * weights + carried + rows * events * an_event
    return math.ceil(needed / (1 << 20))


def _transformer_bytes(size: Mapping[str, int], events: int, precision: str) -> int:
    """Return what is kept of each event for the way back."""
    number = 2 if precision == "bfloat16" else 4
    seen = min(events, size["context"])
    a_block = BLOCK_NUMBERS * size["width"] + SEEN_SHARE * size["heads"] * seen
    return math.ceil(number * size["blocks"] * a_block)


def training_mb(settings: TrainingParameters, max_events: int) -> int:
    """Return the MiB to ask for to train with `settings` on segments of `max_events` events."""
    return _with_margin(
        peak_mb(
            settings["network"],
            settings["batch_size"],
            settings.get("truncate", max_events),
            model=settings["model"],
            precision=settings["precision"],
            auxiliary=bool(settings.get("losses")),
        )
    )


def scoring_mb(settings: TrainingParameters) -> int:
    """Return the MiB to ask for to score models of the network in `settings` on whole music.

    Nothing goes back there, but the layers keep as much.
    """
    size = settings["network"], SCORING_ROWS, SCORING_EVENTS
    return _with_margin(peak_mb(*size, model=settings["model"], auxiliary=True))


def _with_margin(mb: int) -> int:
    return math.ceil(MARGIN * mb)
