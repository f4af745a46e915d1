"""Key plans: written out by hand."""

import pytest

from perfrnn.generation.key_plans import is_plan, write_out


def test_a_major_plan_visits_dominant_relative_and_subdominant():
    assert write_out("D major plan", 60) == [
        (0.0, "D major"),
        (18.0, "A major"),
        (27.0, "B minor"),
        (36.0, "G major"),
        (45.0, "D major"),
    ]


def test_a_minor_plan_visits_relative_submediant_and_subdominant():
    assert write_out("a minor plan", 100) == [
        (0.0, "A minor"),
        (30.0, "C major"),
        (45.0, "F major"),
        (60.0, "D minor"),
        (75.0, "A minor"),
    ]


def test_the_mode_may_be_left_out():
    assert write_out("Bb plan", 10)[0] == (0.0, "Bb major")


@pytest.mark.parametrize("key", ["D minor", "planet", [[0, "D minor plan"]], "", None])
def test_only_the_word_at_the_end_asks_for_a_plan(key):
    assert not is_plan(key)


def test_a_plan_of_no_key_is_refused():
    with pytest.raises(ValueError, match="'H minor' is no key"):
        write_out("H minor plan", 60)
