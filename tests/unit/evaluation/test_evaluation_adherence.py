"""Keys and densities asked for and played."""

import numpy as np
import pytest

from evaluation_music import chord_loop, music, scale
from perfrnn.evaluation.adherence import MEANINGS, adherence, estimated_key, key_name


def asked(number=1, **settings):
    """Return the record of a sample that was asked for something."""
    return {"number": number, "settings": {"seed": 1, "count": 3, **settings}}


def test_a_sample_in_the_key_it_was_asked_for():
    found = adherence(chord_loop(), asked(keys=["C major"], notes_per_second=3.0))
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
    found = adherence(chord_loop(), asked(keys=[key]))
    assert (found["asked_key_found"], found["asked_key_related"]) == (equal, related)


def test_scales_share_notes():
    # G major has all of C major's notes but F.
    found = adherence(scale(seconds=59.5), asked(keys=["G major"]))
    assert found["asked_key_in_scale"] == pytest.approx(6 / 7)


def test_samples_take_the_keys_in_turn():
    keys = ["F# major", "C major"]
    values = [
        adherence(chord_loop(), asked(number, keys=keys))["asked_key_found"]
        for number in (1, 2, 3)
    ]
    assert values == [0, 1, 0]


def test_what_is_asked_for_may_change():
    first = chord_loop(seconds=30)
    notes = music(
        [
            (start + late, end + late, pitch + up)
            for late, up in ((0, 0), (30, 6))
            for start, end, pitch in zip(first.start, first.end, first.pitch, strict=True)
        ]
    )
    keys = [[[0, "C major"], [30, "F# major"], [90, "D minor"]]]
    found = adherence(notes, asked(keys=keys, notes_per_second=[[0, 1.0], [45, 3.0]]))
    assert found["asked_key_in_scale"] == found["asked_key_found"] == 1
    assert found["asked_density_ratio"] == pytest.approx(len(notes) / (45 * 1 + 15 * 3))


def test_nothing_asked_nothing_measured():
    assert adherence(chord_loop(), asked()) == {}


def test_silence_is_in_no_key():
    found = adherence(music([], 60.0), asked(keys=["C major"], notes_per_second=15.0))
    assert found["asked_key_found"] == found["asked_key_related"] == 0
    assert np.isnan(found["asked_key_in_scale"])
    assert found["asked_density_ratio"] == 0
    assert estimated_key(music([])) is None


def test_names_of_keys():
    assert [key_name(k) for k in (0, 10, 14, 23)] == ["C major", "Bb major", "D minor", "B minor"]
