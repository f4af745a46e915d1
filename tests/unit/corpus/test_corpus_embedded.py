"""The embedded corpus: the table agrees with the installed music21, the files can be read."""

import time
from collections import Counter, defaultdict
from pathlib import Path

import pretty_midi
import pytest

from perfrnn.corpus import embedded
from perfrnn.corpus.inventory import Fetched
from perfrnn.corpus.manifest import slug
from perfrnn.errors import ConfigError, CorpusError
from perfrnn.files import sha256

# pydub, which note_seq imports, looks for ffmpeg that nothing here needs
pytestmark = pytest.mark.filterwarnings("ignore:Couldn't find ffmpeg:RuntimeWarning")

DEFAULT = 160
WANTED = {
    "Johann Sebastian Bach",
    "Carl Philipp Emanuel Bach",
    "Ludwig van Beethoven",
    "Frédéric Chopin",
    "George Frideric Handel",
    "Joseph Haydn",
    "Scott Joplin",
    "Wolfgang Amadeus Mozart",
    "Franz Schubert",
    "Clara Schumann",
    "Robert Schumann",
}


def test_every_work_is_in_the_installed_music21() -> None:
    corpus = embedded._music21_corpus()
    assert [work.id for work in embedded.works() if not (corpus / work.path).is_file()] == []


def test_the_table_is_sound() -> None:
    works = embedded.works()
    assert len(works) >= DEFAULT
    assert len({work.id for work in works}) == len({work.path for work in works}) == len(works)
    for work in works:
        assert work.format in ("midi", "musicxml")
        assert slug(work.id) == work.id
        assert slug(work.piece) == work.piece
        assert work.title == work.title.strip() != ""


def test_the_default_is_more_than_chorales() -> None:
    works = embedded.works()[:DEFAULT]
    composers = Counter(work.composer for work in works)
    assert set(composers) >= WANTED
    assert composers["Johann Sebastian Bach"] <= 100
    assert composers["Ludwig van Beethoven"] >= 17
    assert composers["Wolfgang Amadeus Mozart"] == 16
    assert composers["Joseph Haydn"] == 9
    formats = Counter(work.format for work in works)
    assert min(formats.values()) >= 50
    assert len({work.piece for work in works}) >= 140


def test_the_first_works_are_a_spread() -> None:
    works = embedded.works()
    assert len({work.composer for work in works[:6]}) == 6
    assert {work.format for work in works[:2]} == {"midi", "musicxml"}


def test_one_tune_is_one_piece() -> None:
    pieces = defaultdict(set)
    for work in embedded.works():
        if "chorale" in work.piece:
            tune, _, _ = work.title.rpartition(", BWV")
            pieces[slug(tune)].add(work.piece)
    assert all(len(keys) == 1 for keys in pieces.values())
    # Hassler's tune under three texts
    texts = (
        "O Haupt voll Blut und Wunden",
        "Befiehl du deine Wege",
        "Herzlich tut mich verlangen",
    )
    assert len({key for text in texts for key in pieces[slug(text)]}) == 1


def test_fetch_brings_both_formats_quickly_and_once(tmp_path: Path) -> None:
    fetched = embedded.fetch(tmp_path, 6)
    assert [Path(file.path).suffix for file in fetched] == [".mxl", ".mid"] * 3
    corpus = embedded._music21_corpus()
    for work, file in zip(embedded.works(), fetched, strict=False):
        assert file.sha256 == sha256(tmp_path / file.path)
        if work.format == "musicxml":
            assert file.sha256 == sha256(corpus / work.path)
    times = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    start = time.process_time()
    assert embedded.fetch(tmp_path, 6) == fetched
    assert time.process_time() - start < 1
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == times


def test_midi_files_have_the_scores_notes_on_one_piano(tmp_path: Path) -> None:
    from music21 import converter

    work = embedded.works()[1]
    file = embedded.fetch(tmp_path, 2)[1]
    midi = pretty_midi.PrettyMIDI(str(tmp_path / file.path))
    (piano,) = (track for track in midi.instruments if track.notes)
    assert piano.program == 0
    assert not piano.is_drum
    # another reader, another representation: quarters, ties joined
    original = embedded._music21_corpus() / work.path
    parts = converter.parse(original, forceSource=True, storePickle=False).stripTies()
    written = {
        (pitch.midi, round(float(note.offset), 3))
        for part in parts.parts
        for note in part.flatten().notes
        if not note.duration.isGrace
        for pitch in note.pitches
    }
    quarters = {
        (note.pitch, round(midi.time_to_tick(note.start) / midi.resolution, 3))
        for note in piano.notes
    }
    assert quarters == written


def test_the_humdrum_score_is_written_too(tmp_path: Path) -> None:
    (work,) = (work for work in embedded.works() if work.path.endswith(".krn"))
    target = tmp_path / "chopin.mid"
    embedded._write_midi(embedded._music21_corpus() / work.path, target)
    midi = pretty_midi.PrettyMIDI(str(target))
    notes = [note for track in midi.instruments for note in track.notes]
    opening = {note.pitch for note in notes if note.start == 0}
    assert opening == {44, 51, 60, 68}  # GG#, D#, B#, g# in the file
    assert len(notes) > 700
    assert midi.get_tempo_changes()[1][0] == pytest.approx(189, abs=0.01)


def test_sources_describe_the_works(tmp_path: Path) -> None:
    first = embedded.works()[0]
    fetched = [Fetched(path=first.file, bytes=3, sha256="ab")]
    (row,) = embedded.sources(tmp_path, fetched)
    assert (row.id, row.role, row.format) == ("bach-bwv846-1", "score", "musicxml")
    assert (row.composer, row.title) == ("Johann Sebastian Bach", "Prelude in C major, BWV 846")
    assert (row.path, row.sha256) == (str(tmp_path / "bach-bwv846-1.mxl"), "ab")


def test_a_work_that_music21_lacks_gets_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "_music21_corpus", lambda: tmp_path)
    (row,) = embedded.fetch(tmp_path / "raw", 1)
    assert "has no bach/bwv846.mxl" in row.problem
    (source,) = embedded.sources(tmp_path / "raw", [row])
    assert source.problem == row.problem


def test_a_music21_without_corpus_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "find_spec", lambda _: None)
    with pytest.raises(CorpusError, match="installed without its corpus"):
        embedded._music21_corpus()


@pytest.mark.parametrize("count", [0, -1, 10_000])
def test_the_number_of_works_is_checked(tmp_path: Path, count: int) -> None:
    with pytest.raises(ConfigError, match=r"embedded\.works: -?\d+ is not between 1 and \d{3}"):
        embedded.fetch(tmp_path, count)
