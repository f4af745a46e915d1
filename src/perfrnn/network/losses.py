"""Losses that teach: differentiable measures of rhythm and harmony.

The dissertation computed its rhythm and harmony losses on `argmax` predictions, which have no
gradient. These are functions of the softmax, so descending them moves the model. All take logits
[B, T, 388], labels [B, T] and a mask [B, T] (1 for events, 0 for padding). They run on every
Keras backend.

Each is a mean over what it counts: windows, pairs of windows, or NOTE_ON probability. `SUMS` gives
numerator and denominator, scalars that add up over batches; `AUXILIARY` gives the quotient of one
batch, which is what training adds to its loss.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from perfrnn.events import vocabulary as ev
from perfrnn.events.tonal_centroid import TONAL_CENTROID_BASIS

Tensor = Any
Loss = Callable[[Tensor, Tensor, Tensor], Tensor]

WINDOW = 64
"""Events in a window, as in the dissertation's rhythm loss."""

SECONDS_FLOOR = 0.1
"""Added to the time of a window before its logarithm: windows without a shift exist."""

LEAST_COUNT = 1e-6
"""Denominators below this, such as that of no window at all, count as this."""

SHIFT_SECONDS = np.arange(1, ev.MAX_SHIFT_STEPS + 1, dtype=np.float32) / ev.STEPS_PER_SECOND


def _interval_tension() -> np.ndarray:
    """Return the tension of every (last, next) pair of pitches: float32 [128, 128].

    The dissertation's table over absolute semitones: minor second 2.0; unison, fourth, fifth and
    octave 0.5; everything else 1.0.
    """
    by_semitones = np.ones(128, np.float32)
    by_semitones[1] = 2.0
    by_semitones[[0, 5, 7, 12]] = 0.5
    pitch = np.arange(128)
    return by_semitones[np.abs(pitch[:, None] - pitch[None, :])]


INTERVAL_TENSION = _interval_tension()


def cross_entropy(logits: Tensor, labels: Tensor, mask: Tensor) -> Tensor:
    """Return nats per event, averaged over the unpadded events of the batch, as Magenta does."""
    nats = keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)
    return ops.sum(nats * mask) / ops.maximum(ops.sum(mask), 1.0)


def rhythm(logits: Tensor, labels: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Return, as sum and count, how far the model's passage of time is from the music's.

    Over every window of 64 events: the squared difference of the logarithms of the expected
    seconds under the softmax and of the seconds in the music, averaged over windows. 0 is the
    right pace; 0.48 (ln 2 squared) is twice too fast or slow throughout. A segment shorter than
    the window counts as one window.
    """
    shift = ops.softmax(logits, axis=-1)[..., ev.TIME_SHIFT : ev.VELOCITY]
    expected = ops.matmul(shift, SHIFT_SECONDS[:, None])[..., 0] * mask
    is_shift = ops.logical_and(labels >= ev.TIME_SHIFT, labels < ev.VELOCITY)
    played = ops.cast(is_shift, "float32") * mask
    played = played * ops.cast(labels - ev.TIME_SHIFT + 1, "float32") / ev.STEPS_PER_SECOND
    model_seconds, valid = _windows(expected[..., None], mask)
    music_seconds, _ = _windows(played[..., None], mask)
    error = ops.log(model_seconds + SECONDS_FLOOR) - ops.log(music_seconds + SECONDS_FLOOR)
    return ops.sum(ops.square(error[..., 0]) * valid), ops.sum(valid)


def harmonic_progression(logits: Tensor, labels: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Return, as sum and count, how far the model's harmonic movement is from the music's.

    The expected pitch classes of NOTE_ONs in a window of 64 events give a point in the 6-D tonal
    space of Harte et al. (2006); the movement is the vector from one window to the one that
    follows. The loss is the squared distance of the model's movement and the music's, averaged
    over all pairs of neighbouring windows; 0 for equal movement. Segments shorter than two windows
    do not count.
    """
    probability = ops.softmax(logits, axis=-1)[..., : ev.NOTE_OFF]
    played = ops.one_hot(labels, ev.NUM_CLASSES, dtype="float32")[..., : ev.NOTE_OFF]
    model_move, valid = _tonal_movement(probability * mask[..., None], mask)
    music_move, _ = _tonal_movement(played * mask[..., None], mask)
    distance = ops.sum(ops.square(model_move - music_move), axis=-1)
    return ops.sum(distance * valid), ops.sum(valid)


def harmonic_tension(logits: Tensor, labels: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Return, as sum and weight, the tension expected between the last note and the next.

    The mean of the interval's tension (see `INTERVAL_TENSION`) over the NOTE_ON probability at
    every event after the first NOTE_ON of the segment: from 0.5 (only unisons, fourths, fifths and
    octaves) to 2.0 (only minor seconds).
    """
    last, known = _last_note(labels)
    weight = ops.softmax(logits, axis=-1)[..., : ev.NOTE_OFF] * (mask * known)[..., None]
    tension = ops.take(ops.convert_to_tensor(INTERVAL_TENSION), last, axis=0)
    return ops.sum(weight * tension), ops.sum(weight)


SUMS: dict[str, Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]] = {
    sums.__name__: sums for sums in (rhythm, harmonic_progression, harmonic_tension)
}
"""Numerator and denominator of the losses that a config can add to the cross-entropy, by name."""


def _mean(sums: Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]) -> Loss:
    def loss(logits: Tensor, labels: Tensor, mask: Tensor) -> Tensor:
        total, count = sums(logits, labels, mask)
        return total / ops.maximum(count, LEAST_COUNT)

    return loss


AUXILIARY: dict[str, Loss] = {name: _mean(sums) for name, sums in SUMS.items()}
"""The same losses, by name, as means over one batch: a scalar, 0 where nothing counts."""


def l1(weights: list[Tensor]) -> Tensor:
    """Return the sum of absolute values of all weights with two dimensions (no biases)."""
    return sum(ops.sum(ops.abs(weight)) for weight in weights if len(weight.shape) == 2)


def _windows(values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Return sums over the window that starts at each event [B, T, C], and which count [B, T].

    A window counts if it lies within the segment; the first one always does.
    """
    ahead = [[0, 0], [1, WINDOW - 1], [0, 0]]
    total = ops.cumsum(ops.pad(values, ahead), axis=1)
    sums = total[:, WINDOW:] - total[:, :-WINDOW]
    inside = ops.pad(mask, [[0, 0], [0, WINDOW - 1]])[:, WINDOW - 1 :]
    first = ops.concatenate([ops.ones_like(mask[:, :1]), ops.zeros_like(mask[:, 1:])], axis=1)
    return sums, ops.maximum(inside, first)


def _tonal_movement(notes: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Return the movement to the next window [B, T, 6], and where there is one [B, T]."""
    octaves = ops.pad(notes, [[0, 0], [0, 0], [0, 132 - ev.NOTE_OFF]])
    batch, length = ops.shape(notes)[0], ops.shape(notes)[1]
    chroma = ops.sum(ops.reshape(octaves, (batch, length, 11, 12)), axis=2)
    sums, _ = _windows(chroma, mask)
    weight = ops.maximum(ops.sum(sums, axis=-1, keepdims=True), 1e-3)
    centroid = ops.matmul(sums / weight, TONAL_CENTROID_BASIS.astype(np.float32))
    ahead = ops.pad(centroid, [[0, 0], [0, WINDOW], [0, 0]])[:, WINDOW:]
    has_next = ops.pad(mask, [[0, 0], [0, 2 * WINDOW - 1]])[:, 2 * WINDOW - 1 :]
    return ahead - centroid, has_next


def _last_note(labels: Tensor) -> tuple[Tensor, Tensor]:
    """Return the pitch started last before each label [B, T], and whether there is one [B, T].

    Only labels count: what the very first input event started is not looked at.
    """
    length = ops.shape(labels)[1]
    position = ops.where(labels < ev.NOTE_OFF, ops.arange(length, dtype="int32")[None], -1)
    # Reshaped, since TensorFlow loses the rank of a scan over a length it does not know.
    latest = ops.reshape(ops.associative_scan(ops.maximum, position, axis=1), ops.shape(labels))
    latest = ops.concatenate([-ops.ones_like(latest[:, :1]), latest[:, :-1]], axis=1)
    known = ops.cast(latest >= 0, "float32")
    last = ops.take_along_axis(labels, ops.maximum(latest, 0), axis=1)
    return ops.where(latest >= 0, last, 0), known
