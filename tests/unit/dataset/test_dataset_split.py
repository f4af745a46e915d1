"""The split: no leak, the right size, the same for the same seed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfrnn.corpus.manifest import Source
from perfrnn.dataset.split import assign_splits, hold_out
from perfrnn.errors import CorpusError


def source(number, piece, composer="Bach"):
    return Source(
        id=f"s{number:04d}",
        role="performance",
        format="midi",
        composer=composer,
        title=piece,
        piece=piece,
        path=f"s{number}.mid",
    )


@st.composite
def corpora(draw):
    pieces = draw(st.integers(20, 60))
    sources, segments = [], {}
    for piece in range(pieces):
        composer = draw(st.sampled_from(["Bach", "Chopin", "Liszt"]))
        for _ in range(draw(st.integers(1, 4))):
            row = source(len(sources), f"piece-{piece}", composer)
            sources.append(row)
            segments[row.id] = draw(st.integers(1, 5))
    return sources, segments


@given(corpora(), st.integers(0, 5))
def test_no_piece_is_on_both_sides_and_the_share_is_near(corpus, seed):
    sources, segments = corpus
    split = assign_splits(sources, segments, eval_ratio=0.1, split_by="piece", seed=seed)
    assert split.keys() == segments.keys()
    sides = {}
    for row in sources:
        sides.setdefault(row.piece, set()).add(split[row.id])
    assert all(len(side) == 1 for side in sides.values())
    held_out = sum(segments[id_] for id_, side in split.items() if side == "eval")
    smallest = min(
        sum(segments[row.id] for row in sources if row.piece == piece) for piece in sides
    )
    assert abs(held_out - 0.1 * sum(segments.values())) <= max(smallest, 3)


def test_ten_percent_within_a_point_on_a_corpus_of_realistic_size():
    sources = [source(i, f"piece-{i // 5}", f"composer-{i // 100}") for i in range(1000)]
    segments = {row.id: 5 + int(row.id[1:]) % 17 for row in sources}
    split = assign_splits(sources, segments, eval_ratio=0.1, split_by="piece", seed=1)
    held_out = sum(segments[id_] for id_, side in split.items() if side == "eval")
    assert held_out / sum(segments.values()) == pytest.approx(0.1, abs=0.01)
    composers = {row.composer for row in sources if split[row.id] == "eval"}
    assert len(composers) == 10  # stratified: every composer is heard in evaluation


def test_by_file_pieces_are_shared():
    sources = [source(i, f"piece-{i // 10}") for i in range(100)]
    split = assign_splits(
        sources, {row.id: 1 for row in sources}, eval_ratio=0.1, split_by="file", seed=1
    )
    held_out = {row.piece for row in sources if split[row.id] == "eval"}
    trained = {row.piece for row in sources if split[row.id] == "train"}
    assert held_out <= trained


def test_same_seed_same_split_other_seed_other_split():
    sources = [source(i, f"piece-{i}") for i in range(100)]
    segments = {row.id: 1 for row in sources}

    def choose(seed):
        return assign_splits(sources, segments, eval_ratio=0.1, split_by="piece", seed=seed)

    assert choose(1) == choose(1)
    assert choose(1) != choose(2)


def test_two_pieces_are_one_each_and_one_is_refused():
    two = [source(0, "a"), source(1, "b")]
    split = assign_splits(two, {"s0000": 9, "s0001": 3}, eval_ratio=0.1, split_by="piece", seed=0)
    assert sorted(split.values()) == ["eval", "train"]
    with pytest.raises(CorpusError, match="at least two"):
        assign_splits(two, {"s0000": 9}, eval_ratio=0.1, split_by="piece", seed=0)


def test_listed_pieces_are_held_out_whatever_their_share():
    sources = [source(number, piece) for number, piece in enumerate("aabbc")]
    segments = {row.id: 3 for row in sources} | {"s0004": 0}
    assert hold_out(sources, segments, {"b", "of another corpus"}) == {
        "s0000": "train", "s0001": "train", "s0002": "eval", "s0003": "eval",
    }  # fmt: skip


@pytest.mark.parametrize(("pieces", "word"), [({"a", "b"}, "all"), ({"c"}, "none")])
def test_a_list_that_leaves_one_side_empty_is_an_error(pieces, word):
    sources = [source(number, piece) for number, piece in enumerate("ab")]
    with pytest.raises(CorpusError, match=f"names {word} of"):
        hold_out(sources, {row.id: 1 for row in sources}, pieces)
