"""Our bundles in the real Magenta: it generates from them, and its softmax is ours.

Needs the interpreter of an environment with magenta 2.1.4, named by PERFRNN_MAGENTA_PYTHON.
"""

import os
import subprocess
from pathlib import Path

import numpy as np
import pretty_midi
import pytest

from perfrnn.corpus import embedded
from perfrnn.events import conditioning
from perfrnn.events import vocabulary as ev
from perfrnn.generation.stepper import StepNetwork, StepWeights
from perfrnn.network.bundle import OUTPUT_WEIGHTS, Bundle, expected_shapes, write_bundle
from perfrnn.network.model import PerformanceRNN
from perfrnn.notes import from_note_sequence
from perfrnn.sequences.midi import read_midi
from perfrnn.sequences.musicxml import read_musicxml

MAGENTA = os.environ.get("PERFRNN_MAGENTA_PYTHON")
INPUTS = {"performance_with_dynamics": 388, "multiconditioned_performance_with_dynamics": 408}
WORKS = 24
EVENTS = 257
TOLERANCE = 1e-5

pytestmark = [
    pytest.mark.slow,
    # Keras reads its variables into NumPy 2 by a method that NumPy is about to retire.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.skipif(
        not MAGENTA, reason="PERFRNN_MAGENTA_PYTHON does not name Magenta's interpreter"
    ),
]


@pytest.fixture(scope="module")
def music(tmp_path_factory):
    """The first events of real works; every one of them ends a prefix."""
    folder = tmp_path_factory.mktemp("music")
    embedded.fetch(folder, WORKS)
    readers = {"midi": read_midi, "musicxml": read_musicxml}
    sequences = {}
    for work in embedded.works()[:WORKS]:
        notes = from_note_sequence(readers[work.format](folder / work.file))
        sequences[work.id] = ev.encode(notes)[:EVENTS]
    return sequences


@pytest.fixture(scope="module", params=INPUTS)
def bundle(request, tmp_path_factory):
    """A bundle of Magenta's size whose random weights make sure of some events and not others."""
    rng = np.random.default_rng(0)
    shapes = expected_shapes(INPUTS[request.param], ev.NUM_CLASSES, layers=3, units=512)
    weights = {
        name: rng.normal(scale=0.05, size=shape).astype(np.float32)
        for name, shape in shapes.items()
    }
    weights[OUTPUT_WEIGHTS] *= 10
    made = Bundle(request.param, "for a test", weights)
    path = tmp_path_factory.mktemp("bundle") / "model.mag"
    write_bundle(path, made)
    return path, made


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def step_by_step(bundle, events, signals):
    """Return the probabilities that generation draws from, [E, 388]."""
    weights = StepWeights(bundle.weights)
    network = StepNetwork(weights, 1)
    rows = signals[:, None] if weights.control_size else [None] * len(events)
    logits = [network.step(event[None], row) for event, row in zip(events, rows, strict=True)]
    return softmax(np.concatenate(logits))


def run_magenta(*arguments):
    command = [MAGENTA, "-W", "ignore", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


def test_every_softmax_is_magentas(bundle, music, tmp_path):
    path, made = bundle
    np.savez(tmp_path / "in.npz", **music)
    script = Path(__file__).with_name("magenta_generation.py")
    run_magenta(script, path, tmp_path / "in.npz", tmp_path / "out.npz")
    theirs = np.load(tmp_path / "out.npz")

    conditioned = made.model.startswith("multi")
    model = PerformanceRNN(conditioned=conditioned, precision="float32")
    model.set_named_weights(made.weights)
    worst = dict.fromkeys(("step by step", "model", "metagraph"), 0.0)
    peaks = []
    for name, events in music.items():
        signals = conditioning.control_signals(events)[1:]
        inputs = {"events": events[None, :-1].astype(np.int32)}
        if conditioned:
            inputs["controls"] = signals[None]
        expected = theirs[f"graph/{name}"]
        peaks.extend(expected.max(axis=1))
        ours = {
            "step by step": step_by_step(made, events[:-1], signals),
            "model": softmax(model.predict_logits(inputs)[0]),
            "metagraph": theirs[f"metagraph/{name}"],
        }
        for kind, probabilities in ours.items():
            assert probabilities.shape == expected.shape
            worst[kind] = max(worst[kind], float(np.abs(probabilities - expected).max()))
    print(f"{made.model}: {len(peaks)} prefixes of {len(music)} works, {worst}")
    print(f"largest probabilities from {min(peaks):.2f} to {max(peaks):.2f}")
    assert len(peaks) >= 50
    assert min(peaks) < 0.05 < 0.5 < max(peaks), "the weights should make a test of it"
    assert max(worst.values()) < TOLERANCE


def test_magenta_generates_from_our_bundle(bundle, tmp_path):
    path, made = bundle
    flags = ["--num_steps=300", "--num_outputs=2", "--primer_pitches=[60,64,67]"]
    if made.model.startswith("multi"):
        flags += ["--notes_per_second=4", f"--pitch_class_histogram={[1] * 12}"]
    module = "magenta.models.performance_rnn.performance_rnn_generate"
    run_magenta("-m", module, f"--bundle_file={path}", f"--output_dir={tmp_path}", *flags)
    written = sorted(tmp_path.glob("*.mid"))
    assert len(written) == 2
    for file in written:
        notes = pretty_midi.PrettyMIDI(str(file)).instruments[0].notes
        primer = {note.pitch for note in notes if note.start == 0}
        assert primer == {60, 64, 67}
        assert any(note.start >= 0.5 for note in notes), "nothing but the primer"
