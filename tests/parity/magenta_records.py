"""Run Magenta's own dataset pipeline; for Magenta's environment.

Usage: magenta_records.py SEQUENCES CONFIG OUT. SEQUENCES is a TFRecord of NoteSequences. OUT gets
a line for each SequenceExample, in the order in which the pipeline makes them: the sequence's id
and digests of its inputs (float32) and labels (int64).
"""

import hashlib
import sys
from pathlib import Path

import numpy as np
import tensorflow.compat.v1 as tf
from magenta.models.performance_rnn import performance_model
from magenta.pipelines import performance_pipeline
from note_seq.protobuf import music_pb2


def digest(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def main(sequences, config, out):
    pipeline = performance_pipeline.get_pipeline(
        config=performance_model.default_configs[config],
        min_events=32,
        max_events=512,
        eval_ratio=0.0,
    )
    with Path(out).open("w", encoding="utf-8") as file:
        for record in tf.io.tf_record_iterator(sequences):
            sequence = music_pb2.NoteSequence.FromString(record)
            for example in pipeline.transform(sequence)["training_performances"]:
                lists = example.feature_lists.feature_list
                inputs = [feature.float_list.value for feature in lists["inputs"].feature]
                labels = [feature.int64_list.value[0] for feature in lists["labels"].feature]
                row = (digest(np.array(inputs, "f4")), digest(np.array(labels, "i8")))
                file.write("\t".join((sequence.id, *row)) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
