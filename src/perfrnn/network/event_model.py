"""What training and scoring ask of a network, whichever it is: logits of a batch, its state."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from perfrnn.dataset.batches import Batch
from perfrnn.network import devices, losses
from perfrnn.network.bundle import Weights
from perfrnn.network.transformer_file import SUFFIX
from perfrnn.network.transformer_layout import TRANSFORMER_MODEL

LAYERS_AT_ONCE = 3
"""Layers of an LSTM that work at the same time (`run_stack`)."""


def at_once(*models: str | Path) -> int:
    """Return how many operations of these models, by name or file, can run at the same time.

    A transformer's cannot: each block waits for the one before.
    """
    transformers = [TRANSFORMER_MODEL, *(m for m in models if Path(m).suffix == SUFFIX)]
    return 1 if any(model in transformers for model in models) else LAYERS_AT_ONCE


def prepare_backend(threads: int, operations: int = LAYERS_AT_ONCE) -> None:
    """Set the number of CPU threads; call it once, before any computation.

    Parameters
    ----------
    operations : how many can run at the same time: threads first go to these, one each.
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        operations = min(threads, operations)
        tf.config.threading.set_inter_op_parallelism_threads(operations)
        tf.config.threading.set_intra_op_parallelism_threads(max(1, threads // operations))
        tf.config.experimental.enable_op_determinism()


def describe_device() -> str:
    """Return backend and devices, such as `tensorflow on GPU`, or `jax on 4 x GPU`."""
    count = devices.device_count()
    times = f"{count} x " if count > 1 else ""
    return f"{keras.backend.backend()} on {times}{'GPU' if has_gpu() else 'CPU'}"


def has_gpu() -> bool:
    """Return whether the backend sees a GPU."""
    return any("gpu" in name.lower() for name in keras.distribution.list_devices())


def choose_precision(precision: str) -> str:
    """Return `float32` or `bfloat16`; `auto` takes bfloat16 where the processor has it."""
    if precision != "auto":
        return precision
    if has_gpu():
        return "bfloat16"
    cpuinfo = Path("/proc/cpuinfo")
    flags = cpuinfo.read_text(encoding="utf-8") if cpuinfo.exists() else ""
    return "bfloat16" if "avx512_bf16" in flags or "amx_bf16" in flags else "float32"


class EventModel(keras.Model):
    """A network from the events of a batch to the logits of those that follow.

    Parameters
    ----------
    auxiliary : weights of the losses added to the cross-entropy, by name.
    l1 : weight of the sum of absolute weights, biases excepted.
    precision : `float32`, `bfloat16` or `auto`: arithmetic of the matrix products.

    Attributes
    ----------
    carried : variables in which a batch's sequences leave what the next batch's go on from.
    """

    def __init__(
        self, *, name: str, auxiliary: Mapping[str, float] | None, l1: float, precision: str
    ) -> None:
        super().__init__(name=name)
        self.precision = choose_precision(precision)
        self.auxiliary = dict(auxiliary or {})
        self.l1 = l1
        self.carried: list[keras.Variable] = []
        self.reported = {name: keras.metrics.Mean(name) for name in ("loss", "total_loss")}

    @abstractmethod
    def variables_by_name(self) -> dict[str, keras.Variable]:
        """Return the variables that hold the weights, by the names that these have in files."""

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """The metrics that `compute_loss` updates."""
        return list(self.reported.values())

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
        inputs = {name: devices.own_rows(array) for name, array in batch.inputs.items()}
        labels, mask = devices.own_rows(batch.labels), devices.own_rows(batch.mask)
        return self.train_on_batch(inputs, labels, mask, return_dict=True)

    def predict_logits(self, inputs: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return logits, float32 [B, T, 388], without dropout."""
        return self.predict_on_batch(devices.on_devices(inputs))

    def predict_step(self, *given: Any) -> Any:
        """Return what Keras's own step does, the logits of all rows on every device."""
        found = super().predict_step(*given)
        if devices.device_count() == 1:
            return found
        logits, variables = found
        return devices.on_every_device(logits), variables

    @contextmanager
    def set_aside(self) -> Iterator[None]:
        """Let the body use what is carried for other music; then put it back."""
        before = [copied(variable) for variable in self.carried]
        yield
        for variable, value in zip(self.carried, before, strict=True):
            variable.assign(value)

    def shapes(self) -> dict[str, tuple]:
        """Return the shape of every weight by name."""
        return {name: tuple(v.shape) for name, v in self.variables_by_name().items()}

    def named_weights(self) -> Weights:
        """Return a copy of the weights by name."""
        return {name: copied(variable) for name, variable in self.variables_by_name().items()}

    def set_named_weights(self, weights: Weights) -> None:
        """Set the weights from a dictionary by name."""
        for name, variable in self.variables_by_name().items():
            variable.assign(weights[name])

    def state(self) -> list[np.ndarray]:
        """Return everything that changes in training: weights, dropout's seeds, the optimizer."""
        return [copied(variable) for variable in self._stateful_variables()]

    def set_state(self, values: Sequence[np.ndarray]) -> None:
        """Set what `state` returned."""
        for variable, value in zip(self._stateful_variables(), values, strict=True):
            variable.assign(value)

    def _stateful_variables(self) -> list[keras.Variable]:
        return [*self.variables, *self.optimizer.variables]


def copied(variable: keras.Variable) -> np.ndarray:
    """Return a variable's value as an array of its own."""
    return np.array(ops.convert_to_numpy(variable))
