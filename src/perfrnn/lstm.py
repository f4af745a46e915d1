"""The LSTM layer of Performance RNN: Magenta's weights and function, whichever device runs it."""

from functools import partial
from typing import Any

import keras
from keras import ops

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
    implementation : `loop` is `perfrnn.lstm_cpu`, for TensorFlow on a CPU; `keras` is
        `keras.layers.LSTM` on the same variables, which uses cuDNN on a GPU and runs on every
        backend; `auto` takes `loop` where TensorFlow sees no GPU, else `keras`.
    kernel_initializer : of the whole kernel, recurrent rows included.

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
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if implementation not in IMPLEMENTATIONS:
            raise ValueError(f"implementation {implementation!r}: one of {IMPLEMENTATIONS}")
        self.units = units
        self.implementation = implementation
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        # XLA compiles neither cuDNN's LSTM nor TensorFlow's loop well.
        self.supports_jit = keras.backend.backend() != "tensorflow"

    def build(self, input_shape: tuple[Any, ...]) -> None:
        """Create the variables and choose the implementation."""
        inputs = input_shape[-1]
        add = partial(self.add_weight, autocast=False)  # the forget bias is added in float32
        shape = (inputs + self.units, 4 * self.units)
        self.kernel = add(shape, self.kernel_initializer, name="kernel")
        self.bias = add((4 * self.units,), "zeros", name="bias")
        if self.implementation == "loop" or (self.implementation == "auto" and _cpu_tensorflow()):
            from perfrnn.lstm_cpu import lstm

            self._run = lstm
        else:
            native = keras.layers.LSTM(
                self.units, return_sequences=True, return_state=True, dtype=self.dtype_policy
            )
            native.build((None, None, inputs))
            # Held by a closure: as an attribute, its variables would be counted as this layer's.
            self._run = partial(_run_native, native)

    def call(
        self, x: Any, initial_state: tuple[Any, Any] | None = None, return_state: bool = False
    ) -> Any:
        """Run over `x`.

        Parameters
        ----------
        x : [batch, time, inputs].
        initial_state : `(h, c)`, each [batch, units]; zeros if None.
        return_state : whether to return the last state too.

        Returns
        -------
        outputs [batch, time, units]; with `return_state`, `(outputs, (h, c))`, h and c float32.
        """
        if initial_state is None:
            zeros = ops.zeros((ops.shape(x)[0], self.units), "float32")
            initial_state = (zeros, zeros)
        kernel, bias = ops.convert_to_tensor(self.kernel), ops.convert_to_tensor(self.bias)
        outputs, h, c = self._run(x, kernel, bias, *initial_state)
        return (outputs, (h, c)) if return_state else outputs

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "units": self.units,
            "implementation": self.implementation,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


def _cpu_tensorflow() -> bool:
    """Tell whether TensorFlow runs the model, and on a CPU."""
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return not tf.config.get_visible_devices("GPU")


def _run_native(
    native: keras.layers.LSTM, x: Any, kernel: Any, bias: Any, h: Any, c: Any
) -> tuple[Any, Any, Any]:
    """Run Keras's own LSTM on our variables: the contract of `perfrnn.lstm_cpu.lstm`."""
    i, j, f, o = ops.split(kernel, 4, axis=-1)
    kernel = ops.concatenate([i, f, j, o], axis=-1)  # Keras's gate order: i, f, c, o
    i, j, f, o = ops.split(bias, 4)
    bias = ops.concatenate([i, f + FORGET_BIAS, j, o])
    inputs = x.shape[-1]
    state = [ops.cast(part, native.compute_dtype) for part in (h, c)]
    (outputs, h, c), _ = native.stateless_call(
        [kernel[:inputs], kernel[inputs:], bias],
        [variable.value for variable in native.non_trainable_variables],
        x,
        initial_state=state,
    )
    return outputs, ops.cast(h, "float32"), ops.cast(c, "float32")
