"""Magenta's side of benchmarks/dataset.py; runs in Magenta's environment.

Reads a line of JSON for each request from standard input and answers with one on standard output:
{"convert": [MIDI paths]} or {"encode": TFRecord of NoteSequences, "config": name, "out": folder}.
"""

import json
import sys
import time
from pathlib import Path

import tensorflow.compat.v1 as tf
from magenta.models.performance_rnn import performance_model
from magenta.pipelines import performance_pipeline, pipeline
from note_seq import midi_io
from note_seq.protobuf import music_pb2


def convert(paths):
    """Read MIDI files; return the number of notes."""
    return sum(len(midi_io.midi_file_to_note_sequence(path).notes) for path in paths)


def encode(sequences, config, out):
    """Run the dataset pipeline; return the bytes that it wrote."""
    instance = performance_pipeline.get_pipeline(
        config=performance_model.default_configs[config],
        min_events=32,
        max_events=512,
        eval_ratio=0.0,
    )
    pipeline.run_pipeline_serial(
        instance, pipeline.tf_record_iterator(sequences, music_pb2.NoteSequence), out
    )
    return sum(path.stat().st_size for path in Path(out).iterdir())


def main():
    """Answer requests until the input ends."""
    tf.logging.set_verbosity(tf.logging.ERROR)
    answers, sys.stdout = sys.stdout, sys.stderr  # the pipeline prints its statistics
    for line in sys.stdin:
        request = json.loads(line)
        started = time.perf_counter()
        if "convert" in request:
            result = convert(request["convert"])
        else:
            result = encode(request["encode"], request["config"], request["out"])
        answer = {"seconds": time.perf_counter() - started, "result": result}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
