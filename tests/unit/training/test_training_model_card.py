"""Base models ready to ship, and the card that tells of them."""

import json
from dataclasses import replace

import numpy as np
import pytest

from perfrnn.corpus.manifest import Source, write_manifest
from perfrnn.dataset.duplicates import Entry, write_duplicates
from perfrnn.dataset.held_out import read_heard
from perfrnn.dataset.segments import Segment, read_segments, write_segments
from perfrnn.evaluation.likelihood import likelihood
from perfrnn.network.bundle import Bundle, expected_shapes
from perfrnn.network.pretrained import read_arrays, write_arrays
from perfrnn.training.model_card import Dataset, ship

MODEL = "performance_with_dynamics"
WINDOW = 9


def bundle(scale):
    rng = np.random.default_rng(0)
    shapes = expected_shapes(388, 388, 2, 4)
    return Bundle(
        MODEL, "", {n: rng.normal(0, scale, s).astype(np.float32) for n, s in shapes.items()}
    )


def windows(name, stretch=1.0):
    """Two performances of 25 and 17 events, cut as `segments: full` does."""
    for number, length in enumerate((25, 17)):
        events = np.random.default_rng(number).integers(0, 388, length)
        for at in range(0, length - 1, WINDOW - 1):
            source = f"{name}{number}"
            yield Segment(
                events=events[at : at + WINDOW],
                piece=f"piece-{source}",
                source=source,
                start=float(at),
                stretch=stretch,
            )


@pytest.fixture
def dataset(tmp_path):
    write_segments(tmp_path / "train.tfrecord.gz", [*windows("t", stretch=0.95), *windows("t")])
    write_segments(tmp_path / "test.tfrecord.gz", windows("x"))
    (tmp_path / "split.tsv").write_text(
        "id\tpiece\tcomposer\tsegments\tsplit\n"
        "t0\tpiece-t0\tBach\t4\ttrain\ne0\tpiece-e0\tBach\t4\teval\n"
        "x0\tpiece-x0\tBach\t4\ttest\nx1\tpiece-x0\tBach\t4\ttest\n"
    )
    counts = {"sources": 2, "pieces": 2, "segments": 5, "events": 42, "bytes": 1}
    summary = {
        "settings": {"stretch": [0.95, 1.0], "max_events": WINDOW},
        "licence": "Terms of the music.",
        "splits": {"train": counts, "eval": counts | {"pieces": 7}, "test": counts},
        "eval_is_test": False,
    }
    (tmp_path / "dataset.json").write_text(json.dumps(summary))
    pieces = {"t0": "piece-t0", "e0": "piece-e0", "x0": "piece-x0", "x1": "piece-x0"}
    pieces["again"] = "t0-under-another-name"
    rows = [
        Source(
            id=id_, role="performance", format="midi", composer="Bach", title=id_, piece=piece,
            path=f"{id_}.mid",
        )
        for id_, piece in pieces.items()
    ]  # fmt: skip
    write_manifest(tmp_path / "manifest.tsv", rows)
    names = ("train.tfrecord.gz", "test.tfrecord.gz", "split.tsv", "dataset.json", "manifest.tsv")
    return Dataset(*[tmp_path / name for name in names])


def training(folder, steps, start, losses):
    """Write what a training leaves behind; return its folder."""
    folder.mkdir()
    write_arrays(folder / "model.npz", bundle(1.0))
    metrics = {
        "iteration": folder.name,
        "model": MODEL,
        "start": start,
        "parameters": {
            "network": {"layers": 2, "units": 4},
            "transpose": [-1, 0],
            "batch_size": 32,
            "truncate": 128,
            "clip_norm": 0.25,
            "learning_rate": {"schedule": "cosine", "peak": 3e-3, "warmup": 200},
            "evaluate_every": steps,
            "max_steps": steps,
            "seed": 1,
        },
        "parameters_count": 1234,
        "steps": steps,
        "steps_per_epoch": 1000,
        "start_metrics": {"step": 0, "loss": losses[0]},
        "kept": {
            "step": steps,
            "loss": losses[1],
            "impossible_note_ons": 0.02,
            "impossible_note_offs": 0.035,
        },
        "device": "tensorflow on CPU",
        "precision": "bfloat16",
        "seconds": 3600.0,
    }
    (folder / "metrics.json").write_text(json.dumps(metrics))
    return folder


def test_pieces_learned_from_under_another_name_are_told(dataset, tmp_path):
    found = tmp_path / "duplicates.tsv"
    write_duplicates(found, [Entry(id="again", kept=False, same_performance=("t0",))])
    steps = (6500, "scratch (random weights)", (5.9, 3.2))
    chain = [training(tmp_path / MODEL, *steps)]
    ship([chain], replace(dataset, duplicates=found), tmp_path / "out")
    assert read_heard(tmp_path / "out/pieces.tsv") == {"piece-t0", "t0-under-another-name"}


def test_weights_and_card_are_written(dataset, tmp_path):
    chain = [
        training(tmp_path / "first", 6500, "scratch (random weights)", (5.961, 3.254)),
        training(tmp_path / MODEL, 9000, "first/model.npz", (3.254, 2.5)),
    ]
    ship([chain], dataset, tmp_path / "out")
    kept = read_arrays(tmp_path / "out" / f"{MODEL}.npz")
    assert kept.model == MODEL
    card = (tmp_path / "out" / f"{MODEL}.md").read_text()
    score = likelihood(kept, read_segments(dataset.test))
    for text in (
        f"whole performances | {score.loss:.3f} |",
        "| first | 6,500 of 32 x 128 events | rises to 0.003 over 200 steps",
        "each clipped to norm 0.25 | 60 | 3.254, 2.500 |",
        "120 minutes in all",
        "From scratch (random weights).",
        "CC BY-NC-SA 4.0",
        "Terms of the music.",
        "Held out: piece-x0.",
        "The test set: 2 performances of 2 pieces that training never heard and that chose "
        "nothing (the evaluation set, 7 other pieces, chose the step that was kept), ",
    ):
        assert text in card
    assert read_heard(tmp_path / "out/pieces.tsv") == {"piece-t0"}


def test_a_card_says_that_one_set_both_chose_and_judged(dataset, tmp_path):
    summary = json.loads(dataset.summary.read_text()) | {"eval_is_test": True}
    dataset.summary.write_text(json.dumps(summary))
    chain = [training(tmp_path / MODEL, 9000, "scratch (random weights)", (5.9, 2.5))]
    ship([chain], dataset, tmp_path / "out")
    card = (tmp_path / "out" / f"{MODEL}.md").read_text()
    assert (
        "2 performances of 2 pieces that training never heard but that chose the step that was "
        "kept (the evaluation set, which is the test set too), 40 events" in card
    )
