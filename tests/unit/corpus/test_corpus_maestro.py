"""MAESTRO: its table, its pieces' names, and what happens when files are missing."""

import hashlib
import os
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from perfrnn.corpus import asap, maestro
from perfrnn.corpus.inventory import Fetched
from perfrnn.corpus.works import pieces_of
from perfrnn.errors import CorpusError

TABLE = Path(__file__).parents[3] / "config" / "maestro.tsv"

FILES = {
    "2004/a.midi": (b"one", "Frédéric Chopin", "Ballade No. 1 in G Minor, Op. 23", "train"),
    "2018/b.midi": (b"two", "Alban Berg", "Sonata Op. 1", "test"),
}
HEADER = "path\tbytes\tsha256\tcomposer\ttitle\tsplit\tyear"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rows = [HEADER]
    for path, (content, composer, title, split) in FILES.items():
        digest = hashlib.sha256(content).hexdigest()
        rows.append(f"{path}\t{len(content)}\t{digest}\t{composer}\t{title}\t{split}\t{path[:4]}")
    file = tmp_path / "maestro.tsv"
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return file


def pack(path: Path, files: dict[str, bytes]) -> str:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"maestro-v3.0.0/{name}", content)
    return path.as_uri()


CONTENTS = {path: row[0] for path, row in FILES.items()}


def test_fetches_every_file_of_the_table_and_knows_what_it_is(table: Path, tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    url = pack(tmp_path / "m.zip", CONTENTS | {"maestro-v3.0.0.csv": b"not asked for"})
    fetched = maestro.fetch(raw, url=url, table=table)
    assert [(file.path, file.bytes, file.problem) for file in fetched] == [
        ("2004/a.midi", 3, ""),
        ("2018/b.midi", 3, ""),
    ]
    assert not (raw / "maestro-v3.0.0.csv").exists()
    ballade, sonata = maestro.sources(raw, fetched, table=table)
    # `printf 2004/a.midi | sha256sum`
    assert ballade.id == "maestro-2004-4f60e4d2"
    assert (ballade.role, ballade.format, ballade.official_split) == (
        "performance", "midi", "train",
    )  # fmt: skip
    assert (ballade.composer, ballade.piece) == ("Frédéric Chopin", "chopin-ballades-1")
    assert ballade.sha256 == hashlib.sha256(b"one").hexdigest()
    assert (sonata.piece, sonata.official_split) == ("berg-op-1", "test")


def test_goes_on_where_it_stopped(table: Path, tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    first = maestro.fetch(raw, url=pack(tmp_path / "m.zip", CONTENTS), table=table)
    assert maestro.fetch(raw, url="https://unreachable.invalid/m.zip", table=table) == first
    (raw / "2018/b.midi").write_bytes(b"owt")
    assert maestro.fetch(raw, url=(tmp_path / "m.zip").as_uri(), table=table) == first


def test_an_altered_file_ends_the_run_unless_allowed(table: Path, tmp_path: Path) -> None:
    url = pack(tmp_path / "m.zip", CONTENTS | {"2018/b.midi": b"owt"})
    with pytest.raises(CorpusError, match=r"maestro\.url: 1 of 2 .*maestro\.missing: skip"):
        maestro.fetch(tmp_path / "raw", url=url, table=table)
    fetched = maestro.fetch(tmp_path / "raw", url=url, table=table, missing="skip")
    assert fetched[1].problem == (
        f"altered: SHA-256 {hashlib.sha256(b'owt').hexdigest()} in the archive, "
        f"{hashlib.sha256(b'two').hexdigest()} expected"
    )
    assert maestro.sources("raw", fetched, table=table)[1].problem == fetched[1].problem


@pytest.mark.parametrize(
    "row",
    ["x.midi\tmany\tab\tBerg\tSonata\ttrain\t2018", "x.midi\t3\tab\tBerg\tSonata\tdev\t2018"],
)
def test_a_table_that_is_none_is_refused(row: str, tmp_path: Path) -> None:
    table = tmp_path / "maestro.tsv"
    table.write_text(f"{HEADER}\n{row}\n")
    with pytest.raises(CorpusError, match=r"maestro\.tsv: x\.midi: needs"):
        maestro.read_performances(table)


def test_a_file_that_is_not_in_the_table_is_an_error(table: Path) -> None:
    with pytest.raises(CorpusError, match=r"2011/z\.midi: is not a file of"):
        maestro.sources("raw", [Fetched(path="2011/z.midi")], table=table)


def test_the_table_has_the_published_counts() -> None:
    """962, 137 and 177 performances by 60 composers, as the data set's paper and page count."""
    rows = maestro.read_performances(TABLE)
    assert Counter(row.split for row in rows.values()) == {
        "train": 962, "validation": 137, "test": 177,
    }  # fmt: skip
    assert len({maestro.identify(path) for path in rows}) == 1276


def test_pieces_meet_those_of_asap() -> None:
    """541 files have a title that names a piece of ASAP, or a work of which ASAP has a part.

    By content 540 share more than a tenth with ASAP (an independent count), 527 of them by name.
    """
    paths = [path for path in asap.read_tree(TABLE.with_name("asap.tsv")) if asap.kind_of(path)]
    known = {row.piece for row in asap.sources("", [Fetched(path=path) for path in paths])}
    files = [Fetched(path=path) for path in maestro.read_performances(TABLE)]
    named = [pieces_of(row.piece) for row in maestro.sources("", files, table=TABLE)]
    met = sum(any(p == k or k.startswith(f"{p}-") for p in keys for k in known) for keys in named)
    assert met == 541


def test_the_real_archive_is_whole(tmp_path: Path) -> None:
    data = os.environ.get("PERFRNN_SHARED_DATA")
    archive = Path(data or "") / "maestro-v3.0.0-midi.zip"
    if not data or not archive.is_file():
        pytest.skip("PERFRNN_SHARED_DATA names no folder with maestro-v3.0.0-midi.zip")
    fetched = maestro.fetch(tmp_path / "raw", url=archive.as_uri(), table=TABLE)
    assert len(fetched) == 1276
    assert not any(file.problem for file in fetched)
    assert (tmp_path / "raw" / "LICENSE").is_file()
