"""Scores against sums done by hand."""

import math

import numpy as np
import pytest

from perfrnn.dataset.batches import make_batch
from perfrnn.evaluation.scoring import CHANCE, score


def test_chance_is_ln_388():
    assert pytest.approx(5.961, abs=5e-4) == CHANCE


def test_a_uniform_guess_scores_chance():
    batch = make_batch([np.array([1, 2, 3]), np.array([4, 5])], conditioned=False)
    result = score(lambda inputs: np.zeros((*inputs["events"].shape, 388)), [batch])
    assert result.loss == pytest.approx(math.log(388))
    assert result.perplexity == pytest.approx(388)
    assert result.events == 3


def test_averages_are_over_events_not_batches():
    # Labels 60, 355 | 70. The model always says 60 with logit ln 3 over the other 387 at 0.
    batches = [
        make_batch([np.array([0, 60, 355])], conditioned=False),
        make_batch([np.array([0, 70])], conditioned=False),
    ]

    def predict(inputs):
        logits = np.zeros((*inputs["events"].shape, 388))
        logits[..., 60] = math.log(3)
        return logits

    result = score(predict, batches)
    total = math.log(390)  # 387 * 1 + 3
    assert result.loss == pytest.approx(((total - math.log(3)) + total + total) / 3)
    assert result.accuracy == pytest.approx(1 / 3)
    assert result.event_accuracy == pytest.approx(1 / 2)  # 355, a second of silence, not counted


def test_padding_does_not_count():
    batch = make_batch([np.array([0, 60])], conditioned=False)
    assert batch.mask.shape[1] == 64

    def predict(inputs):
        logits = np.full((*inputs["events"].shape, 388), 7.0)
        logits[:, 1:] = np.nan
        return logits

    assert score(predict, [batch]).loss == pytest.approx(math.log(388))
