"""Magenta's own generator, asked over pipes. Runs in Magenta's environment.

Usage: `python magenta_generation.py BUNDLE`. For every line `STREAMS NUM_STEPS` it generates so
many performances, one after another as `performance_rnn_generate` does, and answers with a line of
JSON: seconds of wall and of CPU time, and the events drawn, those included that are cut off.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import tensorflow.compat.v1 as tf
from magenta.models.performance_rnn import performance_model
from magenta.models.performance_rnn.performance_sequence_generator import (
    PerformanceRnnSequenceGenerator,
)
from magenta.models.shared import sequence_generator_bundle
from note_seq.protobuf import generator_pb2, music_pb2


def make_generator(path, folder):
    """Return the generator as `performance_rnn_generate` makes it, with Magenta's own graph."""
    bundle = sequence_generator_bundle.read_bundle_file(path)
    checkpoint = Path(folder) / "model.ckpt"
    checkpoint.write_bytes(bundle.checkpoint_file[0])
    config = performance_model.default_configs[bundle.generator_details.id]
    config.hparams.batch_size = 1
    return PerformanceRnnSequenceGenerator(
        model=performance_model.PerformanceRnnModel(config),
        details=config.details,
        steps_per_second=config.steps_per_second,
        num_velocity_bins=config.num_velocity_bins,
        control_signals=config.control_signals,
        checkpoint=str(checkpoint),
    )


def main(path):
    """Serve requests until standard input closes."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print must not mix with the answers
    with tempfile.TemporaryDirectory() as folder:
        generator = make_generator(path, folder)
        generator.initialize()
    model = generator._model
    draw, drawn = model._generate_step_for_batch, []

    def counted(*arguments):
        drawn.append(1)
        return draw(*arguments)

    model._generate_step_for_batch = counted
    for line in sys.stdin:
        streams, num_steps = map(int, line.split())
        options = generator_pb2.GeneratorOptions()
        options.generate_sections.add(start_time=0, end_time=num_steps / 100)
        drawn.clear()
        start, cpu_start = time.perf_counter(), time.process_time()
        for _ in range(streams):
            generator.generate(music_pb2.NoteSequence(ticks_per_quarter=220), options)
        answer = {
            "seconds": time.perf_counter() - start,
            "cpu_seconds": time.process_time() - cpu_start,
            "events": len(drawn),
        }
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    tf.disable_v2_behavior()
    main(*sys.argv[1:])
