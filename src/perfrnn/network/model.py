"""The network: Performance RNN as Magenta defines it, on any Keras backend."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from perfrnn.dataset.batches import Batch
from perfrnn.events import conditioning
from perfrnn.events import vocabulary as ev
from perfrnn.network import losses
from perfrnn.network.bundle import (
    BIAS,
    KERNEL,
    OUTPUT_BIASES,
    OUTPUT_WEIGHTS,
    Weights,
    expected_shapes,
)
from perfrnn.network.lstm import LSTM, run_stack

CLIP_NORM = 3.0
"""Magenta's `clip_norm`."""

ADAM_EPSILON = 1e-8
"""TensorFlow 1's default, which Magenta trains with."""

CPU_CHUNKS = 8
"""Parts of a sequence that the layers pass on to one another on a CPU (`run_stack`)."""


def prepare_backend(threads: int, layers: int = 3) -> None:
    """Set the number of CPU threads; call it once, before any computation.

    Threads first go to layers that work at the same time, one thread each (`run_stack`).
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        at_once = min(threads, layers)
        tf.config.threading.set_inter_op_parallelism_threads(at_once)
        tf.config.threading.set_intra_op_parallelism_threads(max(1, threads // at_once))
        tf.config.experimental.enable_op_determinism()


def describe_device() -> str:
    """Return backend and device, such as `tensorflow on GPU`."""
    return f"{keras.backend.backend()} on {'GPU' if _has_gpu() else 'CPU'}"


def _has_gpu() -> bool:
    return any("gpu" in name.lower() for name in keras.distribution.list_devices())


def choose_precision(precision: str) -> str:
    """Return `float32` or `bfloat16`; `auto` takes bfloat16 where the processor has it."""
    if precision != "auto":
        return precision
    if _has_gpu():
        return "bfloat16"
    cpuinfo = Path("/proc/cpuinfo")
    flags = cpuinfo.read_text(encoding="utf-8") if cpuinfo.exists() else ""
    return "bfloat16" if "avx512_bf16" in flags or "amx_bf16" in flags else "float32"


class PerformanceRNN(keras.Model):
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
        super().__init__(name="performance_rnn")
        self.conditioned = conditioned
        self.units = units
        self.precision = choose_precision(precision)
        self.auxiliary = dict(auxiliary or {})
        self.l1 = l1
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
        self.reported = {name: keras.metrics.Mean(name) for name in ("loss", "total_loss")}
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
        model.set_magenta_weights(weights)
        return model

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """The metrics that `compute_loss` updates."""
        return list(self.reported.values())

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
            chunks=1 if _has_gpu() else CPU_CHUNKS,
        )
        for variable, part in zip(self.carried, itertools.chain(*states), strict=False):
            variable.assign(part)
        return ops.cast(self.logits(outputs), "float32")

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Return cross-entropy, auxiliary losses and L1, weighted and summed.

        `y` are labels [B, T], `sample_weight` is the mask [B, T].
        """
        nats = losses.cross_entropy(y_pred, y, sample_weight)
        total = nats
        for name, weight in self.auxiliary.items():
            total = total + weight * losses.AUXILIARY[name](y_pred, y, sample_weight)
        if self.l1:
            total = total + self.l1 * losses.l1(self.trainable_weights)
        self.reported["loss"].update_state(nats)
        self.reported["total_loss"].update_state(total)
        return total

    def train_step_on(self, batch: Batch, learning_rate: float) -> dict[str, float]:
        """Take one optimizer step; return `loss` (cross-entropy) and `total_loss`."""
        self.optimizer.learning_rate = learning_rate
        self.reset_metrics()
        return self.train_on_batch(batch.inputs, batch.labels, batch.mask, return_dict=True)

    def predict_logits(self, inputs: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return logits, float32 [B, T, 388], without dropout."""
        return self.predict_on_batch(inputs)

    @contextmanager
    def set_aside(self) -> Iterator[None]:
        """Let the body use the carried states for other music; then put them back."""
        before = [_copy(variable) for variable in self.carried]
        yield
        for variable, value in zip(self.carried, before, strict=True):
            variable.assign(value)

    def shapes(self) -> dict[str, tuple]:
        """Return the shape of every weight by Magenta's names."""
        return expected_shapes(self.input_size, ev.NUM_CLASSES, len(self.lstms), self.units)

    def magenta_weights(self) -> Weights:
        """Return a copy of the weights by Magenta's names."""
        return {name: _copy(variable) for name, variable in self._variables_by_name().items()}

    def set_magenta_weights(self, weights: Weights) -> None:
        """Set the weights from a dictionary by Magenta's names."""
        for name, variable in self._variables_by_name().items():
            variable.assign(weights[name])

    def state(self) -> list[np.ndarray]:
        """Return everything that changes in training: weights, dropout's seeds, the optimizer."""
        return [_copy(variable) for variable in self._stateful_variables()]

    def set_state(self, values: Sequence[np.ndarray]) -> None:
        """Set what `state` returned."""
        for variable, value in zip(self._stateful_variables(), values, strict=True):
            variable.assign(value)

    def _variables_by_name(self) -> dict[str, keras.Variable]:
        named = {}
        for layer, lstm in enumerate(self.lstms):
            named[KERNEL.format(layer)] = lstm.kernel
            named[BIAS.format(layer)] = lstm.bias
        named[OUTPUT_WEIGHTS] = self.logits.kernel
        named[OUTPUT_BIASES] = self.logits.bias
        return named

    def _stateful_variables(self) -> list[keras.Variable]:
        return [*self.variables, *self.optimizer.variables]

    def _create_variables(self) -> None:
        rows = self.carried[0].shape[0] if self.carried else 1
        inputs = {"events": np.zeros((rows, 1), np.int32)}
        if self.conditioned:
            inputs["controls"] = np.zeros((rows, 1, conditioning.CONTROL_SIZE), np.float32)
        if self.carried:
            inputs["fresh"] = np.ones(rows, np.float32)
        self(inputs)
        self.optimizer.build(self.trainable_variables)


def _copy(variable: keras.Variable) -> np.ndarray:
    return np.array(ops.convert_to_numpy(variable))
