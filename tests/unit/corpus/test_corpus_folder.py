"""A user's own folder, tidy or not."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from perfrnn.corpus import folder
from perfrnn.corpus.inventory import read_inventory, write_inventory
from perfrnn.corpus.manifest import Source, write_manifest
from perfrnn.errors import ConfigError, CorpusError
from perfrnn.files import sha256

NOBODY = 65534
"""Whom the tests that need a lack of rights run as where they are started by root."""


def put(root: Path, *paths: str) -> None:
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(path.encode())


def test_takes_every_music_file_at_any_depth(tmp_path: Path) -> None:
    put(tmp_path, "a.mid", "B/b.MIDI", "B/c/d.MusicXML", "e.Xml", "f.MXL")
    put(tmp_path, "readme.txt", "g.pdf", ".hidden/h.mid", "__/._i.mid", "mid", "pieces.tsv.bak")
    assert [file.path for file in folder.fetch(tmp_path)] == [
        "B/b.MIDI",
        "B/c/d.MusicXML",
        "a.mid",
        "e.Xml",
        "f.MXL",
    ]


def test_a_piece_is_the_files_name(tmp_path: Path) -> None:
    put(tmp_path, "Chopin/scores/Prélude 4.mxl", "played/prelude 4.mid", "x.xml")
    score, played, lone = folder.sources(tmp_path, folder.fetch(tmp_path))
    assert score == Source(
        id="chopin-scores-prelude-4",
        role="score",
        format="musicxml",
        composer="Chopin",
        title="Prélude 4",
        piece="prelude-4",
        path=str(tmp_path / "Chopin/scores/Prélude 4.mxl"),
        sha256=sha256(tmp_path / "Chopin/scores/Prélude 4.mxl"),
    )
    assert (played.piece, played.role, played.format) == ("prelude-4", "performance", "midi")
    assert lone.composer == "unknown"


def test_pieces_tsv_has_the_last_word(tmp_path: Path) -> None:
    put(tmp_path, "a/one.mid", "a/two.mid")
    (tmp_path / "pieces.tsv").write_text(
        "path\tcomposer\tpiece\na/one.mid\tClara Schumann\tRomance, Op. 11\n", encoding="utf-8-sig"
    )
    one, two = folder.sources(tmp_path, folder.fetch(tmp_path))
    assert (one.composer, one.title, one.piece) == ("Clara Schumann", "one", "romance-op-11")
    assert (two.composer, two.title, two.piece) == ("a", "two", "two")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("path\tname\na.mid\tx\n", "needs the tab-separated columns path, piece"),
        ("path\tpiece\nb.mid\tx\n", r"b\.mid is not a file of"),
        ("path\tpiece\na.mid\tx\n./a.mid\ty\n", r"a\.mid is there twice"),
        ("path\tpiece\na.mid\n", "row 2 has 1 cells, not 2"),
        ("", "needs the tab-separated columns"),
    ],
)
def test_a_wrong_pieces_tsv_is_named(tmp_path: Path, table: str, message: str) -> None:
    put(tmp_path, "a.mid")
    (tmp_path / "pieces.tsv").write_text(table)
    with pytest.raises(CorpusError, match=rf"pieces\.tsv: {message}"):
        folder.sources(tmp_path, folder.fetch(tmp_path))


def test_the_same_content_is_kept_once_and_said_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(tmp_path, "b.mid")
    (tmp_path / "c.mid").write_bytes(b"b.mid")
    (tmp_path / "a.midi").write_bytes(b"b.mid")
    rows = folder.fetch(tmp_path)
    assert [(row.path, row.problem) for row in rows] == [
        ("a.midi", ""),
        ("b.mid", "duplicate of a.midi: same content"),
        ("c.mid", "duplicate of a.midi: same content"),
    ]
    assert "c.mid: duplicate of a.midi" in caplog.text
    sources = folder.sources(tmp_path, rows)
    assert len(sources) == 3
    assert [bool(source.problem) for source in sources] == [False, True, True]


def test_ids_differ_where_names_do_not(tmp_path: Path) -> None:
    put(tmp_path, "a.mid", "a.xml", "A.mxl", "b/c.mid", "b-c.mid", "!.mid", "?.mid", "夜.mid")
    put(tmp_path, "n" * 200 + ".mid")
    rows = folder.sources(tmp_path, folder.fetch(tmp_path))
    ids = [row.id for row in rows]
    assert len(set(ids)) == len(ids) == 9
    assert "夜" in ids
    assert all(0 < len(id_) <= 130 and "/" not in id_ for id_ in ids)
    assert all(row.piece for row in rows)
    write_manifest(tmp_path / "manifest.tsv", rows)


def test_odd_names_survive_the_inventory(tmp_path: Path) -> None:
    put(tmp_path, "two  blanks.mid", "tab\there.mid", 'quo"te.mid', "{brace}%.mid", " a .mid")
    rows = folder.fetch(tmp_path)
    write_inventory(tmp_path / "fetched.tsv", rows)
    assert read_inventory(tmp_path / "fetched.tsv") == rows


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    put(tmp_path, "good.mid")
    (tmp_path / "broken.mid").symlink_to(tmp_path / "nowhere.mid")
    os.mkfifo(tmp_path / "pipe.mid")
    (tmp_path / os.fsdecode(b"latin\xe9.mid")).write_bytes(b"x")
    (tmp_path / "folder.mid").mkdir()
    put(tmp_path, "line\nbreak.mid", "carriage\rreturn.mid")
    problems = {row.path: row.problem for row in folder.fetch(tmp_path)}
    assert problems == {
        "broken.mid": "is not a regular file",
        "carriage\\rreturn.mid": "the name has a line break in it; rename the file",
        "good.mid": "",
        "latin\\xe9.mid": "the name is not UTF-8; rename the file",
        "line\\nbreak.mid": "the name has a line break in it; rename the file",
        "pipe.mid": "is not a regular file",
    }


@pytest.fixture
def music() -> Iterator[Path]:
    """A folder that anyone may enter, while the test itself may not read everything."""
    root = Path(tempfile.mkdtemp())
    root.chmod(0o755)
    if os.geteuid() == 0:
        os.chown(root, NOBODY, -1)
        os.seteuid(NOBODY)
    try:
        yield root
    finally:
        if os.getuid() == 0:
            os.seteuid(0)
        for path in sorted(root.rglob("*")):
            path.chmod(0o755)
        shutil.rmtree(root)


def test_a_file_that_may_not_be_read_is_named_and_the_others_are_taken(music: Path) -> None:
    put(music, "a.mid", "locked/b.mid", "secret.mid")
    (music / "secret.mid").chmod(0)
    (music / "locked").chmod(0o444)  # may be listed, not entered
    problems = {row.path: row.problem for row in folder.fetch(music)}
    assert problems == {
        "a.mid": "",
        "locked/b.mid": "cannot be read: Permission denied",
        "secret.mid": "cannot be read: Permission denied",
    }


def test_a_folder_that_may_not_be_listed_is_one_line(music: Path) -> None:
    put(music, "a.mid", "locked/b.mid")
    (music / "locked").chmod(0)
    message = rf"folder\.path: {music}/locked: Permission denied; give yourself the right"
    with pytest.raises(ConfigError, match=message):
        folder.fetch(music)
    with pytest.raises(ConfigError, match=r"folder\.path: there is no folder"):
        folder.fetch(music / "locked" / "within")


def test_no_folder_and_no_music_are_errors_that_name_the_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"folder\.path: there is no folder .*none"):
        folder.fetch(tmp_path / "none")
    put(tmp_path, "notes.txt")
    with pytest.raises(CorpusError, match=r"folder\.path: .* has no \.mid"):
        folder.fetch(tmp_path)
