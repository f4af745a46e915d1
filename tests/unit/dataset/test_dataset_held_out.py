"""Tables of pieces: what is held out, what was heard, and names that match nothing."""

import csv
import logging
from pathlib import Path

import pytest

from perfrnn.corpus import asap, embedded, maestro, musescore
from perfrnn.corpus.manifest import slug
from perfrnn.corpus.works import piece_of_title, pieces_of
from perfrnn.dataset.held_out import HeldOut, read_heard, read_held_out, write_pieces
from perfrnn.errors import CorpusError
from perfrnn.network.pretrained import pieces_path

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "config/held_out.tsv"


@pytest.fixture
def table(tmp_path):
    def write(*rows):
        path = tmp_path / "mine.tsv"
        path.write_text("\n".join(rows) + "\n")
        return path

    return write


def test_names_of_another_corpus_are_told_and_not_used(table, caplog):
    path = table("piece\tcorpus", "a\tasap", "lied\tmusescore")
    with caplog.at_level(logging.INFO):
        found = read_held_out(path, {"a", "b"}, ["asap"])
    assert found == HeldOut(frozenset({"a"}), ("lied",))
    assert "1 of 2 pieces are of another corpus: lied" in caplog.text


@pytest.mark.parametrize(
    "rows",
    [
        ("piece", "a", "b1", "b2", "b3", "b4"),
        ("piece\tcorpus", "a\tasap", *(f"b{n}\tasap" for n in (1, 2, 3, 4))),
        ("piece\tcomposer\tcorpus", "a\tBach\t", *(f"b{n}\tBach\t" for n in (1, 2, 3, 4))),
    ],
    ids=["no corpus named", "of this corpus", "empty cells"],
)
def test_names_that_match_no_piece_are_an_error_that_shows_the_first(table, rows):
    message = r"mine\.tsv: 4 of 5 names match no piece of the corpus \(b1, b2, b3\); write them"
    with pytest.raises(CorpusError, match=message):
        read_held_out(table(*rows), {"a", "b"}, ["asap"])


def test_a_table_without_the_column_is_an_error(table):
    with pytest.raises(CorpusError, match="needs the tab-separated columns piece"):
        read_held_out(table("name", "a"), {"a"}, ["asap"])


def test_only_what_was_trained_on_counts_as_heard(tmp_path):
    path = tmp_path / "pieces.tsv"
    write_pieces(path, [("b", "train"), ("c", "eval"), ("a", "train"), ("b", "train")])
    assert path.read_text() == "piece\tsplit\na\ttrain\nb\ttrain\nc\teval\n"
    assert read_heard(path) == {"a", "b"}


def test_a_name_of_several_works_stands_for_each(table):
    path = table("piece\tcorpus", "fugue-1\tasap", "prelude-2\tasap")
    found = read_held_out(path, {"prelude-1+fugue-1", "waltz"}, ["maestro"])
    assert found == HeldOut(frozenset({"fugue-1"}), ("prelude-2",))
    write_pieces(path, [("prelude-1+fugue-1", "train"), ("waltz", "test")])
    assert read_heard(path) == {"prelude-1", "fugue-1"}


def asap_pieces():
    tree = asap.read_tree(ROOT / "config/asap.tsv")
    return {asap.piece_of(Path(path).parent) for path in tree if asap.kind_of(path)}


def test_the_shipped_table_names_pieces_of_the_corpora_that_it_says():
    lieder = {
        slug(f"{score.composer} {score.title}")
        for score in musescore.read_scores(ROOT / "config/musescore.tsv")
    }
    pieces = {"asap": asap_pieces(), "musescore": lieder}
    with SHIPPED.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert len(rows) == 38
    assert all(row["piece"] in pieces[row["corpus"]] for row in rows)
    assert len(read_held_out(SHIPPED, pieces["asap"], ["asap"]).elsewhere) == 13


def test_the_base_models_learned_from_all_of_asap_but_the_shipped_table():
    heard = read_heard(pieces_path())
    held_out = read_held_out(SHIPPED, asap_pieces(), ["asap"]).pieces
    assert (len(heard & asap_pieces()), len(held_out)) == (196, 25)  # as the cards say
    assert heard >= asap_pieces() - held_out
    assert not heard & held_out


def test_the_base_models_learned_from_maestro_but_for_its_test_set():
    heard = read_heard(pieces_path())
    by_split = {"train": set(), "validation": set(), "test": set()}
    for row in maestro.read_performances(ROOT / "config/maestro.tsv").values():
        by_split[row.split] |= set(pieces_of(piece_of_title(row.composer, row.title)))
    for side in ("train", "validation"):
        assert len(by_split[side] & heard) / len(by_split[side]) > 0.9  # but held-out pieces
    # What of the test set it heard, it heard in ASAP.
    assert by_split["test"] & heard - by_split["train"] - by_split["validation"] <= asap_pieces()


def test_a_work_that_two_corpora_have_is_one_piece():
    """Of music21's works ASAP has one: the first prelude of the Well-Tempered Clavier."""
    assert {work.piece for work in embedded.works()} & asap_pieces() == {"bach-prelude-bwv-846"}
