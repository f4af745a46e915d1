"""The network one step at a time, in NumPy.

At batch sizes of one to a few dozen streams a step is a handful of products of small matrices,
for which a TensorFlow graph call costs more than the arithmetic. The function is that of
`perfrnn.model`; the weights are those of a bundle.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from perfrnn.bundle import BIAS, KERNEL, OUTPUT_BIASES, OUTPUT_WEIGHTS, Weights
from perfrnn.generation.background import Helper, Task
from perfrnn.generation.factor import Factor


class StepNetwork:
    """The LSTM with its state, for S streams that advance together.

    Events are looked up, never multiplied. What a layer's last output adds to its next gates is
    known before the next event is: a second thread computes it, or, if that one has not come
    round to it by then, the first. The gates come in the order i, f, o, j and all need a
    hyperbolic tangent only: sigmoid(x) = (tanh(x / 2) + 1) / 2, with the halving, which is exact,
    and the forget bias of 1 done in the weights.

    Parameters
    ----------
    weights : by Magenta's names, see `perfrnn.bundle`.
    streams : S.

    Attributes
    ----------
    control_size : number of control inputs, C; 0 for a network without conditions.
    """

    def __init__(self, weights: Weights, streams: int) -> None:
        self._output = weights[OUTPUT_WEIGHTS], weights[OUTPUT_BIASES]
        units, classes = weights[OUTPUT_WEIGHTS].shape
        self._units = units
        inputs: list[np.ndarray] = []
        self._recurrent: list[Factor] = []
        self._biases: list[np.ndarray] = []
        while (name := KERNEL.format(layer := len(inputs))) in weights:
            kernel, bias = _reorder(weights[name]), weights[BIAS.format(layer)].copy()
            bias[2 * units : 3 * units] += 1.0
            inputs.append(kernel[:-units])
            self._recurrent.append(Factor(kernel[-units:]))
            self._biases.append(_reorder(bias))
        self.control_size = len(inputs[0]) - classes
        self._signal_rows = inputs[0][: self.control_size]
        self._event_rows = inputs[0][self.control_size :] + self._biases[0]
        self._inputs = [Factor(matrix) for matrix in inputs[1:]]
        layers = len(inputs)
        self._cell = np.zeros((layers, streams, units), np.float32)
        self._carried = np.zeros((layers, streams, 4 * units), np.float32)
        self._helper = Helper()
        self._pending: dict[int, Task] = {}

    def step(self, events: np.ndarray, signals: np.ndarray | None = None) -> np.ndarray:
        """Take one event of each stream, integers [S]; return the logits of the next.

        Parameters
        ----------
        signals : float32 [S, C], the control inputs that hold when the next event happens; for a
            network with conditions only.

        Returns
        -------
        float32 [S, classes].
        """
        hidden = np.empty(0)
        for layer in range(len(self._recurrent)):
            if layer:
                gates = np.empty_like(self._carried[layer])
                self._inputs[layer - 1].multiply(hidden, gates)
                gates += self._biases[layer]
            else:
                gates = self._event_rows[events]
                if signals is not None:
                    gates += signals @ self._signal_rows
            if layer in self._pending:
                self._pending[layer].wait()
            gates += self._carried[layer]
            hidden = self._activate(gates, self._cell[layer])
            carry = partial(self._recurrent[layer].multiply, hidden, self._carried[layer])
            self._pending[layer] = self._helper.begin(carry)
        weights, biases = self._output
        logits = hidden @ weights
        logits += biases
        return logits

    def take(self, streams: np.ndarray) -> None:
        """Go on with these streams, integers [S'], in this order; repeats branch a stream."""
        self._settle()
        self._cell = np.take(self._cell, streams, axis=1)
        self._carried = np.take(self._carried, streams, axis=1)

    def clear(self, streams: np.ndarray) -> None:
        """Put these streams, booleans [S], back to the start."""
        self._settle()
        self._cell[:, streams] = 0.0
        self._carried[:, streams] = 0.0

    def _activate(self, gates: np.ndarray, cell: np.ndarray) -> np.ndarray:
        """Return a layer's output [S, units] for its gates [S, 4 * units]; both are used up."""
        units = self._units
        np.tanh(gates, out=gates)
        sigmoids, j = gates[:, : 3 * units], gates[:, 3 * units :]
        sigmoids *= 0.5
        sigmoids += 0.5
        i, f, o = (sigmoids[:, gate * units : (gate + 1) * units] for gate in range(3))
        cell *= f
        i *= j
        cell += i
        hidden = np.tanh(cell)
        hidden *= o
        return hidden

    def _settle(self) -> None:
        """See to it that what the layers carry over is there, and will stay as it is."""
        for task in self._pending.values():
            task.wait()
        self._pending.clear()


def _reorder(gates: np.ndarray) -> np.ndarray:
    """Return the last axis's gates i, j, f, o as i, f, o, j, those of sigmoids halved."""
    i, j, f, o = np.split(gates, 4, axis=-1)
    reordered = np.concatenate([i, f, o, j], axis=-1)
    reordered[..., : -i.shape[-1]] *= 0.5
    return reordered
