"""Scores by address, and by hand."""

import os
from pathlib import Path

import pytest

from perfrnn.corpus import musescore
from perfrnn.corpus.manifest import Source
from perfrnn.errors import CorpusError
from perfrnn.files import sha256

TABLE = Path(__file__).parents[3] / "config" / "musescore.tsv"
HEADER = "id\tcomposer\ttitle\turl\tsha256\n"


@pytest.fixture
def served(tmp_path: Path) -> Path:
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "lc1.mxl").write_bytes(b"one")
    (folder / "Schöner Mai.MXL").write_bytes(b"two")
    return folder


@pytest.fixture
def table(tmp_path: Path, served: Path) -> Path:
    path = tmp_path / "musescore.tsv"
    rows = [
        ("lc1", "Fanny Hensel", "Gartenlieder, Op.3: 4 Morgengruss", served / "lc1.mxl"),
        ("LC 2", "Clara Schumann", "Mai", served / "Schöner Mai.MXL"),
    ]
    lines = ["\t".join((*row[:3], row[3].as_uri(), sha256(row[3]).upper())) for row in rows]
    path.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_fetches_and_describes(table: Path, tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    fetched = musescore.fetch(raw, table=table)
    assert [(file.path, file.bytes, file.problem) for file in fetched] == [
        ("lc1.mxl", 3, ""),
        ("lc-2.mxl", 3, ""),
    ]
    assert (raw / "lc-2.mxl").read_bytes() == b"two"
    assert musescore.sources(raw, fetched, table=table)[0] == Source(
        id="lc1",
        role="score",
        format="musicxml",
        composer="Fanny Hensel",
        title="Gartenlieder, Op.3: 4 Morgengruss",
        piece="fanny-hensel-gartenlieder-op-3-4-morgengruss",
        path=str(raw / "lc1.mxl"),
        sha256=sha256(raw / "lc1.mxl"),
    )


def test_files_put_there_by_hand_count_under_any_name(
    table: Path, served: Path, tmp_path: Path
) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    (served / "lc1.mxl").rename(raw / "Morgengruss (1).mxl")
    (served / "Schöner Mai.MXL").rename(raw / "lc-2.mxl")
    fetched = musescore.fetch(raw, table=table)
    assert [file.problem for file in fetched] == ["", ""]
    assert (raw / "lc1.mxl").read_bytes() == b"one"


def test_a_users_own_file_is_neither_taken_nor_overwritten(table: Path, tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "lc1.mxl").write_bytes(b"my version")
    with pytest.raises(CorpusError, match=r"lc1\.mxl: is not the file .* delete it"):
        musescore.fetch(raw, table=table)
    fetched = musescore.fetch(raw, table=table, missing="skip")
    assert [bool(file.problem) for file in fetched] == [True, False]
    assert (raw / "lc1.mxl").read_bytes() == b"my version"


def test_what_cannot_be_had_ends_the_run_unless_allowed(
    table: Path, served: Path, tmp_path: Path
) -> None:
    (served / "lc1.mxl").write_bytes(b"altered")
    raw = tmp_path / "raw"
    with pytest.raises(CorpusError, match=r"musescore\.tsv: lc1: .*not the expected file"):
        musescore.fetch(raw, table=table)
    fetched = musescore.fetch(raw, table=table, missing="skip")
    rows = musescore.sources(raw, fetched, table=table)
    assert [(row.id, bool(row.problem), bool(row.sha256)) for row in rows] == [
        ("lc1", True, False),
        ("lc-2", False, True),
    ]
    assert not (raw / "lc1.mxl").exists()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("\tA\tB\thttps://x/a.mxl\t" + "0" * 64, "the id '' is empty or there twice"),
        ("a\tA\tB\thttps://x/a.pdf\t" + "0" * 64, r"a: the url must end in \.mid"),
        ("a\tA\tB\thttps://x/a.mxl\tabc", "a: sha256 must be 64 hexadecimal digits"),
        ("a\tA\tB", "row 2 has 3 cells, not 5"),
    ],
)
def test_wrong_rows_are_named(tmp_path: Path, row: str, message: str) -> None:
    path = tmp_path / "musescore.tsv"
    path.write_text(HEADER + row + "\n")
    with pytest.raises(CorpusError, match=message):
        musescore.read_scores(path)


def test_the_committed_table_has_40_songs_of_one_commit() -> None:
    scores = musescore.read_scores(TABLE)
    assert len(scores) == 40
    assert len({score.sha256 for score in scores}) == 40
    commit = "bca122458de6da362abe62dd6aec62e25d7759b1"
    base = f"https://raw.githubusercontent.com/OpenScore/Lieder/{commit}/scores/"
    assert all(score.url.startswith(base) and score.url.isascii() for score in scores)
    assert {score.format for score in scores} == {"musicxml"}


def test_the_real_files_count_as_fetched(tmp_path: Path) -> None:
    data = os.environ.get("PERFRNN_SHARED_DATA")
    songs = sorted((Path(data or "none") / "musescore").glob("*.mxl"))
    if not songs:
        pytest.skip("PERFRNN_SHARED_DATA names no folder with musescore/*.mxl")
    for number, song in enumerate(songs):
        (tmp_path / f"{number}.mxl").write_bytes(song.read_bytes())
    fetched = musescore.fetch(tmp_path, table=TABLE)
    assert len(fetched) == 40
    assert not any(file.problem for file in fetched)
