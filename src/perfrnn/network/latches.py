"""Units with a known meaning, wired by hand into start weights: held notes, and conditions.

Music encoded as events is strict: a NOTE_OFF ends a sounding pitch, a NOTE_ON strikes a silent
one. An LSTM can hold 88 such bits for as long as it takes, but learns it late, so its samples end
notes that do not sound and strike notes that do. Here it is given them: a *latch*, one unit for
each pitch of a piano in every layer.

In the first layer a latch is set by the NOTE_ON of its pitch, cleared by the NOTE_OFF, and fades
as time passes, so that it tells the age of the note as well; nothing else moves it. In the layers
above a unit copies the latch below, and the last layer's raises the NOTE_OFF of a held pitch above
those of all others and keeps its NOTE_ON down.

Likewise a network that is to heed conditions is given 20 units a layer that carry them up, and the
pitch-class histogram to the NOTE_ONs of its pitch classes. Else conditions would have to come
through what the layers have learned without them.

The function of the network is as it was: only weights are set. All go on to be trained, but for
those of the first layer's latches, which a training would have to leave alone for nothing: their
gates have next to no gradient, and Adam makes steps of one size of any. The units wired are the
layers' last, the latches behind the conditions; those that had the least to say make room.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from perfrnn.events import vocabulary as ev
from perfrnn.events.conditioning import (
    CONTROL_SIZE,
    DENSITY_CLASSES,
    PITCH_CLASSES,
    control_signals,
)
from perfrnn.network.bundle import BIAS, KERNEL, OUTPUT_BIASES, OUTPUT_WEIGHTS, Weights
from perfrnn.network.lstm import FORGET_BIAS

PITCHES = np.arange(21, 109)
"""Those of a piano: MIDI numbers."""

FADE_SECONDS = 5.0
"""Time in which a held latch falls to 1/e."""

SET = 1.1
"""Argument of the tanh that a NOTE_ON sets a latch to: 0.8, where tanh still tells ages apart."""

SHUT, OPEN, KEEP = -8.0, 6.0, 11.0
"""Arguments of the gates at rest: input shut, output open, forget gate keeping."""

PULSE, CLEAR = 16.0, -24.0
"""What NOTE_ON adds to the input gate, NOTE_ON and NOTE_OFF to the forget gate."""

COPY = 1.3
"""Gain of a copy, about what the tanh of the layer below takes away."""

DENSITY_GAIN, HISTOGRAM_GAIN, PULL = 1.0, 5.0, 6.0
"""Weights of the conditions in the first layer, and of a histogram's copy in NOTE_ON's logits.

With such a gain the tanh bends the shares of pitch classes, 1/12 on average, like a logarithm.
"""

DENSITY_COPY = 0.57
"""What the last layer's copy of a density class that is asked for puts out."""

CAUTION = 2000.0
"""Events that a density class is thought to have besides, in the proportions of all music."""

SMOOTHING = 2.0
"""Steps of 10 ms over which the frequencies of shifts are averaged."""

RELEASE, STRIKE, SILENT = 8.0, -7.0, -4.0
"""Weights of the last copies in the logits of NOTE_OFF and NOTE_ON, and NOTE_OFF's bias."""


def wire_latches(weights: Weights, sequences: Sequence[np.ndarray]) -> Weights:
    """Return `weights` with a latch a pitch as each layer's last units.

    They take the place of the least important units. A unit is as important as its output varies,
    over `sequences`, and as it weighs on others; the mean of what is taken out goes into the
    biases of what heard it.

    Parameters
    ----------
    sequences : events of some music, of any lengths; as much of each is read as all have.

    Raises
    ------
    ValueError
        If the layers have no more units than there are pitches.
    """
    wired = _make_room(weights, sequences, len(PITCHES), reserved=0)
    layers, units = _size(wired)
    chosen = np.arange(units - len(PITCHES), units)
    _wire_latch(wired[KERNEL.format(0)], wired[BIAS.format(0)], chosen)
    for layer in range(1, layers):
        name = KERNEL.format(layer)
        _wire_copy(wired[name], wired[BIAS.format(layer)], chosen, chosen, COPY)
    output, biases = wired[OUTPUT_WEIGHTS], wired[OUTPUT_BIASES]
    output[chosen, ev.NOTE_OFF + PITCHES] = RELEASE
    output[chosen, ev.NOTE_ON + PITCHES] = STRIKE
    biases[ev.NOTE_OFF + PITCHES] += SILENT
    return wired


def wire_conditions(weights: Weights, sequences: Sequence[np.ndarray]) -> Weights:
    """Return `weights` widened by the control inputs, with a unit a layer that copies each.

    They lie before the latches, which stay, and take the place of the least important units; see
    `wire_latches`. The histogram moves the NOTE_ONs of its pitch classes, an even one does not.
    What a density does is left to training (and `wire_density`).

    Parameters
    ----------
    weights : of a network without conditions, whose last units are latches.
    """
    wired = _make_room(weights, sequences, CONTROL_SIZE, reserved=len(PITCHES))
    layers, units = _size(wired)
    chosen = np.arange(CONTROL_SIZE) + units - len(PITCHES) - CONTROL_SIZE
    gains = np.full(CONTROL_SIZE, HISTOGRAM_GAIN)
    gains[:DENSITY_CLASSES] = DENSITY_GAIN
    kernel = wired[KERNEL.format(0)]
    rows = np.zeros((CONTROL_SIZE, kernel.shape[1]), kernel.dtype)
    wired[KERNEL.format(0)] = kernel = np.concatenate([rows, kernel])
    _wire_copy(kernel, wired[BIAS.format(0)], np.arange(CONTROL_SIZE), chosen, gains)
    for layer in range(1, layers):
        name = KERNEL.format(layer)
        _wire_copy(wired[name], wired[BIAS.format(layer)], chosen, chosen, COPY)
    pitches = np.arange(ev.NOTE_OFF)
    histogram = chosen[DENSITY_CLASSES:]
    wired[OUTPUT_WEIGHTS][histogram[pitches % PITCH_CLASSES], ev.NOTE_ON + pitches] = PULL
    even = np.array(1 / PITCH_CLASSES)
    for gain in [HISTOGRAM_GAIN, *[COPY] * (layers - 1)]:
        even = _copied(gain * even)
    wired[OUTPUT_BIASES][ev.NOTE_ON + pitches] -= PULL * even
    return wired


def wire_density(
    weights: Weights, sequences: Sequence[np.ndarray], strength: float = 1.0
) -> Weights:
    """Return `weights` whose logits lean towards the events of the density that is asked for.

    Added is `strength` times the logarithm of how much more frequent an event is where music has
    that density (Magenta's windows) than elsewhere. On held-out music this costs next to nothing,
    since what came before tells the density as well; in generation it is what makes music follow.

    Parameters
    ----------
    weights : of a network with `wire_conditions`.
    sequences : events of some music.
    """
    counts = np.zeros((DENSITY_CLASSES, ev.NUM_CLASSES))
    for events in sequences:
        density = control_signals(events)[1:, :DENSITY_CLASSES].argmax(axis=1)
        np.add.at(counts, (density, events[1:].astype(int)), 1)
    shifts = slice(ev.TIME_SHIFT, ev.VELOCITY - 1)  # the longest is an event of its own kind
    counts[:, : ev.NOTE_OFF] = counts[:, : ev.NOTE_OFF].mean(axis=1, keepdims=True)
    notes_off = slice(ev.NOTE_OFF, ev.TIME_SHIFT)
    counts[:, notes_off] = counts[:, notes_off].mean(axis=1, keepdims=True)
    counts[:, shifts] = _smooth(counts[:, shifts])
    overall = counts.sum(axis=0) + 1
    overall /= overall.sum()
    shares = counts + CAUTION * overall
    ratio = np.log(shares / shares.sum(axis=1, keepdims=True) / overall)
    units = weights[OUTPUT_WEIGHTS].shape[0]
    copies = np.arange(DENSITY_CLASSES) + units - len(PITCHES) - CONTROL_SIZE
    output = weights[OUTPUT_WEIGHTS].copy()
    output[copies] += (strength / DENSITY_COPY * ratio).astype(output.dtype)
    return weights | {OUTPUT_WEIGHTS: output}


def _smooth(counts: np.ndarray) -> np.ndarray:
    """Return counts [..., S] of neighbouring shifts averaged, by a bell of 20 ms."""
    steps = np.arange(counts.shape[-1])
    bell = np.exp(-((steps[:, None] - steps) ** 2) / (2 * SMOOTHING**2))
    return counts @ (bell / bell.sum(axis=1, keepdims=True)).T


def has_latches(weights: Weights) -> bool:
    """Return whether the first layer's last units are latches, as `wire_latches` leaves them."""
    kernel, bias = weights[KERNEL.format(0)], weights[BIAS.format(0)]
    units = len(bias) // 4
    if units <= len(PITCHES):
        return False
    chosen = np.arange(units - len(PITCHES), units)
    wired = np.zeros_like(kernel), np.zeros_like(bias)
    _wire_latch(*wired, chosen)
    columns = (chosen + units * np.arange(4)[:, None]).ravel()
    return all(
        np.allclose(a[..., columns], b[..., columns], rtol=1e-3, atol=1e-3)
        for a, b in zip(wired, (kernel, bias), strict=True)
    )


def unit_statistics(weights: Weights, sequences: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return mean and deviation of every unit's output over music: [2, units] for each layer.

    Parameters
    ----------
    weights : of a network without conditions.
    sequences : events of some music, read from a state of zeros; see `wire_latches`.
    """
    layers, units = _size(weights)
    length = min(map(len, sequences))
    events = np.array([each[:length] for each in sequences]).T
    outputs: list[np.ndarray] = []
    found = []
    for layer in range(layers):
        kernel, bias = weights[KERNEL.format(layer)], weights[BIAS.format(layer)]
        h, c = np.zeros((2, len(sequences), units), np.float32)
        heard, outputs = outputs, []
        for t in range(length):
            z = h @ kernel[-units:] + bias
            z += heard[t] @ kernel[:units] if layer else kernel[events[t]]
            i, j, f, o = np.split(z, 4, axis=1)
            c = c * _sigmoid(f + FORGET_BIAS) + _sigmoid(i) * np.tanh(j)
            h = np.tanh(c) * _sigmoid(o)
            outputs.append(h)
        flat = np.concatenate(outputs)
        found.append(np.stack([flat.mean(axis=0), flat.std(axis=0)]))
    return found


def _size(weights: Weights) -> tuple[int, int]:
    """Return how many layers and units a network has."""
    return sum(name.endswith("kernel") for name in weights), weights[OUTPUT_WEIGHTS].shape[0]


def _make_room(
    weights: Weights, sequences: Sequence[np.ndarray], count: int, *, reserved: int
) -> Weights:
    """Return a copy whose last `count` units before the last `reserved` of each layer are free.

    The units' order changes, the least important go; a free unit hears nothing and is not heard.
    """
    weights = {name: value.copy() for name, value in weights.items()}
    _, units = _size(weights)
    if units <= count + reserved:
        raise ValueError(f"there is no room for {count + reserved} units among {units}")
    for layer, (mean, deviation) in enumerate(unit_statistics(weights, sequences)):
        important = _importance(weights, layer, deviation)
        important[units - reserved :] = np.inf
        free = np.sort(np.argsort(important, kind="stable")[:count])
        _take_out(weights, layer, free, mean)
        others = np.setdiff1d(np.arange(units - reserved), free)
        _reorder(
            weights, layer, np.concatenate([others, free, np.arange(units - reserved, units)])
        )
    return weights


def _reorder(weights: Weights, layer: int, order: np.ndarray) -> None:
    """Put a layer's units in this order; the function of the network stays."""
    columns = (order + len(order) * np.arange(4)[:, None]).ravel()
    for name in (KERNEL.format(layer), BIAS.format(layer)):
        weights[name] = weights[name][..., columns]
    for name, _, row in _listeners(weights, layer):
        weights[name][row : row + len(order)] = weights[name][row + order]


def _listeners(weights: Weights, layer: int) -> list[tuple[str, str, int]]:
    """Return what hears a layer: names of kernel and bias, and the row of the layer's unit 0."""
    units = weights[OUTPUT_WEIGHTS].shape[0]
    name = KERNEL.format(layer)
    above = KERNEL.format(layer + 1)
    heard = [(name, BIAS.format(layer), len(weights[name]) - units)]
    if above in weights:
        return [*heard, (above, BIAS.format(layer + 1), 0)]
    return [*heard, (OUTPUT_WEIGHTS, OUTPUT_BIASES, 0)]


def _importance(weights: Weights, layer: int, deviation: np.ndarray) -> np.ndarray:
    power = sum(
        np.square(weights[name][row : row + len(deviation)]).sum(axis=1)
        for name, _, row in _listeners(weights, layer)
    )
    return deviation * np.sqrt(power)


def _take_out(weights: Weights, layer: int, chosen: np.ndarray, mean: np.ndarray) -> None:
    """Let nothing hear the chosen units, which hear nothing themselves."""
    for name, bias, row in _listeners(weights, layer):
        weights[bias] += mean[chosen] @ weights[name][row + chosen]
        weights[name][row + chosen] = 0
    columns = (chosen + len(mean) * np.arange(4)[:, None]).ravel()
    weights[KERNEL.format(layer)][:, columns] = 0
    weights[BIAS.format(layer)][columns] = 0


def _wire_latch(kernel: np.ndarray, bias: np.ndarray, chosen: np.ndarray) -> None:
    """Let the first layer's chosen units, one a pitch, be set, cleared and fade."""
    units = len(bias) // 4
    i, j, f, o = (chosen + units * gate for gate in range(4))
    events = kernel[len(kernel) - units - ev.NUM_CLASSES :]
    bias[i], bias[f], bias[o] = SHUT, KEEP, OPEN
    events[ev.NOTE_ON + PITCHES, i] = PULSE
    events[ev.NOTE_ON + PITCHES, j] = SET
    events[ev.NOTE_ON + PITCHES, f] = CLEAR
    events[ev.NOTE_OFF + PITCHES, f] = CLEAR
    shifts = np.arange(1, ev.MAX_SHIFT_STEPS + 1) / ev.STEPS_PER_SECOND
    kept = -np.log(np.expm1(shifts / FADE_SECONDS)) - FORGET_BIAS  # sigmoid gives exp(-t / FADE)
    events[ev.TIME_SHIFT : ev.VELOCITY, f] = (kept - KEEP)[:, None]


def _wire_copy(
    kernel: np.ndarray,
    bias: np.ndarray,
    heard: np.ndarray,
    chosen: np.ndarray,
    gain: float | np.ndarray,
) -> None:
    """Let the chosen units copy the inputs `heard`, rows of the kernel."""
    units = len(bias) // 4
    i, j, f, o = (chosen + units * gate for gate in range(4))
    bias[i], bias[f], bias[o] = OPEN, SHUT - FORGET_BIAS, OPEN
    kernel[heard, j] = gain


def _copied(x: np.ndarray) -> np.ndarray:
    """Return what a copy of `x` puts out, x being multiplied by the gain already."""
    is_open = _sigmoid(np.array(OPEN))
    return is_open * np.tanh(is_open * np.tanh(x))


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 0.5 * (np.tanh(0.5 * x) + 1)
