"""Bundles: a round trip, and clear errors for what is not one."""

import tempfile

import numpy as np
import pytest

from full_disk import tiny_disk
from perfrnn.generation.stepper import StepNetwork, StepWeights
from perfrnn.network.bundle import (
    KERNEL,
    Bundle,
    BundleError,
    check_fit,
    expected_shapes,
    read_bundle,
    widen,
    write_bundle,
)

MODEL = "performance_with_dynamics"
SHAPES = expected_shapes(input_size=388, classes=388, layers=2, units=4)


@pytest.fixture(scope="module")
def bundle():
    rng = np.random.default_rng(0)
    weights = {
        name: rng.standard_normal(shape).astype(np.float32) for name, shape in SHAPES.items()
    }
    return Bundle(MODEL, "a test", weights)


@pytest.fixture(scope="module")
def path(bundle, tmp_path_factory):
    path = tmp_path_factory.mktemp("bundle") / "model.mag"
    write_bundle(path, bundle)
    return path


def test_magentas_shapes():
    shapes = expected_shapes(input_size=408, classes=388, layers=3, units=512)
    assert shapes[KERNEL.format(0)] == (920, 2048)
    assert shapes["rnn/multi_rnn_cell/cell_2/basic_lstm_cell/bias"] == (2048,)
    assert shapes["fully_connected/weights"] == (512, 388)
    assert len(shapes) == 8


def test_weights_survive_a_round_trip_bit_for_bit(bundle, path):
    read = read_bundle(path)
    assert (read.model, read.description) == (MODEL, "a test")
    assert read.weights.keys() == bundle.weights.keys()
    for name, value in bundle.weights.items():
        np.testing.assert_array_equal(read.weights[name], value)


def test_equal_bundles_are_equal_files(bundle, path, tmp_path):
    write_bundle(tmp_path / "again.mag", bundle)
    assert (tmp_path / "again.mag").read_bytes() == path.read_bytes()


def test_the_graph_inside_gives_the_softmax_of_the_definition(bundle, path, tmp_path):
    """Run the metagraph as Magenta does, and a BasicLSTMCell written out in NumPy beside it."""
    import tensorflow as tf
    from note_seq.protobuf.generator_pb2 import GeneratorBundle

    proto = GeneratorBundle.FromString(path.read_bytes())
    checkpoint = tmp_path / "model.ckpt"
    checkpoint.write_bytes(proto.checkpoint_file[0])
    checkpoint.with_suffix(".ckpt.meta").write_bytes(proto.metagraph_file)
    events = [3, 300, 370]
    with tf.Graph().as_default() as graph, tf.compat.v1.Session() as session:
        saver = tf.compat.v1.train.import_meta_graph(f"{checkpoint}.meta")
        saver.restore(session, str(checkpoint))
        get = graph.get_collection
        feed = {
            get("inputs")[0]: np.eye(388, dtype=np.float32)[events][None],
            get("temperature")[0]: 0.8,
        }
        softmax = session.run(get("softmax")[0], feed)
    assert softmax.shape == (1, 3, 388)

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    w = {name: value.astype(np.float64) for name, value in bundle.weights.items()}
    x = np.eye(388)[events]
    for layer in range(2):
        kernel, bias = w[KERNEL.format(layer)], w[KERNEL.format(layer).replace("kernel", "bias")]
        c, h, out = np.zeros(4), np.zeros(4), []
        for row in x:
            i, j, f, o = np.split(np.concatenate([row, h]) @ kernel + bias, 4)
            c = c * sigmoid(f + 1) + sigmoid(i) * np.tanh(j)
            h = np.tanh(c) * sigmoid(o)
            out.append(h)
        x = np.array(out)
    logits = (x @ w["fully_connected/weights"] + w["fully_connected/biases"]) / 0.8
    expected = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    np.testing.assert_allclose(softmax[0], expected, rtol=1e-4)


def test_fit_names_the_model(bundle):
    with pytest.raises(BundleError, match=r"name a fitting bundle in `pretrained.source`"):
        check_fit(bundle, "multiconditioned_performance_with_dynamics", SHAPES, "x.mag")


def test_fit_names_what_is_missing_and_left_over(bundle):
    three = expected_shapes(input_size=388, classes=388, layers=3, units=4)
    with pytest.raises(BundleError, match=r"missing .*cell_2"):
        check_fit(bundle, MODEL, three, "x.mag")
    one = expected_shapes(input_size=388, classes=388, layers=1, units=4)
    with pytest.raises(BundleError, match=r"left over .*cell_1"):
        check_fit(bundle, MODEL, one, "x.mag")


def test_fit_names_a_wrong_shape(bundle):
    wide = expected_shapes(input_size=388, classes=388, layers=2, units=8)
    with pytest.raises(BundleError, match=r"expected \(396, 32\)"):
        check_fit(bundle, MODEL, wide, "x.mag")


def test_fit_logs_every_restored_variable(bundle, caplog):
    with caplog.at_level("INFO"):
        check_fit(bundle, MODEL, SHAPES, "x.mag")
    assert all(any(name in line for line in caplog.messages) for name in SHAPES)


@pytest.mark.parametrize("keep", [0, 10, 1000, -1])
def test_a_truncated_bundle_is_a_clear_error(path, tmp_path, keep):
    short = tmp_path / "short.mag"
    short.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(BundleError, match=r"short\.mag") as error:
        read_bundle(short)
    if keep > 10:
        assert "or delete it if it was trained here" in str(error.value)


def test_a_foreign_file_is_a_clear_error(tmp_path):
    foreign = tmp_path / "song.mag"
    foreign.write_bytes(b"MThd" + bytes(100))
    with pytest.raises(BundleError, match="not a Magenta bundle"):
        read_bundle(foreign)


def test_a_bundle_of_another_network_is_a_clear_error(tmp_path):
    from note_seq.protobuf.generator_pb2 import GeneratorBundle

    source = tmp_path / "other.mag"
    weights = {"encoder/dense/kernel": np.ones((2, 2), np.float32)}
    import tensorflow as tf

    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        tf.compat.v1.get_variable("encoder/dense/kernel", initializer=weights.popitem()[1])
        session.run(tf.compat.v1.global_variables_initializer())
        saver = tf.compat.v1.train.Saver(write_version=tf.compat.v1.train.SaverDef.V1)
        saver.save(session, str(tmp_path / "c"), write_meta_graph=False)
    proto = GeneratorBundle()
    proto.generator_details.id = "music_vae"
    proto.checkpoint_file.append((tmp_path / "c").read_bytes())
    source.write_bytes(proto.SerializeToString())
    with pytest.raises(BundleError, match="no Performance RNN"):
        read_bundle(source)


def test_a_widened_network_ignores_its_new_inputs():
    rng = np.random.default_rng(0)
    shapes = expected_shapes(388, 388, 2, 8)
    weights = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    wide = widen(Bundle("performance_with_dynamics", "", weights), "wider", 20)
    assert wide.model == "wider"
    assert {n: w.shape for n, w in wide.weights.items()} == expected_shapes(408, 388, 2, 8)
    events, signals = rng.integers(0, 388, 3), rng.normal(size=(3, 20)).astype(np.float32)
    np.testing.assert_allclose(
        StepNetwork(StepWeights(wide.weights), 3).step(events, signals),
        StepNetwork(StepWeights(weights), 3).step(events, None),
        rtol=1e-6,
    )


def test_a_full_folder_for_temporary_files_is_told(bundle, tmp_path, monkeypatch):
    with tiny_disk(tmp_path / "disk", kilobytes=8) as disk:
        monkeypatch.setattr(tempfile, "tempdir", str(disk))
        with pytest.raises(OSError, match="No space left") as error:
            write_bundle(tmp_path / "x.mag", bundle)
        assert error.value.filename.startswith(str(disk))
    assert not (tmp_path / "x.mag").exists()
