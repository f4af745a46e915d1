import pytest

from perfrnn.training.description import duration
from perfrnn.words import count, flatten, listed, spell_seconds


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 steps"), (1, "1 step"), (2, "2 steps"), (2350, "2,350 steps")]
)
def test_count(number, text):
    assert count(number, "step") == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (60, "1 min"),
        (245.4, "4 min 5 s"),
        (3600, "1 h"),
        (12_000, "3 h 20 min"),
        (360_000, "100 h"),
    ],
)
def test_spell_seconds(seconds, text):
    assert spell_seconds(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1 step"),
        (470, "470 steps"),
        ("2 epochs", "2 epochs (470 steps)"),
        ("1 epochs", "1 epoch (235 steps)"),
        ("0.5 epochs", "0.5 epochs (118 steps)"),
    ],
)
def test_duration_of_the_dissertation_s_epoch_of_235_steps(value, text):
    assert duration(value, 235) == text


@pytest.mark.parametrize(
    ("items", "text"), [(["a"], "a"), (["a", "b"], "a and b"), ([-1, 0, 1], "-1, 0 and 1")]
)
def test_listed(items, text):
    assert listed(items) == text


def test_flatten_writes_values_as_yaml_has_them():
    settings = {"a": {"b": {"c": 1e-4}, "d": [1.0, None]}, "e": "2 epochs", "f": True}
    assert list(flatten(settings)) == [
        ("a.b.c", "0.0001"),
        ("a.d", "[1.0, null]"),
        ("e", "2 epochs"),
        ("f", "true"),
    ]
