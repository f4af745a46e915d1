"""Splits that data sets come with."""

import pytest

from perfrnn.corpus.manifest import Source
from perfrnn.dataset.official import hold_out_too, official_split, officially_held_out

PARTS = {"a": "train", "b": "validation", "c": "test", "d": "", "e": "test"}


@pytest.fixture
def sources():
    return [
        Source(
            id=id_,
            role="performance",
            format="midi",
            composer="Bach",
            title=id_,
            piece=f"piece-{id_}",
            path=f"{id_}.mid",
            official_split=part,
        )
        for id_, part in PARTS.items()
    ]


def test_what_has_a_part_is_there_and_the_rest_is_trained_on(sources):
    segments = dict.fromkeys("abcd", 3) | {"e": 0}
    assert official_split(sources, segments) == {
        "a": "train", "b": "eval", "c": "test", "d": "train",
    }  # fmt: skip
    assert officially_held_out(sources) == ["b", "c", "e"]


def test_a_list_of_pieces_is_held_out_besides(sources):
    split = {"a": "train", "b": "eval", "d": "train"}
    assert hold_out_too(split, sources, {"piece-d", "piece-e"}) == {
        "a": "train", "b": "eval", "d": "test",
    }  # fmt: skip
