"""Training of a transformer: what it begins with, exact resumption, its file, its likelihood."""

import dataclasses
import json
import signal

import numpy as np
import pandas as pd
import pytest

from made_up_music import played
from perfrnn.corpus.manifest import Source, write_manifest
from perfrnn.dataset.segments import Segment, write_segments
from perfrnn.evaluation.likelihood import likelihood
from perfrnn.network.bundle import BundleError
from perfrnn.network.pretrained import read_start
from perfrnn.training import slices
from perfrnn.training.setup import TrainingFiles
from perfrnn.training.state import SaveClock
from perfrnn.training.train import TrainingInterruptedError, train
from perfrnn.training.transformers import composer_table

SETTINGS = {
    "batch_size": 3,
    "evaluate_every": 10,
    "learning_rate": {"schedule": "constant", "value": 3e-3},
    "losses": {"rhythm": 0.1},
    "max_steps": 20,
    "model": "performance_transformer",
    "network": {"blocks": 1, "width": 16, "heads": 2, "context": 40},
    "optimizer": "muon",
    "precision": "float32",
    "seed": 3,
    "transpose": [-1, 0, 1],
    "truncate": 48,
}
COMPOSERS = {"a": "Clara", "b": "Clara", "c": "Franz / Clara", "d": "Franz", "e": "Clara / Franz"}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    for split, names in (("train", "abcd"), ("eval", "e")):
        events = {name: played(4, seed=ord(name)).events for name in names}
        windows = [
            Segment(events=part, piece=name, source=name, start=0.0, stretch=1.0)
            for name, whole in events.items()
            for part in [whole[i : i + 64] for i in range(0, len(whole) - 1, 63)]
        ]
        write_segments(folder / f"{split}.tfrecord.gz", windows)
    write_manifest(
        folder / "manifest.tsv",
        [
            Source(
                id=name, role="performance", format="midi", composer=composer, title=name,
                piece=name, path=f"{name}.mid",
            )
            for name, composer in COMPOSERS.items()
        ],
    )  # fmt: skip
    return folder


def files(data, folder, start=None):
    return TrainingFiles(
        train=data / "train.tfrecord.gz",
        eval=data / "eval.tfrecord.gz",
        start=start,
        state=folder / "state",
        model=folder / "model.safetensors",
        history=folder / "history.csv",
        metrics=folder / "metrics.json",
        manifest=data / "manifest.tsv",
    )


@pytest.fixture(scope="module")
def finished(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    train("iter4", SETTINGS, files(data, folder))
    return folder


def test_composers_are_those_with_several_files_the_arranger_counting(data):
    # Clara has a, b and the arrangement c; Franz d and the arrangement e.
    assert composer_table(None, data / "manifest.tsv") == ("unknown", "Clara")
    assert composer_table(None, None) == ("unknown",)


def test_it_learns_and_the_best_is_kept(finished):
    history = pd.read_csv(finished / "history.csv").dropna(subset="eval_loss")
    metrics = json.loads((finished / "metrics.json").read_text())
    assert history["step"].tolist() == [0, 10, 20]
    assert history["eval_loss"].iloc[0] == pytest.approx(np.log(388), abs=1e-4)
    assert metrics["kept"]["loss"] == history["eval_loss"].min() < 5.6
    assert metrics["model"] == "performance_transformer"
    # A network that has learned nothing ends notes that do not sound.
    assert history["impossible_note_offs"].iloc[0] > 0.5
    assert 0 < metrics["kept"]["impossible_note_offs"] <= 1


def test_the_file_says_what_the_weights_do_not(finished):
    bundle = read_start(finished / "model.safetensors")
    assert bundle.model == "performance_transformer"
    assert bundle.settings.heads == 2
    assert bundle.settings.context == 40
    assert bundle.settings.composers == ("unknown", "Clara")
    assert bundle.description.startswith("perfrnn iter4: ")
    assert len(bundle.weights["composer"]) == 2


class EndedAfter(SaveClock):
    """Ends a training by a signal after a number of steps."""

    def __init__(self, steps):
        super().__init__()
        self.left = steps

    def is_due(self):
        self.left -= 1
        if self.left == 0:
            signal.raise_signal(signal.SIGTERM)
        return super().is_due()


@pytest.mark.parametrize("optimizer", ["muon", "adamw"])
def test_an_interrupted_training_ends_in_the_same_bytes(data, tmp_path, finished, optimizer):
    settings = SETTINGS | {"optimizer": optimizer}
    whole = finished
    if optimizer != SETTINGS["optimizer"]:
        whole = tmp_path / "whole"
        whole.mkdir()
        train("iter4", settings, files(data, whole))
    for steps in (1, 8, 1, 1, 8):  # at 1, 9, 10 (where it is evaluated), 11 and 19 of 20
        with pytest.raises(TrainingInterruptedError):
            train("iter4", settings, files(data, tmp_path), clock=EndedAfter(steps))
    train("iter4", settings, files(data, tmp_path))
    for name in ("model.safetensors", "history.csv"):
        assert (tmp_path / name).read_bytes() == (whole / name).read_bytes()


def test_slices_end_where_one_go_ends(data, finished, tmp_path):
    slices.pack(data, SETTINGS, None, tmp_path / "packed", data / "manifest.tsv")
    ended = [slices.run(tmp_path / "packed", tmp_path / "state", time) for time in (0, 0, 600)]
    assert ended == [False, False, True]
    slices.unpack(tmp_path / "state", tmp_path / "out")
    found = read_start(tmp_path / "out/model.safetensors")
    expected = read_start(finished / "model.safetensors")
    assert found.settings.composers == expected.settings.composers
    for name, value in expected.weights.items():
        np.testing.assert_array_equal(found.weights[name], value.astype(np.float16))


def test_another_training_starts_from_the_file_with_its_composers(data, finished, tmp_path):
    start = finished / "model.safetensors"
    source = dataclasses.replace(files(data, tmp_path, start), manifest=None)
    train("iter5", SETTINGS | {"max_steps": 1}, source)
    before = json.loads((finished / "metrics.json").read_text())["kept"]["loss"]
    after = json.loads((tmp_path / "metrics.json").read_text())["start_metrics"]["loss"]
    assert after == pytest.approx(before, abs=1e-5)
    assert read_start(tmp_path / "model.safetensors").settings.composers == ("unknown", "Clara")


def test_other_heads_are_refused(data, finished, tmp_path):
    size = SETTINGS["network"] | {"heads": 4}
    start = finished / "model.safetensors"
    with pytest.raises(
        BundleError, match=r"key is \(16, 8\), expected \(16, 4\); check `network`"
    ):
        train("iter5", SETTINGS | {"network": size}, files(data, tmp_path, start))


def test_the_likelihood_of_the_file_is_what_training_found(data, finished):
    """The evaluation set by another way: whole performances, parts of another batch."""
    from perfrnn.dataset.segments import read_segments

    bundle = read_start(finished / "model.safetensors")
    score = likelihood(bundle, read_segments(data / "eval.tfrecord.gz"))
    kept = json.loads((finished / "metrics.json").read_text())["kept"]
    assert score.loss == pytest.approx(kept["loss"], abs=1e-5)
    assert score.events == kept["events"]
