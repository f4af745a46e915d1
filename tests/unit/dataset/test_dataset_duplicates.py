"""Which of two files with one performance is kept, and what must not be trained on."""

import numpy as np
import pytest

from perfrnn.corpus.manifest import Source
from perfrnn.dataset.duplicates import (
    Entry,
    find_duplicates,
    joined_pieces,
    keep_apart,
    known_pieces,
    read_duplicates,
    without_doubles,
    write_duplicates,
)
from perfrnn.dataset.fingerprints import Fingerprint
from perfrnn.errors import CorpusError

NOTHING = np.empty(0, np.uint64)


def source(id_, piece, official="", role="performance"):
    return Source(
        id=id_,
        role=role,
        format="midi",
        composer="Bach",
        title=piece,
        piece=piece,
        path=f"{id_}.mid",
        official_split=official,
    )


def hashes(*spans):
    """Hashes that stand for stretches of one recording (or piece), as first and last number."""
    return np.concatenate([np.arange(*span, dtype=np.uint64) for span in spans])


def heard(id_, performance, piece=None, notes=None):
    piece = performance if piece is None else piece
    return Fingerprint(id_, len(performance) if notes is None else notes, performance, piece)


# A recording of a prelude and its fugue, which the other data set has as two files.
PRELUDE, FUGUE = (0, 100), (100, 250)
SOURCES = [
    source("asap-prelude", "prelude"),
    source("asap-fugue", "fugue"),
    source("maestro", "prelude+fugue", "train"),
]
PRINTS = [
    heard("asap-fugue", hashes(FUGUE)),
    heard("asap-prelude", hashes(PRELUDE)),
    heard("maestro", hashes(PRELUDE, FUGUE)),
]


def kept(sources, prints, held_out=()):
    return {entry.id for entry in find_duplicates(sources, prints, held_out) if entry.kept}


def test_the_whole_is_kept_and_its_parts_are_left_out():
    fugue, prelude, whole = find_duplicates(SOURCES, PRINTS)
    assert [entry.kept for entry in (fugue, prelude, whole)] == [False, False, True]
    assert whole.same_performance == ("asap-fugue", "asap-prelude")
    assert prelude.same_performance == ("maestro",)
    assert prelude.performance_share == fugue.piece_share == 1.0


def test_of_a_held_out_piece_its_own_file_is_kept_and_its_sister_stays():
    assert kept(SOURCES, PRINTS, {"fugue"}) == {"asap-fugue", "asap-prelude"}


def test_what_a_data_set_holds_out_itself_goes_before_what_is_longer():
    sources = [source("asap", "etude"), source("maestro", "etude", "test")]
    prints = [heard("asap", hashes((0, 100)), notes=101), heard("maestro", hashes((0, 100)))]
    assert kept(sources, prints) == {"maestro"}
    assert kept(sources, prints, {"etude"}) == {"asap"}


def test_scores_share_pieces_and_are_never_left_out():
    sources = [source("played", "etude"), source("written", "study", role="score")]
    prints = [heard("played", hashes((0, 100))), heard("written", hashes((0, 100)))]
    assert kept(sources, prints) == {"played", "written"}
    assert [entry.same_piece for entry in find_duplicates(sources, prints)] == [
        ("written",), ("played",),
    ]  # fmt: skip


def test_pieces_are_the_same_by_name_where_content_does_not_tell():
    prints = [
        heard("asap-fugue", NOTHING),
        heard("asap-prelude", NOTHING),
        heard("maestro", NOTHING),
    ]
    fugue, prelude, whole = find_duplicates(SOURCES, prints)
    assert whole.same_piece == ("asap-fugue", "asap-prelude")
    assert (fugue.same_piece, prelude.same_piece) == (("maestro",), ("maestro",))
    assert whole.piece_share == 0.0


ENTRIES = [
    Entry(id="a", same_piece=("b", "d")),
    Entry(id="b", same_piece=("a", "c")),
    Entry(id="c", same_piece=("b",)),
    Entry(id="d", kept=False, same_piece=("a",)),
    Entry(id="e"),
]


def test_what_shares_a_piece_with_held_out_music_leaves_training():
    split = {"a": "train", "b": "eval", "c": "train", "e": "train"}
    assert keep_apart(split, ENTRIES) == {"a": "b", "c": "b"}
    assert keep_apart(split | {"b": "train"}, ENTRIES) == {}


def test_what_is_left_out_may_be_held_out_all_the_same():
    split = dict.fromkeys("abce", "train")
    assert keep_apart(split, ENTRIES, held_out=["d"]) == {"a": "d"}


def test_a_split_by_piece_takes_together_what_hangs_together():
    sources = [source(id_, f"piece of {id_}") for id_ in "abcde"]
    pieces = {row.id: row.piece for row in joined_pieces(sources, ENTRIES)}
    assert set(pieces.values()) == {"piece of a", "piece of e"}
    assert pieces["c"] == pieces["d"] == "piece of a"
    assert joined_pieces(sources, []) == sources


def test_without_doubles_one_file_stands_for_a_performance_and_one_name_for_a_piece():
    sources = [source(id_, f"piece of {id_}") for id_ in "abcde"]
    rows = [(row.id, row.piece) for row in without_doubles(sources, ENTRIES)]
    joined = [(id_, "piece of a") for id_ in "abc"]
    assert rows == [*joined, ("e", "piece of e")]


def test_the_table_is_read_as_it_was_written(tmp_path):
    entries = find_duplicates(SOURCES, PRINTS)
    write_duplicates(tmp_path / "duplicates.tsv", entries)
    assert read_duplicates(tmp_path / "duplicates.tsv") == entries
    (tmp_path / "other.tsv").write_text("id\tstatus\n")
    with pytest.raises(CorpusError, match="needs the tab-separated columns"):
        read_duplicates(tmp_path / "other.tsv")


def test_a_damaged_table_is_one_line_with_the_mend(tmp_path):
    write_duplicates(tmp_path / "found.tsv", [Entry(id="a", piece_share=0.5)])
    text = (tmp_path / "found.tsv").read_text()
    (tmp_path / "found.tsv").write_text(text.replace("0.5000", "half"))
    with pytest.raises(CorpusError, match=r"found\.tsv: could not convert .*half.*delete"):
        read_duplicates(tmp_path / "found.tsv")


def test_what_chooses_the_step_knows_nothing_of_the_test_set():
    split = {"a": "eval", "b": "test", "c": "eval", "d": "train"}
    entries = [
        Entry(id="a", same_piece=("b",)),
        Entry(id="b", same_piece=("a",)),
        Entry(id="c", same_piece=("d",)),
        Entry(id="d", same_piece=("c",)),
    ]
    assert keep_apart(split, entries) == {"a": "b", "d": "c"}


def test_a_model_knows_what_it_heard_by_both_names():
    rows = [{"id": "sonata", "split": "train"}, {"id": "waltz", "split": "test"}]
    sources = [
        source("sonata", "sonata-1"),
        source("movement", "sonata-1-2"),
        source("waltz", "waltz"),
        source("medley", "waltz-and-sonata"),
        source("other", "mazurka"),
    ]
    entries = [
        Entry(id="sonata", same_piece=("medley", "movement")),
        Entry(id="movement", kept=False, same_performance=("sonata",), same_piece=("sonata",)),
        Entry(id="waltz", same_piece=("medley",)),
        Entry(id="medley", same_piece=("sonata", "waltz")),
        Entry(id="other"),
    ]
    assert known_pieces(rows, sources, entries) == {
        ("sonata-1", "train"), ("sonata-1-2", "train"), ("waltz", "test"),
    }  # fmt: skip
