"""The network: Performance RNN as Magenta defines it, on any Keras backend."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from perfrnn.events import conditioning
from perfrnn.events import vocabulary as ev
from perfrnn.network.bundle import (
    BIAS,
    KERNEL,
    OUTPUT_BIASES,
    OUTPUT_WEIGHTS,
    Weights,
)
from perfrnn.network.event_model import EventModel, has_gpu
from perfrnn.network.lstm import LSTM, run_stack

CLIP_NORM = 3.0
"""Magenta's `clip_norm`."""

ADAM_EPSILON = 1e-8
"""TensorFlow 1's default, which Magenta trains with."""

CPU_CHUNKS = 4
"""Parts of a sequence that the layers pass on to one another on a CPU (`run_stack`); with twice as
many a step is as fast, but the first one takes a third longer."""


class PerformanceRNN(EventModel):
    """Stacked LSTMs over events (and control signals), a softmax over 388 classes.

    Parameters
    ----------
    conditioned : whether the inputs include the 20 control signals.
    layers, units : size of the network; Magenta's is 3 layers of 512.
    dropout : share of each layer's outputs dropped in training.
    auxiliary : weights of the losses added to the cross-entropy, by name.
    l1 : weight of the sum of absolute weights, biases excepted.
    clip_norm : each variable's gradient is clipped to this norm by itself, as in Magenta.
    precision : `float32`, `bfloat16` or `auto`: arithmetic of the matrix products.
    carried_rows : sequences in a batch whose last state is where the next batch's sequences go on
        (truncated back-propagation through time); 0 if batches have nothing to do with each other.
    latches : how many of the first layer's last units keep the weights of their gates: those that
        `perfrnn.network.latches` wires.
    seed : of the initial weights and of dropout.
    """

    def __init__(
        self,
        *,
        conditioned: bool,
        layers: int = 3,
        units: int = 512,
        dropout: float = 0.0,
        auxiliary: Mapping[str, float] | None = None,
        l1: float = 0.0,
        clip_norm: float = CLIP_NORM,
        precision: str = "auto",
        carried_rows: int = 0,
        latches: int = 0,
        seed: int = 0,
    ) -> None:
        super().__init__(name="performance_rnn", auxiliary=auxiliary, l1=l1, precision=precision)
        self.conditioned = conditioned
        self.units = units
        policy = "mixed_bfloat16" if self.precision == "bfloat16" else "float32"
        self.compute = keras.DTypePolicy(policy).compute_dtype
        self.input_size = ev.NUM_CLASSES + (conditioning.CONTROL_SIZE if conditioned else 0)
        initializer = keras.initializers.GlorotUniform
        self.lstms = [
            LSTM(
                units,
                kernel_initializer=initializer(seed=seed + layer),
                fixed=0 if layer else latches,
                dtype=policy,
                name=f"lstm_{layer}",
            )
            for layer in range(layers)
        ]
        self.dropouts = [
            keras.layers.Dropout(dropout, seed=seed + 100 + layer, dtype=policy)
            for layer in range(layers)
        ]
        self.logits = keras.layers.Dense(
            ev.NUM_CLASSES,
            kernel_initializer=initializer(seed=seed + layers),
            dtype=policy,
            name="logits",
        )
        self.carried = [
            self.add_weight(
                (carried_rows, units), "zeros", trainable=False, name=f"{part}_{layer}"
            )
            for layer in range(layers if carried_rows else 0)
            for part in "hc"
        ]
        self.compile(
            optimizer=keras.optimizers.Adam(epsilon=ADAM_EPSILON, clipnorm=clip_norm),
            jit_compile="auto",
        )
        self._create_variables()

    @classmethod
    def from_weights(cls, weights: Weights, **settings: Any) -> PerformanceRNN:
        """Return a network of the size that the weights have, with these weights."""
        layers = sum(name.endswith("kernel") for name in weights)
        units = weights[OUTPUT_WEIGHTS].shape[0]
        inputs = weights[KERNEL.format(0)].shape[0] - units
        model = cls(conditioned=inputs > ev.NUM_CLASSES, layers=layers, units=units, **settings)
        model.set_named_weights(weights)
        return model

    def call(self, inputs: Mapping[str, Any], training: bool = False) -> Any:
        """Return logits, float32 [B, T, 388], for the inputs of a `perfrnn.dataset.batches.Batch`.

        With `carried_rows`, sequences go on from the state that the call before ended in, but for
        those that `inputs["fresh"]`, [B], marks with 1.
        """
        outputs = ops.one_hot(inputs["events"], ev.NUM_CLASSES, dtype=self.compute)
        if self.conditioned:
            signals = ops.cast(inputs["controls"], self.compute)
            outputs = ops.concatenate([signals, outputs], axis=-1)
        states = None
        if self.carried:
            kept = [part * (1 - inputs["fresh"][:, None]) for part in self.carried]
            states = list(zip(kept[::2], kept[1::2], strict=True))
        outputs, states = run_stack(
            self.lstms,
            self.dropouts,
            outputs,
            states,
            training=training,
            # JAX would compile each part by itself, and gain nothing.
            chunks=1 if has_gpu() or keras.backend.backend() == "jax" else CPU_CHUNKS,
        )
        for variable, part in zip(self.carried, itertools.chain(*states), strict=False):
            variable.assign(part)
        return ops.cast(self.logits(outputs), "float32")

    def variables_by_name(self) -> dict[str, keras.Variable]:
        """Return the variables that hold the weights, by Magenta's names."""
        named = {}
        for layer, lstm in enumerate(self.lstms):
            named[KERNEL.format(layer)] = lstm.kernel
            named[BIAS.format(layer)] = lstm.bias
        named[OUTPUT_WEIGHTS] = self.logits.kernel
        named[OUTPUT_BIASES] = self.logits.bias
        return named

    def _create_variables(self) -> None:
        rows = self.carried[0].shape[0] if self.carried else 1
        inputs = {"events": np.zeros((rows, 1), np.int32)}
        if self.conditioned:
            inputs["controls"] = np.zeros((rows, 1, conditioning.CONTROL_SIZE), np.float32)
        if self.carried:
            inputs["fresh"] = np.ones(rows, np.float32)
        self(inputs)
        self.optimizer.build(self.trainable_variables)
