"""Keys and densities asked for and played."""

import pytest
from evaluation_music import chord_loop, music, scale

from perfrnn.evaluation.adherence import MEANINGS, adherence, estimated_key, key_name


def test_a_sample_in_the_key_it_was_asked_for():
    found = adherence(chord_loop(), {"key": "C major", "notes_per_second": 3.0})
    assert found["asked_key_in_scale"] == 1
    assert found["asked_key_lift"] == pytest.approx(5 / 12)
    assert found["asked_key_found"] == found["asked_key_related"] == 1
    assert found["asked_density_ratio"] == pytest.approx(90 / 60 / 3)
    assert set(found) == set(MEANINGS)


@pytest.mark.parametrize(
    ("key", "equal", "related"),
    [("G major", 0, 1), ("A minor", 0, 1), ("F# major", 0, 0), ("E minor", 0, 0)],
)
def test_related_and_other_keys(key, equal, related):
    found = adherence(chord_loop(), {"key": key})
    assert (found["asked_key_found"], found["asked_key_related"]) == (equal, related)


def test_scales_share_notes():
    # G major has all of C major's notes but F.
    assert adherence(scale(seconds=59.5), {"key": "G major"})[
        "asked_key_in_scale"
    ] == pytest.approx(6 / 7)


def test_nothing_asked_nothing_measured():
    assert adherence(chord_loop(), {"key": None, "notes_per_second": None}) == {}


def test_silence_is_in_no_key():
    found = adherence(music([], 60.0), {"key": "C major", "notes_per_second": 15.0})
    assert found["asked_key_found"] == found["asked_key_related"] == 0
    assert found["asked_density_ratio"] == 0
    assert estimated_key(music([])) is None


def test_names_of_keys():
    assert [key_name(k) for k in (0, 10, 14, 23)] == ["C major", "Bb major", "D minor", "B minor"]
