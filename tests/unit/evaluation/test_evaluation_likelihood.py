"""Likelihoods of held-out music: known values, carried states, the right files."""

import itertools

import numpy as np
import pytest

from perfrnn.evaluation.likelihood import likelihood, write_likelihood
from perfrnn.evaluation.scored_performances import windows_of, write_scored_performances
from perfrnn.generation.stepper import StepNetwork, StepWeights
from perfrnn.network.bundle import Bundle, expected_shapes, write_bundle
from perfrnn.notes import Notes, to_note_sequence
from perfrnn.sequences.records import write_records

MODEL = "performance_with_dynamics"


def bundle(scale):
    rng = np.random.default_rng(0)
    shapes = expected_shapes(388, 388, 2, 4)
    return Bundle(
        MODEL, "", {n: rng.normal(0, scale, s).astype(np.float32) for n, s in shapes.items()}
    )


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    rng = np.random.default_rng(0)
    sequences = []
    for number, count in enumerate((30, 400, 300)):
        start = np.cumsum(rng.uniform(0.05, 0.5, count))
        notes = Notes(
            start,
            start + 0.2,
            rng.integers(40, 80, count),
            rng.integers(1, 128, count),
            float(start[-1] + 1),
        )
        sequence = to_note_sequence(notes)
        sequence.id = f"s{number}"
        sequences.append(sequence)
    write_records(folder / "shard.gz", [s.SerializeToString() for s in sequences])
    return folder


def write_split_of(folder, sides):
    rows = [f"s{number}\tp{number}\tBach\t1\t{side}" for number, side in enumerate(sides)]
    path = folder / "split.tsv"
    path.write_text("\n".join(["id\tpiece\tcomposer\tsegments\tsplit", *rows]))
    return path


@pytest.fixture(scope="module")
def windows(corpus):
    return windows_of({"s1", "s2"}, [corpus / "shard.gz"])


def by_hand(weights, sequences):
    """Mean negative log-likelihood, one event at a time, each sequence from zeros."""
    nats = []
    for sequence in sequences:
        network = StepNetwork(StepWeights(weights), 1)
        for event, label in itertools.pairwise(sequence):
            logits = network.step(np.array([event]), None)[0].astype(float)
            nats.append(np.log(np.exp(logits - logits.max()).sum()) + logits.max() - logits[label])
    return np.mean(nats)


def test_only_the_music_asked_for_is_read_and_all_of_it(windows):
    assert set(windows.sources) == {"s1", "s2"}
    assert np.diff(windows.offsets).max() == 512
    assert len(windows.joined()) == 2


def test_a_model_that_knows_nothing_scores_chance(windows):
    assert likelihood(bundle(0.0), windows).loss == pytest.approx(np.log(388), rel=1e-6)


def test_every_performance_is_read_from_its_beginning_to_its_end(windows):
    model, whole = bundle(1.0), windows.joined()
    score = likelihood(model, windows)
    expected = by_hand(model.weights, [whole[i] for i in range(len(whole))])
    assert score.loss == pytest.approx(expected, rel=1e-4)
    anew = by_hand(model.weights, [windows[i] for i in range(len(windows))])
    assert score.loss != pytest.approx(anew, rel=1e-4)
    assert score.events == len(whole.events) - len(whole)


@pytest.mark.parametrize(
    ("sides", "scored", "tested"),
    [
        (("train", "eval", "test"), [2], "test"),
        (("train", "test", "eval"), [1], "test"),
        (("train", "eval", "eval"), [1, 2], "eval_and_test"),
    ],
)
def test_the_table_names_the_models_and_the_set_that_they_were_scored_on(
    corpus, windows, tmp_path, sides, scored, tested
):
    models = {"base": tmp_path / "base.mag", "iter1": tmp_path / "iter1.mag"}
    write_bundle(models["base"], bundle(0.0))
    write_bundle(models["iter1"], bundle(1.0))
    split, performances = write_split_of(tmp_path, sides), tmp_path / "performances.npz"
    write_scored_performances(split, [corpus / "shard.gz"], performances)
    out = tmp_path / "likelihood.csv"
    table = write_likelihood(models, performances, split, out, precision="float32")
    assert table["model"].tolist() == ["base", "iter1"]
    assert table["set"].tolist() == [tested] * 2
    whole = windows.joined()  # of s1 and s2
    music = [whole[number - 1] for number in scored]
    assert table["events"].tolist() == [sum(map(len, music)) - len(music)] * 2
    expected = [np.log(388), by_hand(bundle(1.0).weights, music)]
    assert table["loss"].tolist() == pytest.approx(expected, rel=1e-4)
    assert (tmp_path / "likelihood.csv").read_text().startswith("model,set,events,loss,accuracy")
