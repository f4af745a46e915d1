"""Keys by name."""

from collections import Counter

import numpy as np
import pytest

from perfrnn.events.keys import drawn_key, key_histogram, parse_key


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("C major", (0, "major")),
        ("D minor", (2, "minor")),
        ("F#", (6, "major")),
        ("Bb minor", (10, "minor")),
        ("e♭ major", (3, "major")),
        ("Am", (9, "minor")),
        ("Cb major", (11, "major")),
    ],
)
def test_names(name, expected):
    assert parse_key(name) == expected


@pytest.mark.parametrize("name", ["H major", "", "C mixolydian", "C##", "majorC"])
def test_what_is_no_key(name):
    with pytest.raises(ValueError, match="is no key"):
        parse_key(name)


def test_the_histogram_favours_scale_and_triad():
    histogram = key_histogram("D minor")
    assert histogram.sum() == pytest.approx(1)
    triad, scale, foreign = [2, 5, 9], [4, 7, 10, 0, 1], [3, 6, 8, 11]
    assert histogram[triad].min() > histogram[scale].max() > histogram[foreign].max() > 0


def test_transposing_a_key_rolls_its_histogram():
    np.testing.assert_allclose(key_histogram("G major"), np.roll(key_histogram("C major"), 7))


def test_every_key_is_drawn_sometimes_and_the_same_by_the_same_seed():
    drawn = [parse_key(drawn_key(seed)) for seed in range(500)]
    counts = Counter(drawn)
    assert len(counts) == 24
    assert max(counts.values()) < 45  # 21 on average
    assert drawn_key(3) == drawn_key(3)
