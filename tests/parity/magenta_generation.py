"""Next-event probabilities of Magenta's own model. Runs in Magenta's environment.

Usage: `python magenta_generation.py BUNDLE IN.npz OUT.npz`. IN holds sequences of event classes,
[E], by name. Magenta makes `Performance` events and control values of them, encodes these as its
generator does and runs its graph over all but the last. OUT gets two arrays [E - 1, classes] for
each sequence: `graph/<name>` from the graph that Magenta builds, with the bundle's checkpoint, and
`metagraph/<name>` from the graph in the bundle.
"""

import sys
import tempfile
from pathlib import Path

import note_seq
import numpy as np
import tensorflow.compat.v1 as tf
from magenta.models.performance_rnn import performance_model
from magenta.models.shared import sequence_generator_bundle

STEPS_PER_SECOND = 100


def make_performance(classes, velocity_bins):
    encoding = note_seq.PerformanceOneHotEncoding(num_velocity_bins=velocity_bins)
    performance = note_seq.Performance(
        steps_per_second=STEPS_PER_SECOND, num_velocity_bins=velocity_bins
    )
    for index in classes.tolist():
        performance.append(encoding.decode_event(index))
    return performance


def encode(config, performance):
    """Return the generator's inputs for all events but the last, [1, E - 1, inputs]."""
    events = performance[:-1]
    if not config.control_signals:
        return config.encoder_decoder.get_inputs_batch([events], full_length=True)
    values = [signal.extract(performance) for signal in config.control_signals]
    controls = list(zip(*values, strict=True))
    return config.encoder_decoder.get_inputs_batch([controls], [events], full_length=True)


def run(model, inputs):
    session = model._session
    collection = session.graph.get_collection
    feeds = {collection("inputs")[0]: inputs, collection("temperature")[0]: 1.0}
    return session.run(collection("softmax")[0], feeds)[0]


def main(bundle_file, source, target):
    bundle = sequence_generator_bundle.read_bundle_file(bundle_file)
    config = performance_model.default_configs[bundle.generator_details.id]
    config.hparams.batch_size = 1
    graph = performance_model.PerformanceRnnModel(config)
    metagraph = performance_model.PerformanceRnnModel(config)
    with tempfile.TemporaryDirectory() as folder:
        checkpoint, graph_file = Path(folder) / "model.ckpt", Path(folder) / "model.ckpt.meta"
        checkpoint.write_bytes(bundle.checkpoint_file[0])
        graph_file.write_bytes(bundle.metagraph_file)
        graph.initialize_with_checkpoint(str(checkpoint))
        metagraph.initialize_with_checkpoint_and_metagraph(str(checkpoint), str(graph_file))
    results = {}
    for name, classes in np.load(source).items():
        inputs = encode(config, make_performance(classes, config.num_velocity_bins))
        results["graph/" + name] = run(graph, inputs)
        results["metagraph/" + name] = run(metagraph, inputs)
    np.savez(target, **results)


if __name__ == "__main__":
    tf.disable_v2_behavior()
    main(*sys.argv[1:])
