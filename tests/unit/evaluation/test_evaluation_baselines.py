"""Counted models on music whose statistics are known."""

import numpy as np
import pytest

from perfrnn.dataset.segments import Segments
from perfrnn.evaluation.baselines import baseline_losses


def segments(*sequences):
    count = len(sequences)
    return Segments(
        np.concatenate(sequences).astype(np.int16),
        np.concatenate([[0], np.cumsum([len(s) for s in sequences])]),
        np.array(["p"] * count),
        np.array(["s"] * count),
        np.zeros(count),
        np.ones(count),
    )


def test_alternation_is_a_coin_for_one_and_certain_for_the_other():
    losses = baseline_losses(segments(np.tile([5, 9], 50_000)), segments(np.tile([5, 9], 100)))
    assert losses["unigram"] == pytest.approx(np.log(2), abs=0.01)
    assert losses["bigram"] == pytest.approx(0, abs=0.01)


def test_noise_leaves_both_at_chance():
    rng = np.random.default_rng(0)
    train, held_out = (segments(rng.integers(0, 388, n)) for n in (3_000_000, 20_000))
    losses = baseline_losses(train, held_out)
    assert losses["unigram"] == pytest.approx(np.log(388), abs=0.01)
    assert losses["bigram"] == pytest.approx(np.log(388), abs=0.05)


def test_the_seam_between_sequences_is_not_counted():
    train = segments([1, 2], [3, 4], [1, 2], [3, 4])
    alone = segments([1, 2], [1, 2], [3, 4], [3, 4])
    held_out = segments([1, 2])
    assert baseline_losses(train, held_out) == baseline_losses(alone, held_out)


def test_an_unseen_event_costs_a_finite_number_of_nats():
    losses = baseline_losses(segments([1, 2, 1, 2]), segments([7, 300]))
    assert losses["unigram"] == pytest.approx(np.log(3 + 388))
    assert losses["bigram"] == pytest.approx(np.log(3 + 388))
