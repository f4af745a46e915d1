"""The network one step at a time, in NumPy.

At batch sizes of one to a few dozen streams a step is a handful of products of small matrices,
for which a TensorFlow graph call costs more than the arithmetic. The function is that of
`perfrnn.model`; the weights are those of a bundle.
"""

from __future__ import annotations

import numpy as np

from perfrnn.bundle import BIAS, KERNEL, OUTPUT_BIASES, OUTPUT_WEIGHTS, Weights


class StepNetwork:
    """The LSTM with its state, for S streams that advance together.

    A layer is one product: its inputs and its last output lie side by side in one buffer, and so
    do the kernels' rows for them. Events are looked up, never multiplied. The gates come in the
    order i, f, o, j and all need a hyperbolic tangent only: sigmoid(x) = (tanh(x / 2) + 1) / 2,
    with the halving, which is exact, and the forget bias of 1 done in the weights.

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
        self._kernels, self._biases = [], []
        while (name := KERNEL.format(layer := len(self._kernels))) in weights:
            kernel, bias = _reorder(weights[name]), weights[BIAS.format(layer)].copy()
            bias[2 * units : 3 * units] += 1.0
            self._kernels.append(kernel)
            self._biases.append(_reorder(bias))
        first = self._kernels[0]
        self.control_size = len(first) - units - classes
        events = slice(self.control_size, self.control_size + classes)
        self._event_rows = first[events] + self._biases[0]
        self._kernels[0] = np.delete(first, events, axis=0)
        self._cell = np.zeros((len(self._kernels), streams, units), np.float32)
        self._joined = [np.zeros((streams, len(k)), np.float32) for k in self._kernels]

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
        units = self._units
        if signals is not None:
            self._joined[0][:, : self.control_size] = signals
        hidden = np.empty(0)
        for layer, (kernel, bias) in enumerate(zip(self._kernels, self._biases, strict=True)):
            if layer:
                self._joined[layer][:, :units] = hidden
            gates = self._joined[layer] @ kernel
            gates += bias if layer else self._event_rows[events]
            np.tanh(gates, out=gates)
            sigmoids, j = gates[:, : 3 * units], gates[:, 3 * units :]
            sigmoids *= 0.5
            sigmoids += 0.5
            i, f, o = (sigmoids[:, gate * units : (gate + 1) * units] for gate in range(3))
            cell = self._cell[layer]
            cell *= f
            i *= j
            cell += i
            hidden = np.tanh(cell)
            hidden *= o
            self._joined[layer][:, -units:] = hidden
        weights, biases = self._output
        logits = hidden @ weights
        logits += biases
        return logits

    def take(self, streams: np.ndarray) -> None:
        """Go on with these streams, integers [S'], in this order; repeats branch a stream."""
        self._cell = self._cell[:, streams]
        self._joined = [joined[streams] for joined in self._joined]

    def clear(self, streams: np.ndarray) -> None:
        """Put these streams, booleans [S], back to the start."""
        self._cell[:, streams] = 0.0
        for joined in self._joined:
            joined[streams] = 0.0


def _reorder(gates: np.ndarray) -> np.ndarray:
    """Return the last axis's gates i, j, f, o as i, f, o, j, those of sigmoids halved."""
    i, j, f, o = np.split(gates, 4, axis=-1)
    return np.concatenate([0.5 * i, 0.5 * f, 0.5 * o, j], axis=-1)
