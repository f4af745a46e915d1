"""Loss, gradients and one training step of Magenta's own graph. Runs in Magenta's environment.

Usage: `python magenta_gradients.py CONFIG IN.npz OUT.npz`. IN holds `inputs` [batch, time, size],
`labels` [batch, time], `lengths` [batch], `learning_rate`, and `weights/<variable>` for every
trainable variable. OUT gets `loss`, `gradients/<variable>` before clipping and `after/<variable>`,
the weights after one step of the training op. Only Magenta's input queue is replaced; dropout is
off, as in its default configs. `momentum/<variable>` is Adam's first moment after that step: the
clipped gradient, times 0.1.
"""

import sys

import magenta
import numpy as np
import tensorflow.compat.v1 as tf
from magenta.models.performance_rnn import performance_model
from magenta.models.shared import events_rnn_graph


def main(name: str, source: str, target: str) -> None:
    """Build the graph, set the weights, differentiate, take one step."""
    given = dict(np.load(source))
    inputs, labels, lengths = given["inputs"], given["labels"], given["lengths"]
    config = performance_model.default_configs[name]
    config.hparams.batch_size = len(inputs)
    config.hparams.learning_rate = float(given["learning_rate"])
    feeds = {
        tf.placeholder(tf.float32, [len(inputs), None, inputs.shape[2]]): inputs,
        tf.placeholder(tf.int64, [len(inputs), None]): labels,
        tf.placeholder(tf.int32, [len(inputs)]): lengths,
    }
    magenta.common.get_padded_batch = lambda *_, **__: list(feeds)
    events_rnn_graph.get_build_graph_fn("train", config, [])()
    loss, train_op = tf.get_collection("loss")[0], tf.get_collection("train_op")[0]
    variables = {variable.op.name: variable for variable in tf.trainable_variables()}
    gradients = dict(zip(variables, tf.gradients(loss, list(variables.values())), strict=True))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for key, variable in variables.items():
            variable.load(given[f"weights/{key}"], session)
        value, gradients = session.run([loss, gradients], feeds)
        session.run(train_op, feeds)
        after = session.run(variables)
        slots = {v.op.name: v for v in tf.global_variables() if v.op.name.endswith("/Adam")}
        momentum = session.run({key: slots[f"{key}/Adam"] for key in variables})
    results = {f"gradients/{key}": gradient for key, gradient in gradients.items()}
    results.update({f"after/{key}": weights for key, weights in after.items()})
    results.update({f"momentum/{key}": average for key, average in momentum.items()})
    np.savez(target, loss=value, **results)


if __name__ == "__main__":
    tf.disable_eager_execution()
    main(*sys.argv[1:])
