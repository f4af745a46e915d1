"""The split: no leak, the right size, the same for the same seed."""

from collections import Counter, defaultdict

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from perfrnn.corpus.manifest import Source
from perfrnn.dataset.split import assign_splits
from perfrnn.errors import CorpusError

SETS = ("train", "eval", "test")


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


def sizes(split, segments):
    """Return the segments in each set."""
    found = Counter()
    for id_, side in split.items():
        found[side] += segments[id_]
    return found


@given(corpora(), st.integers(0, 5))
def test_no_piece_is_in_two_sets_and_the_shares_are_near(corpus, seed):
    sources, segments = corpus
    split = assign_splits(sources, segments, eval_ratio=0.1, split_by="piece", seed=seed)
    assert split.keys() == segments.keys()
    sides = defaultdict(set)
    for row in sources:
        sides[row.piece].add(split[row.id])
    assert all(len(side) == 1 for side in sides.values())
    weight = Counter()
    for row in sources:
        weight[row.piece] += segments[row.id]
    found = sizes(split, segments)
    for side in found.keys() - {"train"}:
        assert abs(found[side] - 0.1 * sum(segments.values())) <= max(weight.values()) / 2


@given(
    corpora(), st.integers(0, 5), st.floats(0.02, 0.5), st.sampled_from(["piece", "file"]),
    st.sets(st.integers(0, 59).map("piece-{}".format)),
)  # fmt: skip
def test_what_start_weights_heard_is_trained_on_and_nothing_else(corpus, seed, ratio, way, heard):
    sources, segments = corpus
    assume(not {row.piece for row in sources} <= heard)
    split = assign_splits(
        sources, segments, eval_ratio=ratio, split_by=way, seed=seed, heard=heard
    )
    assert not {row.piece for row in sources if split[row.id] != "train"} & heard
    assert {"train", "eval"} <= set(split.values())
    if "test" in split.values():
        key = {row.id: row.piece if way == "piece" else row.id for row in sources}
        groups = {side: {key[id_] for id_ in split if split[id_] == side} for side in SETS}
        assert min(len(groups["eval"]), len(groups["test"])) >= 5
        assert not groups["eval"] & groups["test"]


def test_ten_percent_each_within_a_point_on_a_corpus_of_realistic_size():
    sources = [source(i, f"piece-{i // 5}", f"composer-{i // 100}") for i in range(1000)]
    segments = {row.id: 5 + int(row.id[1:]) % 17 for row in sources}
    split = assign_splits(sources, segments, eval_ratio=0.1, split_by="piece", seed=1)
    found = sizes(split, segments)
    for side in ("eval", "test"):
        assert found[side] / sum(segments.values()) == pytest.approx(0.1, abs=0.01)
        composers = {row.composer for row in sources if split[row.id] == side}
        assert len(composers) == 10  # stratified: every composer is in both sets


@pytest.mark.parametrize(
    ("pieces", "size", "names"), [(40, 4, {"eval"}), (50, 5, {"eval", "test"})]
)
def test_evaluation_and_test_are_one_set_where_they_would_have_fewer_than_five_pieces(
    pieces, size, names
):
    sources = [source(i, f"piece-{i}") for i in range(pieces)]
    segments = {row.id: 1 for row in sources}
    split = assign_splits(sources, segments, eval_ratio=0.1, split_by="piece", seed=1)
    found = sizes(split, segments)
    assert found.keys() == names | {"train"}
    assert all(found[name] == size for name in names)


def test_where_the_base_model_left_little_unheard_it_is_halved():
    """ASAP in small: 196 pieces were learned from, 25 were not."""
    sources = [source(i, f"piece-{i}") for i in range(221)]
    segments = {row.id: 2 for row in sources}
    heard = {f"piece-{i}" for i in range(196)}
    split = assign_splits(sources, segments, eval_ratio=0.1, split_by="piece", seed=1, heard=heard)
    found = Counter(split.values())
    assert sorted((found["eval"], found["test"])) == [12, 13]
    assert found["train"] == 196


def test_with_large_shares_a_third_is_left_to_train_on():
    sources = [source(i, f"piece-{i}") for i in range(90)]
    split = assign_splits(
        sources, {row.id: 1 for row in sources}, eval_ratio=0.5, split_by="piece", seed=1
    )
    assert Counter(split.values()) == {"train": 30, "eval": 30, "test": 30}


def test_a_corpus_that_the_base_model_knows_by_heart_is_refused():
    sources = [source(0, "a"), source(1, "b")]
    with pytest.raises(CorpusError, match=r"learned from every piece.*pretrained\.source"):
        assign_splits(
            sources, {"s0000": 1, "s0001": 1}, eval_ratio=0.1, split_by="piece", seed=0,
            heard={"a", "b", "c"},
        )  # fmt: skip


def test_by_file_pieces_are_shared():
    sources = [source(i, f"piece-{i // 10}") for i in range(100)]
    split = assign_splits(
        sources, {row.id: 1 for row in sources}, eval_ratio=0.1, split_by="file", seed=1
    )
    held_out = {row.piece for row in sources if split[row.id] != "train"}
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


def test_listed_pieces_are_the_test_set_and_choose_nothing():
    sources = [source(number, piece) for number, piece in enumerate("aabbcd")]
    segments = {row.id: 3 for row in sources} | {"s0005": 0}
    split = assign_splits(
        sources, segments, eval_ratio=0.1, split_by="piece", seed=0, held_out={"b", "d", "other"}
    )
    assert [split[f"s000{number}"] for number in (2, 3)] == ["test", "test"]
    rest = {split["s0000"], split["s0001"]}, {split["s0004"]}
    assert sorted(rest, key=sorted) == [{"eval"}, {"train"}]
    assert "s0005" not in split


def test_the_evaluation_set_beside_listed_pieces_is_drawn_from_what_was_never_heard():
    sources = [source(number, f"piece-{number}") for number in range(40)]
    heard = {f"piece-{number}" for number in range(20)}
    listed = {f"piece-{number}" for number in range(20, 30)}
    split = assign_splits(
        sources, {row.id: 1 for row in sources}, eval_ratio=0.1, split_by="piece", seed=3,
        held_out=listed, heard=heard,
    )  # fmt: skip
    assert {row.piece for row in sources if split[row.id] == "test"} == listed
    chosen = {row.piece for row in sources if split[row.id] == "eval"}
    assert len(chosen) == 4
    assert not chosen & (heard | listed)


@pytest.mark.parametrize(
    ("pieces", "names", "heard", "message"),
    [
        ("ab", {"a", "b"}, (), "names all of"),
        ("ab", {"c"}, (), "names none of"),
        ("ab", {"a"}, (), "leaves 1 to train on.*name fewer"),
        ("abcd", {"a", "b"}, {"b", "x"}, r"names 1 of the pieces .*learned from \(b\)"),
        ("abcd", {"a", "b"}, {"c", "d"}, "leaves none to choose the kept step.*set it to null"),
    ],
)
def test_a_list_that_cannot_be_is_an_error(pieces, names, heard, message):
    sources = [source(number, piece) for number, piece in enumerate(pieces)]
    with pytest.raises(CorpusError, match=message):
        assign_splits(
            sources, {row.id: 1 for row in sources}, eval_ratio=0.1, split_by="piece", seed=0,
            held_out=names, heard=heard,
        )  # fmt: skip
