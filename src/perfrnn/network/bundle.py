"""Magenta's bundles (.mag): weights, read and written so that Magenta itself can use them.

A bundle is a `GeneratorBundle` protocol buffer: the id of the model config, a description, a
checkpoint in TensorFlow's V1 format and the metagraph of a generation graph. Magenta generates by
running that graph, found through its collections `inputs`, `temperature`, `initial_state`,
`final_state` and `softmax`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from perfrnn.errors import PerfRNNError
from perfrnn.files import atomic, errors_about
from perfrnn.network.transformer_layout import TransformerSettings

log = logging.getLogger(__name__)

Weights = dict[str, np.ndarray]
"""Weights by the names that Magenta's graph gives them, float32."""

KERNEL = "rnn/multi_rnn_cell/cell_{}/basic_lstm_cell/kernel"
BIAS = "rnn/multi_rnn_cell/cell_{}/basic_lstm_cell/bias"
OUTPUT_WEIGHTS = "fully_connected/weights"
OUTPUT_BIASES = "fully_connected/biases"

GET_AGAIN = "fetch it again, or delete it if it was trained here: the same command makes it again"
"""The mend of a damaged bundle."""

_KERNEL_NAME = re.compile(KERNEL.replace("{}", r"(\d+)") + "$")
_BESIDES_WEIGHTS = re.compile(r"(global_step|.*/Adam(_1)?|beta[12]_power|.*optimizer.*)$")


class BundleError(PerfRNNError):
    """A bundle cannot be read or does not fit."""


@dataclass(frozen=True)
class Bundle:
    """A model as Magenta packs it.

    Attributes
    ----------
    model : id of the model config, such as `performance_with_dynamics`.
    description : free text.
    weights : see `Weights`; kernels [inputs + units, 4 * units] in gate order i, j, f, o.
    settings : of a transformer, which is no file of Magenta's (`transformer_file`); else None.
    """

    model: str
    description: str
    weights: Weights
    settings: TransformerSettings | None = None


def expected_shapes(input_size: int, classes: int, layers: int, units: int) -> dict[str, tuple]:
    """Return the shape of every variable of a network."""
    shapes: dict[str, tuple] = {}
    for layer in range(layers):
        inputs = input_size if layer == 0 else units
        shapes[KERNEL.format(layer)] = (inputs + units, 4 * units)
        shapes[BIAS.format(layer)] = (4 * units,)
    return shapes | {OUTPUT_WEIGHTS: (units, classes), OUTPUT_BIASES: (classes,)}


def read_bundle(path: str | Path) -> Bundle:
    """Read a bundle that Magenta or `write_bundle` wrote.

    Raises
    ------
    BundleError
        If the file is not a whole bundle, or its variables are not those of a Performance RNN.
    """
    from google.protobuf.message import DecodeError
    from note_seq.protobuf.generator_pb2 import GeneratorBundle

    try:
        proto = GeneratorBundle.FromString(Path(path).read_bytes())
    except OSError as error:
        raise BundleError(f"{path}: {error.strerror}; name a Magenta bundle (.mag)") from error
    except DecodeError as error:
        raise BundleError(
            f"{path}: not a Magenta bundle, or cut short ({error}); {GET_AGAIN}"
        ) from error
    if not proto.generator_details.id or not proto.checkpoint_file:
        raise BundleError(f"{path}: not a Magenta bundle (no model id or checkpoint inside)")
    weights = _read_checkpoint(path, proto.checkpoint_file[0])
    check_variables(weights, proto.generator_details.id, path)
    return Bundle(proto.generator_details.id, proto.bundle_details.description, weights)


def check_variables(weights: Weights, model: str, path: str | Path) -> None:
    """Check that weights are those of a Performance RNN of any size.

    Raises
    ------
    BundleError
        If they are not.
    """
    needed = (OUTPUT_WEIGHTS, OUTPUT_BIASES, KERNEL.format(0), BIAS.format(0))
    unknown = [name for name in weights if not _is_weight(name)]
    if unknown or not all(name in weights for name in needed):
        names = ", ".join(sorted(unknown or weights)[:5])
        raise BundleError(
            f"{path}: a bundle of {model!r}, which is no Performance RNN with one softmax (it has "
            f"{f'variables such as {names}' if names else 'no variables'})"
        )


def check_fit(bundle: Bundle, model: str, shapes: Mapping[str, tuple], path: str | Path) -> None:
    """Check that a bundle has exactly the variables of a network, and log them.

    Raises
    ------
    BundleError
        If the model config differs, or a variable is missing, left over or of another shape.
    """
    if bundle.model != model:
        raise BundleError(
            f"{path}: a bundle of `{bundle.model}`, but the iteration's `model` is `{model}`; "
            "name a fitting bundle in `pretrained.source`"
        )
    missing = sorted(shapes.keys() - bundle.weights.keys())
    left_over = sorted(bundle.weights.keys() - shapes.keys())
    if missing or left_over:
        raise BundleError(
            f"{path}: does not fit `network`: missing {missing or 'nothing'}, "
            f"left over {left_over or 'nothing'}"
        )
    for name, shape in shapes.items():
        if bundle.weights[name].shape != shape:
            raise BundleError(
                f"{path}: {name} is {bundle.weights[name].shape}, expected {shape}; "
                "check `network` in the config"
            )
    for name in sorted(shapes):
        log.info("restored %s %s from %s", name, bundle.weights[name].shape, path)


def widen(bundle: Bundle, model: str, added: int) -> Bundle:
    """Return a bundle of `model`, whose inputs begin with `added` more, of weight 0.

    So a conditioned network can start as the unconditioned one it was made from.
    """
    name = KERNEL.format(0)
    kernel = bundle.weights[name]
    more = np.zeros((added, kernel.shape[1]), kernel.dtype)
    weights = bundle.weights | {name: np.concatenate([more, kernel])}
    return Bundle(model, bundle.description, weights)


def write_bundle(path: str | Path, bundle: Bundle) -> None:
    """Write a bundle that Magenta 2.1.4 loads and generates from."""
    import tensorflow as tf
    from note_seq.protobuf.generator_pb2 import GeneratorBundle

    proto = GeneratorBundle()
    proto.generator_details.id = bundle.model
    proto.bundle_details.description = bundle.description
    with TemporaryDirectory() as folder:
        checkpoint = Path(folder) / "model.ckpt"
        with tf.Graph().as_default(), tf.compat.v1.Session() as session:
            with _control_flow_in_the_graph(tf.compat.v1):
                variables = _generation_graph(tf.compat.v1, bundle.weights)
            for name, variable in variables.items():
                variable.load(bundle.weights[name], session)
            saver = tf.compat.v1.train.Saver(write_version=tf.compat.v1.train.SaverDef.V1)
            with errors_about(checkpoint, checkpoint):
                saver.save(session, str(checkpoint), write_meta_graph=False)
            # Without attributes that newer TensorFlows added, so that old ones read the graph.
            meta_graph = saver.export_meta_graph(clear_devices=True, strip_default_attrs=True)
            # Only gradients need it, and its order changes from process to process.
            del meta_graph.collection_def["while_context"]
        proto.checkpoint_file.append(checkpoint.read_bytes())
        proto.metagraph_file = meta_graph.SerializeToString(deterministic=True)
    with atomic(path) as temporary:
        temporary.write_bytes(proto.SerializeToString(deterministic=True))


def _is_weight(name: str) -> bool:
    return bool(
        name in (OUTPUT_WEIGHTS, OUTPUT_BIASES)
        or _KERNEL_NAME.match(name)
        or _KERNEL_NAME.match(name.replace("/bias", "/kernel"))
    )


def _read_checkpoint(path: str | Path, content: bytes) -> Weights:
    import tensorflow as tf

    with TemporaryDirectory() as folder:
        checkpoint = Path(folder) / "model.ckpt"
        checkpoint.write_bytes(content)
        try:
            reader = tf.compat.v1.train.NewCheckpointReader(str(checkpoint))
            names = [
                n for n in reader.get_variable_to_shape_map() if not _BESIDES_WEIGHTS.match(n)
            ]
            return {name: reader.get_tensor(name).astype(np.float32) for name in names}
        except (tf.errors.OpError, ValueError, RuntimeError) as error:
            raise BundleError(
                f"{path}: the checkpoint inside is damaged ({error}); {GET_AGAIN}"
            ) from error


@contextmanager
def _control_flow_in_the_graph(tf: Any) -> Iterator[None]:
    """Build loops from TF1's own operations.

    TF2's are functions, named by a counter of the process, so equal bundles would differ.
    """
    if not tf.control_flow_v2_enabled():
        yield
        return
    tf.disable_control_flow_v2()
    try:
        yield
    finally:
        tf.enable_control_flow_v2()


def _generation_graph(tf: Any, weights: Weights) -> dict[str, Any]:
    """Build, in the current graph, what Magenta's `generate` mode builds; return its variables.

    One sequence at a time, any number of events in one call. In go inputs [1, T, inputs] and the
    state (c, h) of each layer; out come softmax [1, T, classes] and the state after the last.
    """
    variables = {
        name: tf.get_variable(name, value.shape, initializer=tf.zeros_initializer())
        for name, value in weights.items()
    }
    layers = sum(1 for name in weights if _KERNEL_NAME.match(name))
    units = weights[OUTPUT_WEIGHTS].shape[0]
    input_size = weights[KERNEL.format(0)].shape[0] - units
    inputs = tf.placeholder(tf.float32, [1, None, input_size], "inputs")
    temperature = tf.placeholder(tf.float32, [], "temperature")
    tf.add_to_collection("inputs", inputs)
    tf.add_to_collection("temperature", temperature)

    outputs = inputs[0]
    states = []
    for layer in range(layers):
        initial = tuple(tf.zeros([1, units], name=f"state_{layer}_{part}") for part in "ch")
        outputs, final = _lstm(
            tf, outputs, initial, variables[KERNEL.format(layer)], variables[BIAS.format(layer)]
        )
        states.append((initial, final))
    for initial, final in states:
        for before, after in zip(initial, final, strict=True):
            tf.add_to_collection("initial_state", before)
            tf.add_to_collection("final_state", after)
    logits = tf.matmul(outputs, variables[OUTPUT_WEIGHTS]) + variables[OUTPUT_BIASES]
    softmax = tf.nn.softmax(logits / temperature)
    tf.add_to_collection("softmax", softmax[None])
    return variables


def _lstm(tf: Any, inputs: Any, initial: tuple, kernel: Any, bias: Any) -> tuple[Any, tuple]:
    """Run TF1's BasicLSTMCell over inputs [T, D]: outputs [T, units] and the last (c, h)."""
    length = tf.shape(inputs)[0]

    def step(time: Any, cell: Any, hidden: Any, outputs: Any) -> tuple:
        joined = tf.concat([inputs[time][None], hidden], axis=1)
        i, j, f, o = tf.split(tf.matmul(joined, kernel) + bias, 4, axis=1)
        cell = cell * tf.sigmoid(f + 1.0) + tf.sigmoid(i) * tf.tanh(j)
        hidden = tf.tanh(cell) * tf.sigmoid(o)
        return time + 1, cell, hidden, outputs.write(time, hidden[0])

    collected = tf.TensorArray(tf.float32, size=length)
    _, cell, hidden, collected = tf.while_loop(
        lambda time, *_: time < length, step, (0, *initial, collected)
    )
    outputs = collected.stack()
    outputs.set_shape([None, kernel.shape[1] // 4])
    return outputs, (cell, hidden)
