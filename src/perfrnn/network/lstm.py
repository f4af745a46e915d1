"""The LSTM layer of Performance RNN: Magenta's weights and function, whichever device runs it."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops

from perfrnn.network import devices

IMPLEMENTATIONS = ("auto", "loop", "keras")
FORGET_BIAS = 1.0


@keras.saving.register_keras_serializable(package="perfrnn")
class LSTM(keras.layers.Layer):
    """A long short-term memory layer with the variables of TF1's `BasicLSTMCell`.

    One kernel and one bias, laid out as in Magenta's checkpoints, so that weights move both ways
    and clipping a gradient by its variable's norm means the same as in Magenta.

    With `z = [x, h] @ kernel + bias`, split into `i, j, f, o`:
    `c' = c * sigmoid(f + 1) + sigmoid(i) * tanh(j)` and `h' = tanh(c') * sigmoid(o)`.

    Under the dtype policy `mixed_bfloat16`, matrix products and outputs are bfloat16, variables
    are float32, and (`loop`) so are gates and cell state.

    Parameters
    ----------
    units : size of the state.
    implementation : `loop` is `perfrnn.network.lstm_cpu`, for TensorFlow on a CPU; `keras` is
        `keras.layers.LSTM` on the same variables, which uses cuDNN on a GPU and runs on every
        backend; `auto` takes `loop` where TensorFlow sees no GPU, else `keras`.
    kernel_initializer : of the whole kernel, recurrent rows included.
    fixed : how many of the last units keep the weights of their gates in training.

    Attributes
    ----------
    kernel : [inputs + units, 4 * units].
    bias : [4 * units], zero at first; the forget bias of 1 is added at run time.
    """

    def __init__(
        self,
        units: int,
        implementation: str = "auto",
        kernel_initializer: Any = "glorot_uniform",
        fixed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if implementation not in IMPLEMENTATIONS:
            raise ValueError(f"implementation {implementation!r}: one of {IMPLEMENTATIONS}")
        self.units = units
        self.implementation = implementation
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.fixed = fixed
        # XLA compiles neither cuDNN's LSTM nor TensorFlow's loop well.
        self.supports_jit = keras.backend.backend() != "tensorflow"

    def build(self, input_shape: Any) -> None:
        """Create the variables and choose the implementation."""
        is_list_of_parts = isinstance(input_shape[0], list | tuple)
        inputs = (input_shape[0] if is_list_of_parts else input_shape)[-1]
        add = partial(self.add_weight, autocast=False)  # the forget bias is added in float32
        shape = (inputs + self.units, 4 * self.units)
        self.kernel = add(shape, self.kernel_initializer, name="kernel")
        self.bias = add((4 * self.units,), "zeros", name="bias")
        if self.implementation == "loop" or (self.implementation == "auto" and _cpu_tensorflow()):
            from perfrnn.network import lstm_cpu

            self._prepare = partial(lstm_cpu.prepare, dtype=self.compute_dtype)
            self._run = lstm_cpu.run
        else:
            native = keras.layers.LSTM(
                self.units,
                kernel_initializer="zeros",  # of no use, but to be the same in all processes
                recurrent_initializer="zeros",
                return_sequences=True,
                return_state=True,
                seed=0,
                dtype=self.dtype_policy,
            )
            native.build((None, None, inputs))
            self._prepare = partial(_prepare_native, inputs=inputs)
            # Held by a closure: as an attribute, its variables would be counted as this layer's.
            self._run = partial(_run_native, native)

    def call(
        self, x: Any, initial_state: tuple[Any, Any] | None = None, return_state: bool = False
    ) -> Any:
        """Run over `x`.

        Parameters
        ----------
        x : [batch, time, inputs], or a list of such: consecutive parts in time (`run_stack`).
        initial_state : `(h, c)`, each [batch, units]; zeros if None.
        return_state : whether to return the last state too.

        Returns
        -------
        outputs [batch, time, units], a list if `x` is one; with `return_state`,
        `(outputs, (h, c))`, h and c float32.
        """
        parts = x if isinstance(x, list) else [x]
        if initial_state is None:
            zeros = ops.zeros((ops.shape(parts[0])[0], self.units), "float32")
            initial_state = (zeros, zeros)
        h, c = initial_state
        weights = self._prepare(self._fix(self.kernel), self._fix(self.bias))
        outputs = []
        for part in parts:
            output, h, c = self._run(part, weights, h, c)
            outputs.append(output)
        result = outputs if isinstance(x, list) else outputs[0]
        return (result, (h, c)) if return_state else result

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "units": self.units,
            "implementation": self.implementation,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "fixed": self.fixed,
        }

    def _fix(self, variable: Any) -> Any:
        """Return a variable's value, with no gradient for the units that keep their weights."""
        value = ops.convert_to_tensor(variable)
        if not self.fixed:
            return value
        is_fixed = np.tile(np.arange(self.units) >= self.units - self.fixed, 4)
        return ops.where(is_fixed, ops.stop_gradient(value), value)


def run_stack(
    lstms: Sequence[LSTM],
    dropouts: Sequence[keras.layers.Dropout],
    x: Any,
    states: Sequence[tuple[Any, Any] | None] | None = None,
    *,
    training: bool = False,
    chunks: int = 1,
) -> tuple[Any, list[tuple[Any, Any]]]:
    """Run LSTMs one above another, each followed by dropout.

    Parameters
    ----------
    x : [batch, time, inputs]; a time unknown in a graph must be at least `chunks`.
    states : what an earlier call returned, to go on from there; None for zeros.
    chunks : parts to cut time into; state is carried, so the function stays the same. A layer can
        then work on one part while the layer above works on the part before, as TensorFlow's
        executor does given as many inter-op threads. On a CPU this uses two cores better than
        sharing each product between them; on a GPU it gains nothing.

    Returns
    -------
    outputs [batch, time, units] of the last layer, and the states after the last step.
    """
    time = ops.shape(x)[1]
    chunks = min(chunks, x.shape[1] or chunks)
    parts = [x[:, k * time // chunks : (k + 1) * time // chunks] for k in range(chunks)]
    ends = []
    for level, (lstm, dropout) in enumerate(zip(lstms, dropouts, strict=True)):
        state = states[level] if states is not None else None
        parts, end = lstm(parts, initial_state=state, return_state=True)
        parts = [dropout(part, training=training) for part in parts]
        ends.append(end)
    return ops.concatenate(parts, axis=1), ends


def _cpu_tensorflow() -> bool:
    """Tell whether TensorFlow runs the model, and on a CPU."""
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return not tf.config.get_visible_devices("GPU")


def _prepare_native(kernel: Any, bias: Any, *, inputs: int) -> list[Any]:
    """Return Keras's kernel, recurrent kernel and bias: gate order i, f, c, o."""
    i, j, f, o = ops.split(ops.convert_to_tensor(kernel), 4, axis=-1)
    kernel = ops.concatenate([i, f, j, o], axis=-1)
    i, j, f, o = ops.split(ops.convert_to_tensor(bias), 4)
    return [kernel[:inputs], kernel[inputs:], ops.concatenate([i, f + FORGET_BIAS, j, o])]


def _run_native(
    native: keras.layers.LSTM, x: Any, weights: list[Any], h: Any, c: Any
) -> tuple[Any, Any, Any]:
    """Run Keras's own LSTM with our weights: the contract of `perfrnn.network.lstm_cpu.run`."""
    fixed = [variable.value for variable in native.non_trainable_variables]

    def run(x: Any, weights: list[Any], h: Any, c: Any) -> Any:
        return native.stateless_call(weights, fixed, x, initial_state=[h, c])[0]

    h, c = (ops.cast(part, native.compute_dtype) for part in (h, c))
    outputs, h, c = devices.by_rows(run, x, weights, h, c)
    return outputs, ops.cast(h, "float32"), ops.cast(c, "float32")
