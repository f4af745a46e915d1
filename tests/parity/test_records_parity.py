"""Records against Magenta's own pipeline, sequence by sequence, bit for bit."""

import hashlib
import os
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from perfrnn.dataset.batches import make_batch
from perfrnn.dataset.cutting import segment_notes
from perfrnn.events import vocabulary as ev
from perfrnn.notes import from_note_sequence
from perfrnn.sequences.midi import read_midi

MAGENTA = os.environ.get("PERFRNN_MAGENTA_PYTHON")
SHARED = os.environ.get("PERFRNN_SHARED_DATA")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not MAGENTA, reason="PERFRNN_MAGENTA_PYTHON is not set"),
    pytest.mark.skipif(not SHARED, reason="PERFRNN_SHARED_DATA is not set"),
]

CONFIGS = ("performance_with_dynamics", "multiconditioned_performance_with_dynamics")
FILES = 20
STRETCHES = (0.95, 0.975, 1.0, 1.025, 1.05)
TRANSPOSITIONS = range(-3, 4)


@pytest.fixture(scope="module")
def sequences(tmp_path_factory):
    """The smallest performance of every composer, and the smallest others: all kinds of music."""
    folder = tmp_path_factory.mktemp("asap")
    with zipfile.ZipFile(Path(SHARED) / "asap-dataset-master.zip") as archive:
        infos = [
            info
            for info in archive.infolist()
            if info.filename.endswith(".mid") and not info.filename.endswith("midi_score.mid")
        ]
        infos.sort(key=lambda info: (info.file_size, info.filename))
        first = {info.filename.split("/")[1]: info for info in reversed(infos)}
        chosen = list(first.values())
        chosen += [info for info in infos if info not in chosen][: FILES - len(chosen)]
        read = []
        for number, info in enumerate(chosen):
            path = folder / f"{number}.mid"
            path.write_bytes(archive.read(info))
            sequence = read_midi(path)
            sequence.id = info.filename
            read.append(sequence)
    records = folder / "sequences.tfrecord"
    with tf.io.TFRecordWriter(str(records)) as writer:
        for sequence in read:
            writer.write(sequence.SerializeToString())
    return read, records


def digest(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def our_sequences(sequence, conditioned):
    """Yield digests of inputs and labels in the order of Magenta's pipeline."""
    notes = from_note_sequence(sequence)
    for stretch in STRETCHES:
        segments = segment_notes(
            notes.stretched(stretch),
            mode="magenta",
            segment_seconds=30.0,
            min_events=32,
            max_events=512,
        ).segments
        for _, events in segments:
            for semitones in TRANSPOSITIONS:
                moved = ev.transpose(events, semitones)
                if moved is None:
                    continue
                batch = make_batch([moved], conditioned=conditioned)
                count = len(moved) - 1
                inputs = np.eye(ev.NUM_CLASSES, dtype=np.float32)[
                    batch.inputs["events"][0, :count]
                ]
                if conditioned:
                    controls = batch.inputs["controls"][0, :count]
                    inputs = np.concatenate([controls, inputs], axis=1)
                yield digest(inputs), digest(batch.labels[0, :count].astype(np.int64))


@pytest.fixture(scope="module")
def magenta_digests(sequences, tmp_path_factory):
    """What Magenta's pipeline makes of the sequences, for both configs at the same time."""
    _, records = sequences
    folder = tmp_path_factory.mktemp("digests")
    script = Path(__file__).with_name("magenta_records.py")
    running = {
        config: subprocess.Popen(
            [MAGENTA, "-W", "ignore", script, records, config, folder / config],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for config in CONFIGS
    }
    assert [process.wait() for process in running.values()] == [0, 0]
    return {
        config: [tuple(line.split("\t")) for line in (folder / config).read_text().splitlines()]
        for config in CONFIGS
    }


@pytest.mark.parametrize("config", CONFIGS)
def test_every_sequence_equals_magentas(sequences, magenta_digests, config):
    read, _ = sequences
    assert len(read) >= 20
    ours = [
        (sequence.id, *digests)
        for sequence in read
        for digests in our_sequences(sequence, conditioned=config.startswith("multi"))
    ]
    assert len(ours) > 1000
    assert ours == magenta_digests[config]
    print(f"{config}: {len(ours)} sequences of {len(read)} files are equal")
