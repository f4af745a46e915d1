"""ASAP: which files, which pieces, and what happens when some are missing."""

import os
import zipfile
from collections import Counter
from pathlib import Path, PurePosixPath

import pytest

from perfrnn.corpus import asap, hosted
from perfrnn.corpus.archive import blob_id
from perfrnn.corpus.inventory import Fetched
from perfrnn.errors import ConfigError, CorpusError
from perfrnn.files import sha256

TREE = Path(__file__).parents[3] / "config" / "asap.tsv"

FILES = {
    "Bach/Fugue/bwv_846/Shi05M.mid": b"played",
    "Bach/Fugue/bwv_846/midi_score.mid": b"deadpan",
    "Bach/Fugue/bwv_846/xml_score.musicxml": b"<score/>",
    "Glinka/The_Lark/Denisova10M.mid": b"lark",
    "Glinka/The_Lark/xml_score.musicxml": b"<lark/>",
    "LICENSE.md": b"CC BY-NC-SA 4.0",
}
SCORE = "Glinka/The_Lark/xml_score.musicxml"


def pack(path: Path, files: dict[str, bytes]) -> str:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("asap-dataset-master/metadata.csv", "not asked for")
        for name, content in files.items():
            archive.writestr(f"asap-dataset-master/{name}", content)
    return path.as_uri()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    rows = ["path\tblob\tbytes"]
    # one size is not known, as in the real table
    for name, content in FILES.items():
        rows.append(f"{name}\t{blob_id(content)}\t{'' if name == SCORE else len(content)}")
    path = tmp_path / "asap.tsv"
    path.write_text("\n".join(rows) + "\n")
    return path


def test_fetches_performances_and_musicxml_scores_by_default(tree: Path, tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    fetched = asap.fetch(raw, url=pack(tmp_path / "a.zip", FILES), tree=tree)
    assert [file.path for file in fetched] == [
        "Bach/Fugue/bwv_846/Shi05M.mid",
        "Bach/Fugue/bwv_846/xml_score.musicxml",
        "Glinka/The_Lark/Denisova10M.mid",
        "Glinka/The_Lark/xml_score.musicxml",
    ]
    for file in fetched:
        assert (raw / file.path).read_bytes() == FILES[file.path]
        assert (file.bytes, file.sha256, file.problem) == (
            len(FILES[file.path]),
            sha256(raw / file.path),
            "",
        )
    assert (raw / "LICENSE.md").is_file()
    assert not (raw / "metadata.csv").exists()
    assert not (raw / "Bach/Fugue/bwv_846/midi_score.mid").exists()


@pytest.mark.parametrize(
    ("include", "count"),
    [(["performances"], 2), (["scores_musicxml"], 2), (["scores_midi"], 1), (list(asap.KINDS), 5)],
)
def test_include_chooses(tree: Path, tmp_path: Path, include: list[asap.Kind], count: int) -> None:
    url = pack(tmp_path / "a.zip", FILES)
    assert len(asap.fetch(tmp_path / "raw", url=url, tree=tree, include=include)) == count


@pytest.mark.parametrize("include", [[], ["scores"], ["performances", "audio"]])
def test_include_is_checked(tree: Path, tmp_path: Path, include: list[asap.Kind]) -> None:
    with pytest.raises(ConfigError, match=r"asap\.include: .*scores_musicxml"):
        asap.fetch(tmp_path / "raw", url="file:///none", tree=tree, include=include)


def test_without_need_the_archive_is_not_opened(tree: Path, tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    first = asap.fetch(raw, url=pack(tmp_path / "a.zip", FILES), tree=tree)
    (raw / "LICENSE.md").unlink()
    assert asap.fetch(raw, url="https://unreachable.invalid/a.zip", tree=tree) == first


def test_a_file_altered_in_the_raw_folder_is_mended(tree: Path, tmp_path: Path) -> None:
    raw, url = tmp_path / "raw", pack(tmp_path / "a.zip", FILES)
    first = asap.fetch(raw, url=url, tree=tree)
    (raw / SCORE).write_bytes(b"<hack/>")
    assert asap.fetch(raw, url=url, tree=tree) == first


def test_a_missing_file_ends_the_run_unless_allowed(tree: Path, tmp_path: Path) -> None:
    url = pack(tmp_path / "a.zip", {k: v for k, v in FILES.items() if k != SCORE})
    raw = tmp_path / "raw"
    with pytest.raises(CorpusError, match=r"asap\.url: 1 of 4 .*The_Lark.*asap\.missing: skip"):
        asap.fetch(raw, url=url, tree=tree)
    fetched = asap.fetch(raw, url=url, tree=tree, missing="skip")
    assert len(fetched) == 4
    assert [f for f in fetched if f.problem] == [
        Fetched(path=SCORE, problem="missing from the archive")
    ]


def test_an_altered_file_gets_a_problem(tree: Path, tmp_path: Path) -> None:
    url = pack(tmp_path / "a.zip", FILES | {SCORE: b"<mark/>"})
    fetched = asap.fetch(tmp_path / "raw", url=url, tree=tree, missing="skip")
    (altered,) = (f for f in fetched if f.problem)
    assert altered.path == SCORE
    assert altered.problem.startswith(f"altered: git blob id {blob_id(b'<mark/>')}")
    assert not (tmp_path / "raw" / SCORE).exists()


def test_no_archive_is_an_error_that_names_the_key(tree: Path, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"asap\.url: there is no file"):
        asap.fetch(tmp_path / "raw", url="file:///none.zip", tree=tree)
    with pytest.raises(ConfigError, match=r"asap\.url: .* is not an https://"):
        asap.fetch(tmp_path / "raw", url="none.zip", tree=tree)


def test_each_address_has_its_own_archive_in_the_raw_folder(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = {
        "https://example.org/half.zip": {k: v for k, v in FILES.items() if k != SCORE},
        "https://example.org/whole.zip": FILES,
    }
    made: list[Path] = []

    def serve(url: str, target: Path, **_: object) -> Path:
        if not target.exists():
            target.parent.mkdir(exist_ok=True)
            pack(target, served[url])
            made.append(target)
        return target

    monkeypatch.setattr(hosted, "download", serve)
    half, whole = served
    raw = tmp_path / "raw"
    for url in (half, half, whole):
        fetched = asap.fetch(raw, url=url, tree=tree, missing="skip")
    assert not any(file.problem for file in fetched)
    assert len(set(made)) == len(made) == 2
    assert {path.parent for path in made} == {raw}


def test_a_tree_that_is_none_is_refused(tmp_path: Path) -> None:
    tree = tmp_path / "asap.tsv"
    tree.write_text("path\tblob\tbytes\nx.mid\tabc\tmany\n")
    with pytest.raises(CorpusError, match=r"asap\.tsv: the column bytes"):
        asap.read_tree(tree)


def test_sources_say_what_a_file_is(tmp_path: Path) -> None:
    paths = [
        "Beethoven/Piano_Sonatas/17-1_no_repeat/Lou02M.mid",
        "Beethoven/Piano_Sonatas/17-1/xml_score.musicxml",
        "Beethoven/Piano_Sonatas/17-1/midi_score.mid",
    ]
    fetched = [Fetched(path=path, bytes=1, sha256="ab") for path in paths]
    played, score, deadpan = asap.sources("data/asap/raw", fetched)
    assert played.id == "beethoven-piano-sonatas-17-1-no-repeat-lou02m"
    assert played.path == "data/asap/raw/Beethoven/Piano_Sonatas/17-1_no_repeat/Lou02M.mid"
    assert (played.composer, played.title) == (
        "Ludwig van Beethoven",
        "Piano Sonatas 17-1 no repeat",
    )
    assert [(s.role, s.format) for s in (played, score, deadpan)] == [
        ("performance", "midi"),
        ("score", "musicxml"),
        ("score", "midi"),
    ]
    assert {s.piece for s in (played, score, deadpan)} == {"beethoven-piano-sonatas-17-1"}


@pytest.mark.parametrize(
    ("folder", "same"),
    [
        ("Beethoven/Piano_Sonatas/21-1_no_repeat", "Beethoven/Piano_Sonatas/21-1"),
        ("Beethoven/Piano_Sonatas/24-1_no_2_repeat", "Beethoven/Piano_Sonatas/24-1"),
        ("Beethoven/Piano_Sonatas/9-2_no_trio", "Beethoven/Piano_Sonatas/9-2"),
        ("Schumann/Kreisleriana/1_no_first_repeat", "Schumann/Kreisleriana/1"),
        ("Schumann/Toccata_repeat", "Schumann/Toccata"),
        (
            "Liszt/Gran_Etudes_de_Paganini/6_Theme_and_Variations_repeat",
            "Liszt/Gran_Etudes_de_Paganini/6_Theme_and_Variations",
        ),
    ],
)
def test_variants_of_a_work_are_one_piece(folder: str, same: str) -> None:
    assert asap.piece_of(PurePosixPath(folder)) == asap.piece_of(PurePosixPath(same))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Schubert/Moment_Musical_no_1", "Schubert/Moment_musical_no_3"),
        ("Chopin/Etudes_op_10/1", "Chopin/Etudes_op_10/10"),
        ("Chopin/Etudes_op_10/1", "Chopin/Etudes_op_25/1"),
        ("Bach/Fugue/bwv_846", "Bach/Prelude/bwv_846"),
        ("Beethoven/Piano_Sonatas/1-1", "Beethoven/Piano_Sonatas/11-1"),
    ],
)
def test_other_works_are_other_pieces(one: str, other: str) -> None:
    assert asap.piece_of(PurePosixPath(one)) != asap.piece_of(PurePosixPath(other))


def test_the_pinned_commit_has_the_published_counts() -> None:
    """1,067 performances and 235 scores in two formats, as the dataset's own table counts them.

    That table has 222 titles; it takes Schumann's Toccata with its repeat for another work.
    """
    chosen = [path for path in asap.read_tree(TREE) if asap.kind_of(path)]
    assert Counter(map(asap.kind_of, chosen)) == {
        "performances": 1067,
        "scores_musicxml": 235,
        "scores_midi": 235,
    }
    rows = asap.sources("raw", [Fetched(path=path) for path in chosen])
    assert len({row.id for row in rows}) == 1537
    assert len({row.piece for row in rows}) == 221
    assert len({row.composer for row in rows}) == 16
    works_of = {row.piece: {r.composer for r in rows if r.piece == row.piece} for row in rows}
    assert all(len(composers) == 1 for composers in works_of.values())


def test_the_real_archive_gives_1302_rows(tmp_path: Path) -> None:
    data = os.environ.get("PERFRNN_SHARED_DATA")
    archive = Path(data or "") / "asap-dataset-master.zip"
    if not data or not archive.is_file():
        pytest.skip("PERFRNN_SHARED_DATA names no folder with asap-dataset-master.zip")
    raw = tmp_path / "raw"
    fetched = asap.fetch(raw, url=archive.as_uri(), tree=TREE, missing="skip")
    rows = asap.sources(raw, fetched)
    assert len(rows) == 1302
    # This copy of the archive may lack its three largest scores, and nothing else.
    assert {file.path for file in fetched if file.problem} <= {
        "Liszt/Mephisto_Waltz/xml_score.musicxml",
        "Liszt/Sonata/xml_score.musicxml",
        "Schubert/Wanderer_fantasie/xml_score.musicxml",
    }
    assert all(Path(row.path).is_file() for row in rows if not row.problem)
