"""Magenta's own training step, one at a time on request. Runs in Magenta's environment.

Usage: `python magenta_step.py BATCH.npz DROPOUT`. `BATCH.npz` holds `events` and `labels`,
[batch, time]. Each line read asks for one step; the answer is a line of JSON, `{"seconds": ...,
"loss": ...}`. The graph is the one that `performance_rnn_train` builds; only its input queue is
replaced, by the same one-hot batch every time.
"""

import json
import os
import sys
import time

import magenta
import numpy as np
import tensorflow.compat.v1 as tf
from magenta.models.performance_rnn import performance_model
from magenta.models.shared import events_rnn_graph


def main() -> None:
    """Serve steps until standard input closes."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever libraries print must not mix with the answers
    path, dropout = sys.argv[1], float(sys.argv[2])
    batch = np.load(path)
    events, labels = batch["events"], batch["labels"]
    config = performance_model.default_configs["performance_with_dynamics"]
    config.hparams.batch_size = len(events)
    config.hparams.dropout_keep_prob = 1 - dropout
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
        for _ in sys.stdin:
            start = time.perf_counter()
            _, value = session.run([train_op, loss], feeds)
            answer = {"seconds": time.perf_counter() - start, "loss": float(value)}
            print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    tf.disable_eager_execution()
    main()
