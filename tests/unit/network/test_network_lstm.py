import os
import subprocess
import sys
import textwrap

import keras
import numpy as np
import pytest
import tensorflow as tf

from perfrnn.network.lstm import LSTM, run_stack

BATCH, TIME, INPUTS, UNITS = 3, 7, 5, 4


def magenta_cell(x, kernel, bias, h, c):
    """TF1's BasicLSTMCell in plain NumPy, from its definition."""

    def sigmoid(z):
        return 1 / (1 + np.exp(-z))

    outputs = []
    for t in range(x.shape[1]):
        z = np.concatenate([x[:, t], h], axis=1) @ kernel + bias
        i, j, f, o = np.split(z, 4, axis=1)
        c = c * sigmoid(f + 1.0) + sigmoid(i) * np.tanh(j)
        h = np.tanh(c) * sigmoid(o)
        outputs.append(h)
    return np.stack(outputs, axis=1), h, c


def make(implementation, *, inputs=INPUTS, units=UNITS, dtype="float32", seed=0):
    """Return a layer with weights large enough that every gate is at work."""
    layer = LSTM(units, implementation=implementation, dtype=dtype)
    layer.build((None, None, inputs))
    rng = np.random.default_rng(seed)
    layer.set_weights([rng.normal(scale=0.7, size=weight.shape) for weight in layer.weights])
    return layer


def arrays(*shapes, seed=1):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape).astype(np.float32) for shape in shapes]


def gradients(layer, x, h, c):
    """Return outputs, last state, and the gradients of a loss that depends on all of them."""
    x, h, c = (tf.convert_to_tensor(a) for a in (x, h, c))
    with tf.GradientTape() as tape:
        tape.watch([x, h, c])
        outputs, (h_last, c_last) = layer(x, initial_state=(h, c), return_state=True)
        loss = tf.reduce_sum(tf.sin(3 * tf.cast(outputs, tf.float32)))
        loss += tf.reduce_sum(h_last * c_last)
    variables = [variable.value for variable in layer.trainable_variables]
    return [outputs, h_last, c_last, *tape.gradient(loss, [x, h, c, *variables])]


@pytest.mark.parametrize("implementation", ["loop", "keras"])
def test_outputs_and_state_are_those_of_the_basic_lstm_cell(implementation):
    layer = make(implementation)
    x, h, c = arrays((BATCH, TIME, INPUTS), (BATCH, UNITS), (BATCH, UNITS))
    kernel, bias = (weight.astype(np.float64) for weight in layer.get_weights())

    outputs, (h_last, c_last) = layer(x, initial_state=(h, c), return_state=True)

    expected = magenta_cell(x, kernel, bias, h, c)
    for got, want in zip((outputs, h_last, c_last), expected, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("implementation", ["loop", "keras"])
def test_gradients_are_those_of_finite_differences(implementation):
    layer = make(implementation)
    values = arrays((BATCH, TIME, INPUTS), (BATCH, UNITS), (BATCH, UNITS))
    values += [weight.astype(np.float64) for weight in layer.get_weights()]

    def loss(x, h, c, kernel, bias):
        outputs, h_last, c_last = magenta_cell(x, kernel, bias, h, c)
        return np.sin(3 * outputs).sum() + (h_last * c_last).sum()

    got = gradients(layer, *values[:3])[3:]

    rng = np.random.default_rng(2)
    for index, gradient in enumerate(got):
        direction = rng.normal(size=values[index].shape)
        ahead, behind = list(values), list(values)
        ahead[index] = values[index] + 1e-5 * direction
        behind[index] = values[index] - 1e-5 * direction
        slope = (loss(*ahead) - loss(*behind)) / 2e-5
        np.testing.assert_allclose(np.sum(gradient * direction), slope, rtol=2e-4)


@pytest.mark.parametrize("in_graph", [False, True])
@pytest.mark.parametrize(
    ("inputs", "units"),
    [
        (INPUTS, UNITS),
        (28, 4),  # inputs + units is a multiple of the tile: the bias needs a tile of its own
        (388, 32),
    ],
)
def test_both_implementations_agree(inputs, units, in_graph):
    data = arrays((BATCH, TIME, inputs), (BATCH, units), (BATCH, units))
    results = []
    for implementation in ("loop", "keras"):
        layer = make(implementation, inputs=inputs, units=units)
        layer.set_weights([weight / np.sqrt(inputs) for weight in layer.get_weights()])
        run = tf.function(lambda *args, layer=layer: gradients(layer, *args))
        results.append(run(*data) if in_graph else gradients(layer, *data))
    for got, want in zip(*results, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5 * np.abs(want).max())


def test_one_graph_serves_every_batch_size_and_length():
    layer = make("loop")
    traces = []

    @tf.function(input_signature=[tf.TensorSpec((None, None, INPUTS))])
    def run(x):
        traces.append(x)
        return layer(x)

    for batch, time in ((1, 1), (2, 9), (5, 3)):
        (x,) = arrays((batch, time, INPUTS))
        np.testing.assert_allclose(run(x), layer(x), rtol=1e-6)
    assert len(traces) == 1


@pytest.mark.parametrize("implementation", ["loop", "keras"])
def test_carried_state_continues_a_sequence(implementation):
    layer = make(implementation)
    (x,) = arrays((BATCH, TIME, INPUTS))
    whole, (h, c) = layer(x, return_state=True)

    first, state = layer(x[:, :3], return_state=True)
    second, (h_parts, c_parts) = layer(x[:, 3:], initial_state=state, return_state=True)

    np.testing.assert_allclose(np.concatenate([first, second], axis=1), whole, rtol=1e-6)
    np.testing.assert_allclose(h_parts, h, rtol=1e-6)
    np.testing.assert_allclose(c_parts, c, rtol=1e-6)


def make_stack(rate=0.0):
    lstms = [make("loop"), make("loop", inputs=UNITS, seed=1)]
    return lstms, [keras.layers.Dropout(rate, seed=level) for level in range(2)]


@pytest.mark.parametrize("in_graph", [False, True])
@pytest.mark.parametrize("chunks", [1, 3, 99])
def test_chunks_of_a_stack_make_no_difference(chunks, in_graph):
    lstms, dropouts = make_stack()
    (x,) = arrays((BATCH, TIME, INPUTS))

    def run(x, chunks=chunks):
        variables = [variable.value for lstm in lstms for variable in lstm.variables]
        with tf.GradientTape() as tape:
            outputs, states = run_stack(lstms, dropouts, x, chunks=chunks)
            loss = tf.reduce_sum(tf.sin(3 * outputs))
        return [outputs, *states[0], *states[1], *tape.gradient(loss, variables)]

    got = tf.function(run)(tf.constant(x)) if in_graph else run(tf.constant(x))

    bottom, first = lstms[0](x, return_state=True)
    top, second = lstms[1](bottom, return_state=True)
    expected = [top, *first, *second, *run(tf.constant(x), chunks=1)[5:]]
    for near, far in zip(got, expected, strict=True):
        np.testing.assert_allclose(near, far, rtol=1e-4, atol=1e-6)


def test_a_stack_goes_on_from_its_states():
    lstms, dropouts = make_stack()
    (x,) = arrays((BATCH, TIME, INPUTS))
    whole, _ = run_stack(lstms, dropouts, x)
    first, states = run_stack(lstms, dropouts, x[:, :2])
    second, _ = run_stack(lstms, dropouts, x[:, 2:], states, chunks=2)
    np.testing.assert_allclose(np.concatenate([first, second], axis=1), whole, rtol=1e-6)


def test_a_stack_drops_outputs_in_training_alone():
    lstms, dropouts = make_stack(rate=0.5)
    (x,) = arrays((20, TIME, INPUTS))
    plain, _ = run_stack(lstms, dropouts, x)
    assert np.count_nonzero(plain) == np.size(plain)
    dropped, _ = run_stack(lstms, dropouts, x, training=True, chunks=2)
    for half in (dropped[:, :3], dropped[:, 3:]):
        assert 0.35 < np.count_nonzero(half) / np.size(half) < 0.65


def test_bfloat16_keeps_variables_gradients_and_state_in_float32():
    layer = make("loop", dtype="mixed_bfloat16")
    exact = make("loop")
    data = arrays((BATCH, TIME, INPUTS), (BATCH, UNITS), (BATCH, UNITS))

    got, want = gradients(layer, *data), gradients(exact, *data)

    assert [value.dtype.name for value in got] == ["bfloat16"] + ["float32"] * 7
    assert {variable.dtype for variable in layer.variables} == {"float32"}
    for near, far in zip(got, want, strict=True):
        error = np.linalg.norm(tf.cast(near, tf.float32) - far) / np.linalg.norm(far)
        assert error < 0.03  # bfloat16 has 8 bits: 0.4% a rounding


def test_variables_are_laid_out_as_in_magenta():
    layer = LSTM(512)
    layer.build((None, None, 388))
    assert [tuple(variable.shape) for variable in layer.variables] == [(900, 2048), (2048,)]
    kernel, bias = layer.get_weights()
    assert not bias.any()
    limit = np.sqrt(6 / (900 + 2048))  # Glorot & Bengio (2010), over the whole kernel
    assert np.abs(kernel).max() == pytest.approx(limit, rel=1e-3)


def test_cpu_tensorflow_takes_the_loop():
    default, loop = make("auto"), make("loop")
    (x,) = arrays((BATCH, TIME, INPUTS))
    np.testing.assert_array_equal(default(x), loop(x))
    assert not default.supports_jit


def test_config_round_trip():
    layer = LSTM(
        6,
        implementation="keras",
        kernel_initializer=keras.initializers.GlorotUniform(seed=3),
        dtype="mixed_bfloat16",
        name="first",
    )
    copy = LSTM.from_config(layer.get_config())
    assert copy.get_config() == layer.get_config()
    assert (copy.units, copy.implementation, copy.name) == (6, "keras", "first")
    assert copy.kernel_initializer.seed == 3
    assert copy.compute_dtype == "bfloat16"


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras, NumPy 2
def test_model_round_trip_through_a_file(tmp_path):
    inputs = keras.Input((None, INPUTS))
    model = keras.Model(inputs, LSTM(UNITS)(LSTM(UNITS, implementation="keras")(inputs)))
    (x,) = arrays((BATCH, TIME, INPUTS))
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(x), model(x))
    assert again.output_shape == (None, None, UNITS)


def test_trains_in_a_compiled_model():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((None, INPUTS))
    outputs = keras.layers.Dense(1)(LSTM(8, dtype="mixed_bfloat16")(inputs))
    model = keras.Model(inputs, outputs)
    model.compile(keras.optimizers.Adam(0.02), "mse")
    (x,) = arrays((8, TIME, INPUTS))
    running_mean = np.cumsum(x[..., :1], axis=1) / np.arange(1, TIME + 1)[:, None]
    first = model.train_on_batch(x, running_mean)
    for _ in range(60):
        last = model.train_on_batch(x, running_mean)
    assert last < 0.2 * first


def test_unknown_implementation_is_refused():
    with pytest.raises(ValueError, match="'fast'"):
        LSTM(4, implementation="fast")


@pytest.mark.slow
def test_trains_on_jax_without_tensorflow():
    pytest.importorskip("jax")
    script = """
        import sys, keras, numpy as np
        from perfrnn.network.lstm import LSTM, run_stack
        inputs = keras.Input((None, 5))
        model = keras.Model(inputs, keras.layers.Dense(1)(LSTM(8)(inputs)))
        model.compile(keras.optimizers.Adam(0.02), "mse")
        x = np.random.default_rng(0).normal(size=(8, 7, 5)).astype("float32")
        first = model.train_on_batch(x, x[..., :1])
        losses = [model.train_on_batch(x, x[..., :1]) for _ in range(60)]
        assert losses[-1] < 0.5 * first, (first, losses[-1])
        assert "tensorflow" not in sys.modules
    """
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        check=True,
    )
