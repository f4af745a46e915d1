"""The tables between the steps: manifest, inventory and what they are made of."""

from dataclasses import astuple, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perfrnn.corpus.inventory import Fetched, describe, read_inventory, write_inventory
from perfrnn.corpus.manifest import Source, format_of, read_manifest, slug, write_manifest
from perfrnn.corpus.tables import read_table, write_table
from perfrnn.errors import CorpusError

SOURCE = Source(
    id="a",
    role="score",
    format="midi",
    composer="Fauré",
    title="Après",
    piece="faure-apres",
    path="data/a.mid",
)

cells = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=8)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rows=st.lists(st.tuples(cells.filter(str.strip), cells, cells), max_size=5))
def test_tables_come_back_as_written(tmp_path: Path, rows: list[tuple[str, ...]]) -> None:
    write_table(tmp_path / "t.tsv", ("x", "y", "z"), rows)
    read = read_table(tmp_path / "t.tsv", ("z", "x", "y"))
    assert [(row["x"], row["y"], row["z"]) for row in read] == rows


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "needs the tab-separated columns x, y"),
        (b"x\n1\n", "needs the tab-separated columns x, y"),
        (b"x\ty\tw\n", "needs the tab-separated columns x, y"),
        (b"x\ty\ty\n", "needs the tab-separated columns x, y"),
        (b"x\ty\n1\t2\t3\n", "row 2 has 3 cells, not 2"),
        (b"x\ty\n\xe9\t2\n", "is not a tab-separated table in UTF-8"),
    ],
)
def test_what_is_no_such_table_is_named(tmp_path: Path, text: bytes, message: str) -> None:
    (tmp_path / "t.tsv").write_bytes(text)
    with pytest.raises(CorpusError, match=rf"t\.tsv: {message}"):
        read_table(tmp_path / "t.tsv", ("x", "y"), ("z",))


def test_no_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"t\.tsv: cannot be read: No such file"):
        read_table(tmp_path / "t.tsv", ("x",))


def test_spreadsheets_tables_are_read(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_bytes("\ufeffx\ty\r\n1\té\r\n\t\r\n\r\n".encode())
    assert read_table(tmp_path / "t.tsv", ("x", "y"), ("z",)) == [{"x": "1", "y": "é", "z": ""}]


def test_the_manifest_comes_back_sorted(tmp_path: Path) -> None:
    rows = [replace(SOURCE, id=id_, problem='says "no"\tand\nmore') for id_ in "cab"]
    write_manifest(tmp_path / "m.tsv", rows)
    assert read_manifest(tmp_path / "m.tsv") == sorted(rows, key=lambda row: row.id)


def test_a_manifest_is_neither_empty_nor_ambiguous(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="empty; check `corpus`"):
        write_manifest(tmp_path / "m.tsv", [])
    with pytest.raises(CorpusError, match="'a' names two files"):
        write_manifest(tmp_path / "m.tsv", [SOURCE, replace(SOURCE, id="b"), SOURCE])
    assert not (tmp_path / "m.tsv").exists()


@pytest.mark.parametrize(("column", "value"), [(1, "audio"), (2, "mp3")])
def test_unknown_roles_and_formats_are_refused(tmp_path: Path, column: int, value: str) -> None:
    path = tmp_path / "m.tsv"
    write_manifest(path, [SOURCE])
    header, row = path.read_text().splitlines()
    cells = row.split("\t")
    cells[column] = value
    path.write_text(header + "\n" + "\t".join(cells) + "\n")
    with pytest.raises(CorpusError, match=f"unknown (role|format) '{value}'"):
        read_manifest(path)


def test_the_inventory_comes_back_sorted(tmp_path: Path) -> None:
    (tmp_path / "b.mid").write_bytes(b"abc")
    # `printf abc | sha256sum`
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    there = describe(tmp_path, "b.mid")
    assert astuple(there) == ("b.mid", 3, digest, "")
    missing = Fetched(path="a.mid", problem="missing")
    write_inventory(tmp_path / "f.tsv", [there, missing])
    assert read_inventory(tmp_path / "f.tsv") == [missing, there]


def test_an_inventory_may_be_empty(tmp_path: Path) -> None:
    write_inventory(tmp_path / "f.tsv", [])
    assert read_inventory(tmp_path / "f.tsv") == []


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Prélude, Op. 28/4", "prelude-op-28-4"),
        ("Straße_l\u2019Été", "strasse-lete"),
        ("夜曲 №2", "夜曲-no2"),
        ("하늘", "하늘"),
        ("  ", ""),
    ],
)
def test_slugs(text: str, key: str) -> None:
    assert slug(text) == key


@given(text=st.text())
def test_slugs_are_keys_already(text: str) -> None:
    key = slug(text)
    assert slug(key) == key
    assert not set(key) & set("/\\ \t\n'\"_.:")


def test_formats_by_suffix_in_any_case() -> None:
    assert [format_of(n) for n in ("a.MID", "b.midi", "c/d.Mxl", "e.xml", "f.musicxml")] == [
        "midi",
        "midi",
        "musicxml",
        "musicxml",
        "musicxml",
    ]
    assert format_of("a.mp3") is format_of("mid") is format_of(".mid") is None
