"""The network one step at a time, in NumPy.

At batch sizes of one to a few dozen streams a step is a handful of products of small matrices,
for which a TensorFlow graph call costs more than the arithmetic. The function is that of
`perfrnn.network.model`; the weights are those of a bundle.
"""

from __future__ import annotations

import numpy as np

from perfrnn.generation.background import Rota
from perfrnn.generation.factor import Factor
from perfrnn.network.bundle import BIAS, KERNEL, OUTPUT_BIASES, OUTPUT_WEIGHTS, Weights

KEPT = 3 / 16
"""Part of an inner layer's recurrent product that the first thread keeps to itself.

With it both threads are equally busy; measured for one stream of Magenta's network on two cores.
"""


MOST_STREAMS = 1024
"""Streams of one pass, each with a state of some 40 kB; more at once would not be faster."""


class StepWeights:
    """The weights as single steps need them: to be made once a model.

    The gates come in the order i, f, o, j and all need a hyperbolic tangent only: sigmoid(x) =
    (tanh(x / 2) + 1) / 2, with the halving, which is exact, and the forget bias of 1 done here.
    Events are looked up, never multiplied. Other biases are the weights of an input of 1.

    Parameters
    ----------
    weights : by Magenta's names, see `perfrnn.network.bundle`.

    Attributes
    ----------
    layers, units, classes : L, U and the number of events.
    control_size : number of control inputs, C; 0 for a network without conditions.
    kept : of each layer, how many rows of its recurrent weights are in `inputs`.
    control_rows, event_rows : float32 [C, 4 * U] and [classes, 4 * U], what they add to the first
        layer's gates.
    inputs : of each layer but the first, [U + 1 + kept, 4 * U]: for the output of the layer below,
        a 1, and a part of the layer's own last output.
    ends : [2, U, 4 * U], for the own last outputs of the last layer and the first; one layer alone
        is both.
    inner : of each layer between, [U - kept, 4 * U], for the rest of its own last output.
    output : [U + 1, classes], for the last layer's output and a 1.
    most_streams : see `MOST_STREAMS`.
    """

    most_streams = MOST_STREAMS

    def __init__(self, weights: Weights) -> None:
        self.units, self.classes = weights[OUTPUT_WEIGHTS].shape
        inputs: list[np.ndarray] = []
        biases: list[np.ndarray] = []
        recurrent: list[np.ndarray] = []
        while (name := KERNEL.format(layer := len(inputs))) in weights:
            kernel, bias = weights[name], weights[BIAS.format(layer)]
            inputs.append(_reorder(kernel[: -self.units]))
            recurrent.append(_reorder(kernel[-self.units :]))
            biases.append(_reorder(bias + np.repeat(_FORGET, self.units)))
        self.layers = len(inputs)
        self.control_size = len(inputs[0]) - self.classes
        self.control_rows = inputs[0][: self.control_size]
        self.event_rows = inputs[0][self.control_size :] + biases[0]
        inner = range(1, self.layers - 1)
        self.kept = [round(KEPT * self.units) * (n in inner) for n in range(self.layers)]
        self.inputs = [
            Factor(np.vstack([inputs[n], biases[n], recurrent[n][: self.kept[n]]]))
            for n in range(1, self.layers)
        ]
        self.ends = Factor(np.stack(recurrent[_ends(self.layers)]))
        self.inner = [Factor(recurrent[n][self.kept[n] :]) for n in inner]
        self.output = Factor(np.vstack([weights[OUTPUT_WEIGHTS], weights[OUTPUT_BIASES]]))

    def start(self, streams: int) -> StepNetwork:
        """Return the network for so many streams that have heard nothing."""
        return StepNetwork(self, streams)


class StepNetwork:
    """The LSTM with its state, for S streams that advance together.

    What a layer's output adds to its own next gates can be computed long before it is needed: a
    second thread does it. For the last layer and the first it does so in one call, once the first
    has its output: the end of a call costs both threads time, since each wants the interpreter.

    Parameters
    ----------
    streams : S.
    """

    def __init__(self, weights: StepWeights, streams: int) -> None:
        self._weights = weights
        layers, units = weights.layers, weights.units
        self._ahead = Rota(1 + len(weights.inner))
        outputs = np.zeros((streams, layers, units + 1), np.float32)
        outputs[:, :, units] = 1.0
        cells = np.zeros((layers, streams, units), np.float32)
        self._arrange(outputs, cells, np.zeros((layers, streams, 4 * units), np.float32))

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
        weights = self._weights
        for number, layer in enumerate(self._layers):
            if number == 0:
                weights.event_rows.take(events, axis=0, out=layer.gates, mode="clip")
                if signals is not None:
                    layer.gates += signals @ weights.control_rows
            else:
                self._inputs[number - 1]()
            self._advance(number, layer)
        logits = np.empty((len(events), weights.classes), np.float32)
        weights.output.product(self._outputs[:, -1], logits)()
        return logits

    def hear(self, events: np.ndarray, signals: np.ndarray | None, begin: np.ndarray) -> None:
        """Take several events of each stream; see `perfrnn.generation.contract`."""
        for column in range(events.shape[1]):
            self.step(events[:, column], None if signals is None else signals[:, column])
            self.clear(begin > column)

    def take(self, streams: np.ndarray) -> None:
        """Go on with these streams, integers [S'], in this order; repeats branch a stream."""
        self._settle()
        cells, carried = (np.take(of, streams, axis=1) for of in (self._cells, self._carried))
        self._arrange(self._outputs[streams], cells, carried)

    def clear(self, streams: np.ndarray) -> None:
        """Put these streams, booleans [S], back to the start."""
        self._settle()
        self._outputs[streams, :, :-1] = 0.0
        self._cells[:, streams] = 0.0
        self._carried[:, streams] = 0.0

    def _arrange(self, outputs: np.ndarray, cells: np.ndarray, carried: np.ndarray) -> None:
        """Take over a state, and lay out what the steps work on.

        Parameters
        ----------
        outputs : [S, L, U + 1], the last output of each layer, and behind it a 1.
        cells : [L, S, U].
        carried : [L, S, 4 * U], what is computed ahead.
        """
        weights = self._weights
        layers, units, kept = weights.layers, weights.units, weights.kept
        self._outputs, self._cells, self._carried = outputs, cells, carried
        hidden = outputs[:, :, :units].swapaxes(0, 1)
        self._layers = [_Layer(*each) for each in zip(hidden, cells, carried, strict=True)]
        rows = outputs.reshape(len(outputs), layers * (units + 1))
        starts = range(0, layers * (units + 1), units + 1)
        self._inputs = [
            weights.inputs[n - 1].product(
                rows[:, starts[n - 1] : starts[n] + kept[n]], self._layers[n].gates
            )
            for n in range(1, layers)
        ]
        ends = _ends(layers)
        self._jobs = [weights.ends.product(hidden[ends], carried[ends])]
        for n, factor in enumerate(weights.inner, start=1):
            self._jobs.append(factor.product(hidden[n, :, kept[n] :], carried[n]))

    def _advance(self, number: int, layer: _Layer) -> None:
        """Let a layer's gates act when all is there; set going what then can be done ahead."""
        turns = len(self._jobs)
        self._ahead.wait(number % turns)
        layer.advance()
        if number < turns:
            self._ahead.begin(number, self._jobs[number])

    def _settle(self) -> None:
        """See to it that all is there that is computed ahead, and will stay as it is."""
        for turn in range(len(self._jobs)):
            self._ahead.wait(turn)


class _Layer:
    """One layer's gates, and what comes of them.

    Parameters
    ----------
    hidden : float32 [S, U], the output, which is overwritten.
    cell : float32 [S, U], which is kept up to date.
    carried : float32 [S, 4 * U], what the last output adds to the gates.

    Attributes
    ----------
    gates : float32 [S, 4 * U], to be filled with what the input adds before `advance`.
    """

    def __init__(self, hidden: np.ndarray, cell: np.ndarray, carried: np.ndarray) -> None:
        self._hidden, self._cell, self._carried = hidden, cell, carried
        self.gates = np.empty_like(carried)
        self._i, self._f, self._o, self._j = np.split(self.gates, 4, axis=1)
        self._sigmoids = self.gates[:, : -cell.shape[1]]

    def advance(self) -> None:
        """Compute the next cell and output; the gates are used up."""
        gates, sigmoids, cell, update = self.gates, self._sigmoids, self._cell, self._i
        gates += self._carried
        np.tanh(gates, out=gates)
        sigmoids *= _HALF
        sigmoids += _HALF
        cell *= self._f
        update *= self._j
        cell += update
        np.tanh(cell, out=self._hidden)
        self._hidden *= self._o


_HALF = np.float32(0.5)

_FORGET = np.array([0, 0, 1, 0], np.float32)
"""TF1's forget bias, by gate."""


def _ends(layers: int) -> slice:
    """Return the slice of a sequence of layers that has the last and the first."""
    return slice(None, None, 1 - layers or None)


def _reorder(gates: np.ndarray) -> np.ndarray:
    """Return the last axis's gates i, j, f, o as i, f, o, j, those of sigmoids halved."""
    i, j, f, o = np.split(gates, 4, axis=-1)
    reordered = np.concatenate([i, f, o, j], axis=-1)
    reordered[..., : -i.shape[-1]] *= 0.5
    return reordered
