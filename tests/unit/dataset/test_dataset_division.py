"""Official splits, tables of pieces and what start weights heard, put together."""

import logging

import pytest
from hypothesis import assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from perfrnn.corpus.manifest import Source
from perfrnn.dataset.division import divide, draw
from perfrnn.dataset.duplicates import Entry
from perfrnn.errors import CorpusError

OFFICIAL = {
    # id: piece, part of the official split
    "t1": ("etude-1", "train"),
    "t2": ("etude-2", "train"),
    "v1": ("sonata-1", "validation"),
    "v2": ("sonata-2", "validation"),
    "x1": ("prelude-1+fugue-1", "test"),
    "x2": ("waltz", "test"),
    "own": ("sonata-1-1", ""),
}


def settings(way, seed=1):
    return {"eval_ratio": 0.2, "seed": seed, "split_by": way}


def manifest(rows):
    return [
        Source(
            id=id_,
            role="performance",
            format="midi",
            composer="Bach",
            title=piece,
            piece=piece,
            path=f"{id_}.mid",
            official_split=part,
        )
        for id_, (piece, part) in rows.items()
    ]


def divided(rows=OFFICIAL, entries=(), way="official", **others):
    sources = manifest(rows)
    return divide(sources, dict.fromkeys(rows, 4), entries, settings(way), **others)


def sides(division):
    return {
        side: {id_ for id_, each in division.split.items() if each == side}
        for side in ("train", "eval", "test")
    }


def test_an_official_split_has_three_sets():
    assert sides(divided()) == {"train": {"t1", "t2", "own"}, "eval": {"v1", "v2"},
                                "test": {"x1", "x2"}}  # fmt: skip


@pytest.mark.parametrize("heard", ["prelude-1", "fugue-1"])
def test_what_start_weights_heard_is_not_called_test(heard, caplog):
    with caplog.at_level(logging.WARNING):
        division = divided(heard={heard, "sonata-2", "etude-1"})
    assert sides(division) == {"train": {"t1", "t2", "own", "v2", "x1"}, "eval": {"v1"},
                               "test": {"x2"}}  # fmt: skip
    assert (division.moved, division.apart) == (["v2", "x1"], {})
    assert "2 files that the official split holds out" in caplog.text


def test_content_tells_what_was_heard_under_another_name():
    """The start weights know the movement by its name; only content finds it in the sonata."""
    entries = [
        Entry(id="own", same_piece=("v1",)),
        Entry(id="v1", same_piece=("own",)),
    ]
    plain = divided(entries=entries)
    assert plain.apart == {"own": "v1"}
    division = divided(entries=entries, heard={"sonata-1-1"})
    assert (division.moved, division.apart) == (["v1"], {})
    assert sides(division)["eval"] == {"v2"}


def test_what_is_heard_and_left_out_keeps_nothing_else_out():
    """x2 has no segments here: it is the double of t1, which start weights heard."""
    entries = [
        Entry(id="t1", same_performance=("x2",), same_piece=("x2",)),
        Entry(id="x2", kept=False, same_performance=("t1",), same_piece=("t1",)),
    ]
    counts = dict.fromkeys(OFFICIAL, 4) | {"x2": 0}
    rows, chosen = manifest(OFFICIAL), settings("official")
    assert divide(rows, counts, entries, chosen).apart == {"t1": "x2"}
    assert divide(rows, counts, entries, chosen, heard={"waltz"}).apart == {}


def test_where_all_of_the_official_test_set_is_heard_one_set_is_both():
    division = divided(heard={"fugue-1", "waltz"})
    assert sides(division)["eval"] == {"v1", "v2"}
    assert not sides(division)["test"]
    division = divided(heard={"sonata-1", "sonata-2"})
    assert sides(division)["eval"] == {"x1", "x2"}
    assert not sides(division)["test"]


def test_where_all_that_is_held_out_is_heard_nothing_can_be_judged():
    with pytest.raises(CorpusError, match="the official split leaves no music"):
        divided(heard={"sonata-1", "sonata-2", "prelude-1", "waltz"})


def test_a_table_joins_the_official_test_set():
    division = divided(held_out={"etude-1", "sonata-1"})
    assert sides(division) == {"train": {"t2", "own"}, "eval": {"v2"},
                               "test": {"t1", "v1", "x1", "x2"}}  # fmt: skip


@pytest.mark.parametrize("way", ["official", "piece", "file"])
def test_a_table_must_not_name_what_was_heard(way):
    with pytest.raises(CorpusError, match=r"names 1 of the pieces .* learned from"):
        divided(way=way, held_out={"etude-2", "prelude-1+fugue-1"}, heard={"fugue-1"})


@pytest.mark.parametrize("way", ["official", "piece"])
def test_a_file_with_a_listed_piece_beside_others_is_not_trained_on(way):
    rows = OFFICIAL | {"both": ("etude-1+etude-9", "train")}
    division = divided(rows, way=way, held_out={"etude-1"})
    assert division.apart["both"] == "etude-1"
    assert "both" not in division.split


@pytest.mark.parametrize("seed", range(6))
def test_by_piece_a_table_holds_out_what_it_names_and_no_more(seed):
    """own shares a piece with the listed v1, and with v2: own goes, v2 stays."""
    entries = [
        Entry(id="own", same_piece=("v1", "v2")),
        Entry(id="v1", same_piece=("own",)),
        Entry(id="v2", same_piece=("own",)),
    ]
    division = divide(
        manifest(OFFICIAL), dict.fromkeys(OFFICIAL, 4), entries, settings("piece", seed),
        held_out={"sonata-1"},
    )  # fmt: skip
    assert division.apart == {"own": "v1"}
    assert sides(division)["test"] == {"v1"}
    assert division.split.keys() == OFFICIAL.keys() - {"own"}


@pytest.mark.parametrize("seed", range(6))
def test_by_piece_nothing_heard_is_held_out_under_another_name(seed):
    entries = [Entry(id="own", same_piece=("v1",)), Entry(id="v1", same_piece=("own",))]
    division = divide(
        manifest(OFFICIAL), dict.fromkeys(OFFICIAL, 4), entries, settings("piece", seed),
        heard={"sonata-1-1", "fugue-1"},
    )  # fmt: skip
    assert {"own", "v1", "x1"} <= sides(division)["train"]
    assert division.moved == []


def test_without_an_official_split_official_is_by_piece():
    rows = {id_: (piece, "") for id_, (piece, _) in OFFICIAL.items()}
    assert divided(rows) == divided(rows, way="piece")
    sources, counts = manifest(rows), dict.fromkeys(rows, 4)
    assert draw(sources, counts, (), "official", settings("official")) == draw(
        sources, counts, (), "piece", settings("piece")
    )


PARTS = st.sampled_from(["", "train", "validation", "test"])
LINKS = st.sets(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=6)


@hypothesis_settings(max_examples=400)
@given(
    parts=st.lists(PARTS, min_size=10, max_size=10),
    links=LINKS,
    heard=st.sets(st.integers(0, 9), max_size=3),
    listed=st.none() | st.sets(st.integers(0, 9), max_size=2),
    way=st.sampled_from(["official", "piece"]),
)
def test_no_set_shares_music_with_one_that_judges_it(parts, links, heard, listed, way):
    """Ten files with a piece each, of which `links` tells by content which are the same."""
    rows = {f"s{i}": (f"piece-{i}", part) for i, part in enumerate(parts)}
    pairs = {(f"s{a}", f"s{b}") for a, b in links if a != b}
    pairs |= {(b, a) for a, b in pairs}
    entries = [Entry(id=id_, same_piece=tuple(b for a, b in pairs if a == id_)) for id_ in rows]
    try:
        division = divided(
            rows, entries, way,
            held_out=None if listed is None else {f"piece-{i}" for i in listed},
            heard={f"piece-{i}" for i in heard},
        )  # fmt: skip
    except CorpusError:
        assume(False)
    split = division.split
    order = ["train", "eval", "test"]
    for one, other in pairs:
        if one in split and other in split and split[one] != split[other]:
            raise AssertionError(sorted((split[one], split[other]), key=order.index))
    judged = {id_ for id_, side in split.items() if side != "train"}
    assert not judged & {f"s{i}" for i in heard}
    unlisted = judged - {f"s{i}" for i in listed or ()}
    assert not unlisted & {b for a, b in pairs if int(a[1:]) in heard}
    assert {"train", "eval"} <= set(split.values())
    assert split.keys() | division.apart.keys() == rows.keys()
