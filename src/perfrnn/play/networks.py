"""A model as a script that a page loads from disk: its weights as text, in the browser's order."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np

from perfrnn.files import atomic
from perfrnn.network.bundle import BIAS, KERNEL, OUTPUT_BIASES, OUTPUT_WEIGHTS, Weights

LSTM = "lstm"
"""Name of the network in `templates/lstm.js`; another kind of network gets another name."""

LANES = 4
"""Numbers that the browser multiplies at once."""


def write_network(path: Path, number: int, weights: Weights) -> None:
    """Write the script that hands a network to the page.

    It calls `perfrnnNetwork(number, description, weights)`: pages that are opened from disk may
    not fetch, but they may load scripts. Weights are in half precision where that is what they
    are, as those of base models, else in single precision: rounding the others would part what
    the page plays from what `perfrnn generate` writes within the first 200 events for three seeds
    of four.

    Parameters
    ----------
    number : by which the page knows the model.
    weights : by Magenta's names, see `perfrnn.network.bundle`.
    """
    description, values = pack(weights)
    text = base64.b64encode(values.tobytes()).decode("ascii")
    with atomic(path) as temporary:
        temporary.write_text(
            f'perfrnnNetwork({number}, {json.dumps(description)}, "{text}");\n', encoding="ascii"
        )


def pack(weights: Weights) -> tuple[dict[str, Any], np.ndarray]:
    """Return what the browser's network is, and its weights in the order of `templates/lstm.js`.

    Returns
    -------
    description : `kind`, `bits` of each weight, and the sizes `layers`, `units`, `inputs` and
        `classes`; units are a multiple of `LANES`, the last of them perhaps idle.
    values : float16 or float32 [W], little-endian. Of each layer: what each input adds to the
        gates [inputs, 4 * units] in the first, where inputs are looked up, and [4 * units, units]
        in others, where they are multiplied; the recurrent weights [4 * units, units]; the biases
        [4 * units]. Gates are in Magenta's order i, j, f, o. Then the output's weights
        [classes, units] and its biases [classes].
    """
    units, classes = weights[OUTPUT_WEIGHTS].shape
    parts: list[np.ndarray] = []
    layers = 0
    while (name := KERNEL.format(layers)) in weights:
        inputs, recurrent = np.split(_with_idle_gates(weights[name], units), [-units])
        below = _with_idle_rows(inputs).T if layers else inputs
        biases = _with_idle_gates(weights[BIAS.format(layers)], units)
        parts += [below, _with_idle_rows(recurrent).T, biases]
        layers += 1
    parts += [_with_idle_rows(weights[OUTPUT_WEIGHTS]).T, weights[OUTPUT_BIASES]]
    values = np.concatenate([part.ravel() for part in parts]).astype("<f4")
    half = values.astype("<f2")
    is_exact = np.array_equal(half.astype("<f4"), values)
    description = {
        "kind": LSTM,
        "bits": 16 if is_exact else 32,
        "layers": layers,
        "units": units + -units % LANES,
        "inputs": len(weights[KERNEL.format(0)]) - units,
        "classes": classes,
    }
    return description, half if is_exact else values


def _with_idle_gates(matrix: np.ndarray, units: int) -> np.ndarray:
    """Return [..., 4 * units] with the gates of units that nothing drives: their output is 0."""
    gates = matrix.reshape(*matrix.shape[:-1], 4, units)
    idle = [(0, 0)] * (gates.ndim - 1) + [(0, -units % LANES)]
    return np.pad(gates, idle).reshape(*matrix.shape[:-1], -1)


def _with_idle_rows(matrix: np.ndarray) -> np.ndarray:
    """Return [units, ...] with rows for what idle units say to others: nothing."""
    return np.pad(matrix, [(0, -len(matrix) % LANES), (0, 0)])
