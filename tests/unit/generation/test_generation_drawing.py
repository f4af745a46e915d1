"""Temperature, top-k, top-p, min-p on distributions worked out by hand, and draws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from perfrnn.generation.drawing import MAX_UNIFORM, Filters, draw, masses

SHARES = np.array([0.1, 0.4, 0.05, 0.25, 0.2])


def probabilities(logits, filters):
    mass = masses(logits, filters)
    return mass / mass.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, [0.1, 0.4, 0.05, 0.25, 0.2]),
        ({"top_k": 2}, [0, 0.4, 0, 0.25, 0]),
        ({"top_k": 1}, [0, 1, 0, 0, 0]),
        ({"top_k": 9}, [0.1, 0.4, 0.05, 0.25, 0.2]),
        ({"top_p": 0.6}, [0, 0.4, 0, 0.25, 0]),  # 0.4 is too little, 0.65 is enough
        ({"top_p": 0.7}, [0, 0.4, 0, 0.25, 0.2]),
        ({"top_p": 0.01}, [0, 1, 0, 0, 0]),
        ({"top_p": 1.0}, [0.1, 0.4, 0.05, 0.25, 0.2]),
        ({"min_p": 0.49}, [0, 0.4, 0, 0.25, 0.2]),
        ({"min_p": 1.0}, [0, 1, 0, 0, 0]),
        # Of the three left by top-k, 0.4 and 0.25 are 0.76 of the rest: enough.
        ({"top_k": 3, "top_p": 0.75}, [0, 0.4, 0, 0.25, 0]),
        ({"temperature": 0.5}, SHARES**2),
        ({"temperature": 2.0}, SHARES**0.5),
        # Squared, the first is 1/16 as probable as the second; unsquared it was 1/4.
        ({"temperature": 0.5, "min_p": 0.2}, [0, 0.16, 0, 0.0625, 0.04]),
    ],
)
def test_filters(filters, expected):
    logits = np.log(SHARES)[None] + 7.0
    expected = np.array(expected, float) / np.sum(expected)
    np.testing.assert_allclose(probabilities(logits, Filters(**filters))[0], expected, atol=1e-12)


def test_of_equals_top_k_keeps_the_first():
    shares = probabilities(np.zeros((1, 4)), Filters(top_k=3))
    np.testing.assert_allclose(shares, [[1 / 3, 1 / 3, 1 / 3, 0]])


@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=12).filter(any),
    st.none() | st.integers(1, 14),
    st.none() | st.floats(0.01, 1),
)
def test_what_is_kept_are_the_first_in_order(weights, top_k, top_p):
    """Events in the order of their weight, of equals the first first, until there is enough."""
    order = sorted(range(len(weights)), key=lambda event: -weights[event])[:top_k]
    enough = (top_p or 1) * sum(weights[event] for event in order)
    expected, total = np.zeros(len(weights)), 0
    for event in order:
        if top_p is None or total < enough:
            expected[event] = weights[event]
            total += weights[event]
    logits = np.log(
        np.array([weights, weights]),
        where=np.array([weights] * 2) > 0,
        out=np.full((2, len(weights)), -np.inf),
    )
    mass = masses(logits, Filters(top_k=top_k, top_p=top_p))
    np.testing.assert_allclose(mass * max(weights), [expected, expected], atol=1e-9)


def test_rows_are_filtered_each_by_itself():
    logits = np.log([[0.6, 0.3, 0.1], [0.1, 0.3, 0.6]])
    shares = probabilities(logits, Filters(top_p=0.5))
    np.testing.assert_allclose(shares, [[1, 0, 0], [0, 0, 1]])


def test_forbidden_events_have_no_share():
    shares = probabilities(np.array([[-np.inf, 0.0, 0.0]]), Filters(temperature=3.0))
    np.testing.assert_allclose(shares, [[0, 0.5, 0.5]])


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_draws_follow_the_softmax(temperature):
    logits = np.array([0.0, 1.0, 2.0, -1.0])
    uniforms = np.random.default_rng(1).random(20000)
    mass = masses(np.tile(logits, (20000, 1)), Filters(temperature=temperature))
    drawn, shares = draw(mass, uniforms)
    powers = np.exp(logits / temperature)
    expected = powers / powers.sum()
    counts = np.bincount(drawn, minlength=4)
    assert stats.chisquare(counts, 20000 * expected).pvalue > 1e-3
    np.testing.assert_allclose(shares, expected[drawn])


@pytest.mark.parametrize("total", [1.0, 8.0])
def test_a_draw_is_the_inverse_of_the_distribution(total):
    mass = np.tile([0.25, 0.0, 0.5, 0.25, 0.0], (6, 1)) * total
    uniforms = np.array([0.0, 0.2499, 0.25, 0.7499, 0.75, MAX_UNIFORM])
    drawn, shares = draw(mass, uniforms)
    assert drawn.tolist() == [0, 0, 2, 2, 3, 3]
    assert shares.tolist() == [0.25, 0.25, 0.5, 0.5, 0.25, 0.25]


@given(
    st.lists(st.floats(0, 1e6), min_size=1, max_size=20).filter(any),
    st.floats(0, MAX_UNIFORM) | st.just(MAX_UNIFORM),
)
def test_what_is_impossible_is_never_drawn(mass, uniform):
    mass = np.array([[*mass, 0.0]])
    drawn, shares = draw(mass, np.array([uniform]))
    assert mass[0, drawn[0]] > 0
    np.testing.assert_allclose(shares[0], mass[0, drawn[0]] / mass.sum())


def test_logits_of_any_size_can_be_drawn_from():
    logits = np.array([[5000.0, 4999.0, -9000.0], [-5000.0, -5000.0, -np.inf]], np.float32)
    expected = [[1 / (1 + np.exp(-1)), 1 / (1 + np.e), 0], [0.5, 0.5, 0]]
    np.testing.assert_allclose(probabilities(logits, Filters()), expected)
