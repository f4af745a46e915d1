"""A Performance RNN as the page plays it (`templates/lstm.js`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from perfrnn.events import conditioning
from perfrnn.events.keys import key_histogram
from perfrnn.generation.conditions import rnn_abilities
from perfrnn.generation.signals import make_signals
from perfrnn.network.bundle import BIAS, KERNEL, OUTPUT_BIASES, OUTPUT_WEIGHTS, Weights
from perfrnn.network.layouts import Layout
from perfrnn.play.controls import DENSITIES, DENSITY, KEY, KEYS, NO_KEY, Request
from perfrnn.play.weights import LANES, in_fours, joined

KIND = "lstm"


class Lstm:
    """A Performance RNN; see `perfrnn.play.networks.PlayedNetwork`.

    Parameters
    ----------
    weights : by Magenta's names, see `perfrnn.network.bundle`.
    """

    def __init__(self, weights: Weights, layout: Layout) -> None:
        self.abilities = rnn_abilities(layout)
        self._weights, self._layout = weights, layout

    def requests(self) -> list[Request]:
        """Return the controls that it heeds; conditions that are optional are switched on."""
        requests = []
        if self._layout.density:
            requests.append(Request(DENSITY, _densities(self._layout)))
        if self._layout.histogram:
            requests.append(Request(KEY, _histograms(self._layout)))
        return requests

    def pack(self) -> tuple[dict[str, Any], np.ndarray]:
        """Return what the browser's network is, and its weights in the order that it takes.

        Returns
        -------
        description : `kind`, `bits` of each weight, and the sizes `layers`, `units`, `inputs` and
            `classes`; units are a multiple of `LANES`, the last of them perhaps idle.
        values : float16 or float32 [W], little-endian. Of each layer: what each input adds to the
            gates [inputs, 4 * units] in the first, where inputs are looked up, and
            [4 * units, units] in others, where they are multiplied; the recurrent weights
            [4 * units, units]; the biases [4 * units]. Gates are in Magenta's order i, j, f, o.
            Then the output's weights [classes, units] and its biases [classes].
        """
        weights = self._weights
        units, classes = weights[OUTPUT_WEIGHTS].shape
        parts: list[np.ndarray] = []
        layers = 0
        while (name := KERNEL.format(layers)) in weights:
            inputs, recurrent = np.split(_with_idle_gates(weights[name], units), [-units])
            below = in_fours(inputs, 0).T if layers else inputs
            biases = _with_idle_gates(weights[BIAS.format(layers)], units)
            parts += [below, in_fours(recurrent, 0).T, biases]
            layers += 1
        parts += [in_fours(weights[OUTPUT_WEIGHTS], 0).T, weights[OUTPUT_BIASES]]
        bits, values = joined(parts)
        description = {
            "kind": KIND,
            "bits": bits,
            "layers": layers,
            "units": units + -units % LANES,
            "inputs": len(weights[KERNEL.format(0)]) - units,
            "classes": classes,
        }
        return description, values


def _with_idle_gates(matrix: np.ndarray, units: int) -> np.ndarray:
    """Return [..., 4 * units] with the gates of units that nothing drives: their output is 0."""
    gates = matrix.reshape(*matrix.shape[:-1], 4, units)
    return in_fours(gates, -1).reshape(*matrix.shape[:-1], -1)


def _densities(layout: Layout) -> dict[str | int, list[float]]:
    """Return the inputs of densities, after that of the switch for conditions, if there is one."""
    stop = layout.optional + conditioning.DENSITY_CLASSES
    return {
        density: make_signals(layout, density=[(0, density)]).vectors[0, :stop].tolist()
        for density in DENSITIES
    }


def _histograms(layout: Layout) -> dict[str | int, list[float]]:
    asked: dict[str, Sequence[float]] = {NO_KEY: conditioning.DEFAULT_HISTOGRAM}
    asked |= {key: key_histogram(key).tolist() for key in KEYS}
    return {
        key: make_signals(layout, histogram=[(0, histogram)])
        .vectors[0, -conditioning.PITCH_CLASSES :]
        .tolist()
        for key, histogram in asked.items()
    }
