"""Magenta's own training step. Runs in Magenta's environment.

Usage: `python magenta_step.py BATCH.npz DROPOUT`, where the file holds `events` and `labels`,
[batch, time]. The graph is the one that `performance_rnn_train` builds; only its input queue is
replaced, by the same one-hot batch every time, which spares Magenta the reading of its records.
"""

import sys

import magenta
import numpy as np
import tensorflow.compat.v1 as tf
from magenta.models.performance_rnn import performance_model
from magenta.models.shared import events_rnn_graph
from step_server import serve


def main(path: str, dropout: str) -> None:
    """Build the graph and serve steps."""
    batch = np.load(path)
    events, labels = batch["events"], batch["labels"]
    config = performance_model.default_configs["performance_with_dynamics"]
    config.hparams.batch_size = len(events)
    config.hparams.dropout_keep_prob = 1 - float(dropout)
    classes = config.encoder_decoder.num_classes
    feeds = {
        tf.placeholder(tf.float32, [len(events), None, classes]): np.eye(classes)[events],
        tf.placeholder(tf.int64, [len(events), None]): labels,
        tf.placeholder(tf.int32, [len(events)]): np.full(len(events), events.shape[1]),
    }
    magenta.common.get_padded_batch = lambda *_, **__: list(feeds)
    events_rnn_graph.get_build_graph_fn("train", config, [])()
    train_op, loss = tf.get_collection("train_op")[0], tf.get_collection("loss")[0]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        serve(lambda: float(session.run([train_op, loss], feeds)[1]))


if __name__ == "__main__":
    tf.disable_eager_execution()
    main(*sys.argv[1:])
