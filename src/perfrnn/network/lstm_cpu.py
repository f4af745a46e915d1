"""An LSTM layer's forward and backward pass for TensorFlow on a CPU.

The function is that of TF1's `BasicLSTMCell`, which Magenta's checkpoints hold the weights of.
What makes it fast:

- The loop over time holds one matrix product per step. Input, recurrent and bias terms are one
  product of `[x; h; 1]`, and every weight gradient comes from one product after the loop.
- Arrays are kept feature-major, `[features, batch]`. The weights are then the row-major left
  operand, which oneDNN reads without repacking them at every step, and a gate is a contiguous
  block of rows.
- Products may be bfloat16. Gates, cell state and the accumulation of their gradients are float32.
- Element-wise work is done a gate at a time: arrays of this size stay in a core's cache and below
  the size from which TensorFlow pays for waking a second thread.
"""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

FORGET_BIAS = 1.0
_TILE = 32  # bfloat16 products on AMX take 32 rows of the contracted axis at a time


def prepare(kernel: Any, bias: Any, dtype: str) -> tf.Tensor:
    """Return what `run` takes: [4 * units, inputs + units + padding], the first pad the bias.

    Parameters
    ----------
    kernel : [inputs + units, 4 * units], columns in the gate order i, j, f, o.
    bias : [4 * units], without the forget bias, which `run` adds.
    dtype : `float32` or `bfloat16`, that of the matrix products.
    """
    padding = _TILE - kernel.shape[0] % _TILE
    rows = tf.concat([kernel, tf.expand_dims(bias, 0)], 0)
    return tf.cast(tf.transpose(tf.pad(rows, [[0, padding - 1], [0, 0]])), dtype)


def run(
    x: tf.Tensor, weights: tf.Tensor, h: tf.Tensor, c: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Run an LSTM over `x`; differentiable once with respect to every argument.

    Parameters
    ----------
    x : [batch, time, inputs], with the dtype of `weights`.
    weights : what `prepare` returned.
    h, c : [batch, units], the state before the first step.

    Returns
    -------
    outputs [batch, time, units] with the dtype of `x`; last `h` and `c` as float32.
    """
    h = tf.cast(tf.transpose(h), x.dtype)
    c = tf.cast(tf.transpose(c), tf.float32)
    outputs, h, c = _loop(tf.transpose(x, [1, 2, 0]), weights, h, c)
    return (
        tf.transpose(outputs, [2, 0, 1]),
        tf.cast(tf.transpose(h), tf.float32),
        tf.transpose(c),
    )


@tf.custom_gradient
def _loop(
    x: tf.Tensor, weights: tf.Tensor, h: tf.Tensor, c: tf.Tensor
) -> tuple[tuple[tf.Tensor, tf.Tensor, tf.Tensor], Callable]:
    """`run` on x [time, inputs, batch] and states [units, batch]."""
    dtype, steps, batch = x.dtype, tf.shape(x)[0], tf.shape(x)[2]
    inputs, units = x.shape[1], weights.shape[0] // 4
    one = tf.pad(tf.ones((1, batch), dtype), [[0, weights.shape[1] - inputs - units - 1], [0, 0]])

    def step(t: tf.Tensor, h: tf.Tensor, c: tf.Tensor, *saved: tf.TensorArray) -> tuple:
        row = tf.concat([x[t], h, one], 0)
        i, j, f, o = (tf.cast(gate, tf.float32) for gate in tf.split(weights @ row, 4))
        i, j, f, o = tf.sigmoid(i), tf.tanh(j), tf.sigmoid(f + FORGET_BIAS), tf.sigmoid(o)
        before, c = c, c * f + i * j
        h = tf.cast(tf.tanh(c) * o, dtype)
        values = (row, h, i, j, f, o, before, c)
        return t + 1, h, c, *(a.write(t, v) for a, v in zip(saved, values, strict=True))

    saved = [tf.TensorArray(dtype, steps, clear_after_read=False) for _ in range(2)]
    saved += [tf.TensorArray(tf.float32, steps, clear_after_read=False) for _ in range(6)]
    _, h_last, c_last, *saved = tf.while_loop(
        lambda t, *_: t < steps, step, (0, h, c, *saved), parallel_iterations=1
    )
    rows, outputs, *gates = saved

    def gradient(
        outputs_grad: tf.Tensor, h_grad: tf.Tensor, c_grad: tf.Tensor
    ) -> tuple[tf.Tensor, ...]:
        from_inputs, from_state = tf.split(
            tf.transpose(weights)[: inputs + units], [inputs, units]
        )

        def step_back(t: tf.Tensor, dh: tf.Tensor, dc: tf.Tensor, saved: tf.TensorArray) -> tuple:
            i, j, f, o, before, after = (a.read(t) for a in gates)
            dh = tf.cast(outputs_grad[t], tf.float32) + tf.cast(dh, tf.float32)
            squashed = tf.tanh(after)
            dc += _tanh_grad(squashed, dh * o)
            dz = (
                _sigmoid_grad(i, dc * j),
                _tanh_grad(j, dc * i),
                _sigmoid_grad(f, dc * before),
                _sigmoid_grad(o, dh * squashed),
            )
            dz = tf.concat([tf.cast(gate, dtype) for gate in dz], 0)
            return t - 1, from_state @ dz, dc * f, saved.write(t, dz)

        _, dh, dc, saved = tf.while_loop(
            lambda t, *_: t >= 0,
            step_back,
            (steps - 1, h_grad, c_grad, tf.TensorArray(dtype, steps)),
            parallel_iterations=1,
        )
        dz = saved.stack()
        weights_grad = tf.matmul(_flat(dz), _flat(rows.stack()), transpose_b=True)
        return from_inputs @ dz, weights_grad, dh, dc

    return (outputs.stack(), h_last, c_last), gradient


def _sigmoid_grad(y: tf.Tensor, dy: tf.Tensor) -> tf.Tensor:
    """Gradient through y = sigmoid(z)."""
    return tf.raw_ops.SigmoidGrad(y=y, dy=dy)


def _tanh_grad(y: tf.Tensor, dy: tf.Tensor) -> tf.Tensor:
    """Gradient through y = tanh(z)."""
    return tf.raw_ops.TanhGrad(y=y, dy=dy)


def _flat(a: tf.Tensor) -> tf.Tensor:
    """[time, features, batch] -> [features, time * batch]."""
    return tf.reshape(tf.transpose(a, [1, 0, 2]), [tf.shape(a)[1], -1])
