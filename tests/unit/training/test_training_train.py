"""Training: the story it tells, and exact resumption after any interruption."""

import json
import logging
import multiprocessing
import random
import re
import shutil
import time
from contextlib import contextmanager, nullcontext

import numpy as np
import pandas as pd
import pytest

from perfrnn.dataset.segments import Segment, write_segments
from perfrnn.evaluation.scoring import Score
from perfrnn.jobs import LogFile
from perfrnn.network.bundle import OUTPUT_BIASES, expected_shapes
from perfrnn.network.event_model import prepare_backend
from perfrnn.training import train as module
from perfrnn.training.setup import TrainingFiles
from perfrnn.training.state import SaveClock
from perfrnn.training.train import TrainingInterruptedError, train

SETTINGS = {
    "batch_size": 4,
    "dropout": 0.5,
    "evaluate_every": "1 epochs",
    "learning_rate": {"schedule": "cyclical", "lower": 1e-3, "upper": 1e-2, "half_cycle": 5},
    "losses": {"rhythm": 0.5},
    "max_steps": 40,
    "model": "performance_with_dynamics",
    "network": {"layers": 2, "units": 8},
    "precision": "float32",
    "seed": 3,
    "transpose": [-1, 0, 1],
}

ONE_LAYER = SETTINGS | {"network": {"layers": 1, "units": 8}}
"""What TensorFlow traces in half the time."""


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    for name, count in (("train", 20), ("eval", 3)):
        write_segments(
            folder / f"{name}.tfrecord.gz",
            [
                Segment(
                    events=np.tile(rng.integers(20, 360, 8), 10)[: rng.integers(40, 80)],
                    piece=f"{name}{i}",
                    source=f"{name}{i}",
                    start=0.0,
                    stretch=1.0,
                )
                for i in range(count)
            ],
        )
    return folder


def files(data, folder, start=None):
    return TrainingFiles(
        train=data / "train.tfrecord.gz",
        eval=data / "eval.tfrecord.gz",
        start=start,
        state=folder / "state",
        model=folder / "model.mag",
        history=folder / "history.csv",
        metrics=folder / "metrics.json",
    )


@pytest.fixture(scope="module")
def finished(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    train("iter", SETTINGS, files(data, folder))
    return folder


def test_the_best_evaluation_is_what_is_kept(finished):
    history = pd.read_csv(finished / "history.csv")
    metrics = json.loads((finished / "metrics.json").read_text())
    scored = history.dropna(subset="eval_loss").set_index("step")["eval_loss"]
    assert scored.index.tolist() == [0, 5, 10, 15, 20, 25, 30, 35, 40]
    assert metrics["kept"]["loss"] == scored.min()
    assert metrics["kept"]["step"] == scored.idxmin()
    assert metrics["start_metrics"]["loss"] == scored[0]
    assert metrics["ended"] == "max_steps"
    assert metrics["kept"]["loss"] < metrics["start_metrics"]["loss"]
    assert f"step {metrics['kept']['step']} of 40 is kept" in metrics["verdict"]
    # The network plays by itself at the first evaluation, the last, and every hundred steps.
    for name in ("impossible_note_ons", "impossible_note_offs"):
        assert history.dropna(subset=name)["step"].tolist() == [0, 40]
        assert 0 <= metrics["kept"][name] <= 1


def test_the_history_has_the_schedule(finished):
    history = pd.read_csv(finished / "history.csv").set_index("step")
    assert history.loc[6, "learning_rate"] == pytest.approx(1e-2)  # step 5, counted from 0
    assert history.loc[11, "learning_rate"] == pytest.approx(1e-3)


def test_a_finished_training_only_exports_again(data, finished):
    before = (finished / "model.mag").read_bytes()
    state = next(finished.glob("state/*/state.npz"))
    stamp = state.stat().st_mtime_ns
    (finished / "model.mag").unlink()
    train("iter", SETTINGS, files(data, finished))
    assert (finished / "model.mag").read_bytes() == before
    assert state.stat().st_mtime_ns == stamp


def test_other_settings_get_another_state(data, finished, tmp_path):
    folder = tmp_path / "copy"  # others start from the finished model
    shutil.copytree(finished, folder)
    train("iter", ONE_LAYER | {"max_steps": 2}, files(data, folder))
    assert len(list(folder.glob("state/*"))) == 2


class Echo:
    """Stands for the network where only the loop matters: says again what was 8 events ago.

    So does the music. The learning rates it has seen add up to how sure it is; its other weights
    keep count of the labels it has seen.
    """

    precision = "float32"

    def __init__(self, settings, composers):
        shapes = expected_shapes(388, 388, 1, 4)
        self.weights = {name: np.zeros(shape, "f4") for name, shape in shapes.items()}
        self.biases = self.weights[OUTPUT_BIASES]

    def train_step_on(self, batch, rate):
        self.biases[0] += rate
        self.biases[1:] += np.bincount(batch.labels.ravel(), minlength=388)[1:] * rate
        return {"loss": float(self.biases[1:200].sum()), "total_loss": float(self.biases.sum())}

    def predict_logits(self, inputs):
        logits = np.zeros((*inputs["events"].shape, 388), "f4")
        before = inputs["events"][:, :-7, None]
        np.put_along_axis(logits[:, 7:], before, self.biases[0], axis=-1)
        return logits

    set_aside = staticmethod(nullcontext)

    def named_weights(self):
        return {name: value.copy() for name, value in self.weights.items()}

    def state(self):
        return [self.biases.copy()]

    def set_state(self, values):
        (self.biases[:],) = values

    def set_named_weights(self, weights):
        self.biases[:] = weights[OUTPUT_BIASES]

    conditioned = False


@pytest.fixture
def echo(monkeypatch):
    monkeypatch.setattr(module, "make_network", Echo)


RISING = SETTINGS | {
    # It gets better until step 7, and then worse: an evaluation at 7 steps finds the best.
    "learning_rate": {"schedule": "piecewise", "boundaries": [7], "values": [0.5, -2.0]},
    "evaluate_every": 5,
    "max_steps": 12,
}
"""A training with evaluations at 0, 5, 10 and, as the last step, 12."""


def results(folder):
    return [(folder / name).read_bytes() for name in ("history.csv", "model.mag")]


@pytest.fixture
def twelve(data, echo, tmp_path):
    train("iter", RISING, files(data, tmp_path / "twelve"))
    return tmp_path / "twelve"


def test_more_steps_end_as_if_they_had_been_asked_for_at_once(data, twelve, tmp_path, caplog):
    caplog.set_level("INFO")
    train("iter", RISING | {"max_steps": 7}, files(data, tmp_path))
    seven = results(tmp_path)
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert (metrics["steps"], metrics["kept"]["step"]) == (7, 7)
    train("iter", RISING, files(data, tmp_path))
    assert "going on from step 7" in caplog.text
    assert results(tmp_path) == results(twelve)
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    expected = json.loads((twelve / "metrics.json").read_text())
    assert metrics["kept"] == expected["kept"]
    assert metrics["kept"]["step"] == 5
    # Both are finished: either is written again without a step.
    train("iter", RISING | {"max_steps": 7}, files(data, tmp_path))
    assert results(tmp_path) == seven


def test_fewer_steps_end_as_if_there_never_had_been_more(data, twelve, tmp_path):
    shutil.copytree(twelve, tmp_path / "copy")
    for limit in (5, 7):
        fresh = tmp_path / f"fresh-{limit}"
        train("iter", RISING | {"max_steps": limit}, files(data, fresh))
        train("iter", RISING | {"max_steps": limit}, files(data, tmp_path / "copy"))
        assert results(tmp_path / "copy") == results(fresh)


def scripted(monkeypatch, losses):
    """Let evaluations find these losses, by step; return the steps that were evaluated."""
    monkeypatch.setattr(module, "make_network", Echo)
    asked = iter(sorted(losses))
    seen = []

    def score(predict, batches):
        seen.append(next(asked))
        return Score(losses[seen[-1]], 0.5, 0.25, 100)

    monkeypatch.setattr(module, "score", score)
    return seen


STOPPING = SETTINGS | {"early_stopping": {"patience": 5, "restarts": 1, "restart_patience": 10}}


def test_early_stopping_restarts_with_a_new_cycle(data, tmp_path, monkeypatch):
    # Nothing improves: patience of 5 steps is over at 5, that of 10 steps after the stop at 15.
    seen = scripted(monkeypatch, {0: 5.0, 5: 5.1, 10: 5.3, 15: 5.2, 20: 1.0})
    train("iter", STOPPING, files(data, tmp_path))
    assert seen == [0, 5, 10, 15]
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert [stop["step"] for stop in metrics["stops"]] == [5, 15]
    assert (metrics["ended"], metrics["steps"]) == ("early_stopping", 15)
    assert metrics["kept"]["step"] == 0
    history = pd.read_csv(tmp_path / "history.csv").set_index("step")
    assert history["run"].tolist() == [0] * 6 + [1] * 10
    # Half a cycle of 5 steps takes the rate from 0.001 to 0.01; the sixth step begins anew.
    rates = {1: 1e-3, 5: 8.2e-3, 6: 1e-3, 10: 8.2e-3, 11: 1e-2, 15: 2.8e-3}
    assert {step: history.loc[step, "learning_rate"] for step in rates} == pytest.approx(rates)


def test_patience_that_is_over_at_the_last_step_stops_a_longer_training_there(
    data, tmp_path, monkeypatch
):
    settings = SETTINGS | {"early_stopping": {"patience": 10, "restarts": 0}}
    seen = scripted(monkeypatch, {0: 5.0, 5: 5.1, 10: 5.2, 15: 1.0})
    train("iter", settings | {"max_steps": 10}, files(data, tmp_path))
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert (metrics["ended"], metrics["stops"]) == ("max_steps", [])
    train("iter", settings | {"max_steps": 20}, files(data, tmp_path))
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert (metrics["ended"], metrics["steps"]) == ("early_stopping", 10)
    assert [stop["step"] for stop in metrics["stops"]] == [10]
    assert seen == [0, 5, 10]


def test_a_damaged_state_goes_on_from_the_one_before(data, twelve, tmp_path, caplog):
    clock = SaveClock(every=0.0, share=1e9)  # after every step
    train("iter", RISING, files(data, tmp_path), clock=clock)
    for path in tmp_path.glob("state/*/state.npz"):
        path.write_bytes(b"")
    caplog.set_level("INFO")
    train("iter", RISING, files(data, tmp_path))
    assert "going on from step 11" in caplog.text
    assert results(tmp_path) == results(twelve)


def test_no_row_of_the_log_claims_more_than_was_done(data, tmp_path, caplog):
    with caplog.at_level("INFO"):
        train("iter", ONE_LAYER | {"max_steps": 3}, files(data, tmp_path))
    paces = [int(pace) for pace in re.findall(r"; (\d+) events/s", caplog.text)]
    assert len(paces) == 3
    # A batch is 4 segments of at most 80 events, and a step takes a millisecond at the very least.
    assert max(paces) < 4 * 80 / 0.001


@contextmanager
def logged_to(path):
    """Log into a file that is empty at first, as Snakemake leaves it."""
    path.write_text("")
    root, handler = logging.getLogger(), LogFile(path)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
        handler.close()


def test_the_log_tells_the_whole_story_after_an_interruption(data, echo, tmp_path):
    log, settings = tmp_path / "train.log", SETTINGS | {"max_steps": 4}
    for _ in range(3):
        with pytest.raises(TrainingInterruptedError), logged_to(log):
            train("iter", settings, files(data, tmp_path), seconds=0)
    with logged_to(log):
        train("iter", settings, files(data, tmp_path))
    told = log.read_text()
    assert re.findall(r"going on from step (\d)", told) == ["1", "2", "3"]
    assert re.findall(r"step (\d): loss", told) == ["1", "2", "3", "4"]
    assert told.count("step 0: evaluation loss") == 1


def test_fine_tuning_starts_from_the_bundle(data, finished, tmp_path):
    train(
        "tuned",
        SETTINGS | {"max_steps": 5},
        files(data, tmp_path, start=finished / "model.mag"),
    )
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    kept = json.loads((finished / "metrics.json").read_text())["kept"]["loss"]
    assert metrics["start_metrics"]["loss"] == pytest.approx(kept, rel=1e-6)
    assert metrics["start"] == str(finished / "model.mag")


PROCESSES = multiprocessing.get_context("forkserver")
"""Of a parent that has loaded TensorFlow, and used nothing of it."""

PROCESSES.set_forkserver_preload(["perfrnn.training.train", "tensorflow"])


def train_alone(settings, files):
    prepare_backend(threads=1)
    train("iter", settings, files, clock=SaveClock(every=0.0, share=1.0))


def start(settings, data, folder):
    process = PROCESSES.Process(target=train_alone, args=(settings, files(data, folder)))
    process.start()
    return process


def end(process):
    process.join()
    assert process.exitcode == 0


@pytest.mark.slow
def test_killed_at_ten_random_moments_it_ends_as_if_it_never_was(data, tmp_path):
    settings = ONE_LAYER | {"max_steps": 400, "evaluate_every": 20}
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    end(start(settings, data, whole))
    moments = random.Random(7)
    for _ in range(10):
        process = start(settings, data, killed)
        before = _saved(killed)
        while process.is_alive() and _saved(killed) == before:
            time.sleep(0.01)
        time.sleep(moments.uniform(0, 0.2))
        assert process.is_alive(), "ended before it could be killed: give it more steps"
        process.kill()
        process.join()
    end(start(settings, data, killed))
    for name in ("history.csv", "model.mag"):
        assert (killed / name).read_bytes() == (whole / name).read_bytes()


def _saved(folder):
    return [path.stat().st_mtime_ns for path in folder.glob("state/*/state.npz")]
