"""The default corpus: works that music21 carries in its package, so nothing is downloaded.

`embedded.tsv` lists them: id, composer, title, piece, the format in which a work enters, and its
path in music21's corpus. Its order is a spread over composers: the first rows are already a
small corpus of several composers, and asking for more works only adds to it; quartets that are
one file for all movements, too large a lump for a split by piece, come last. Piano works, songs
and chamber music with piano enter as MusicXML; string quartets as MIDI files, written here as a
keyboard reduction; Bach's chorales by turns as the one and the other.

The unit of a `piece` is the movement. Movements of one quartet share no notes to speak of; two
versions of one movement do, and so do Bach's harmonisations of one tune, which share a piece:
tunes are the same where the titles are, or where more than two fifths of the shorter tune's
runs of six intervals recur in the other (so `O Haupt voll Blut und Wunden` and `Befiehl du deine
Wege` go together). A work that ASAP has too bears ASAP's name for it, so that nobody is judged by
a piece that the base models learned from.

Licence: music21 distributes its corpus with the permission of the encoders; the music itself is
out of copyright, some encodings may carry restrictions on commercial use (see `license.txt` in
its corpus folder). Marked in the files used here: CC BY-SA 4.0 (Clara Schumann's polonaises),
CC BY-SA (Beach), CC BY (Corelli), public domain (Weber), and "used by permission" of Margaret
Greentree (chorales). Nothing of it is part of perfrnn.
"""

import shutil
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, NamedTuple

from perfrnn.corpus.inventory import Fetched, describe
from perfrnn.corpus.manifest import Source
from perfrnn.errors import ConfigError, CorpusError
from perfrnn.files import atomic


class Work(NamedTuple):
    """One row of `embedded.tsv`; `path` is relative to music21's corpus folder."""

    id: str
    composer: str
    title: str
    piece: str
    format: Literal["midi", "musicxml"]
    path: str

    @property
    def file(self) -> str:
        """Name of the work's file in the raw folder."""
        return self.id + (".mid" if self.format == "midi" else Path(self.path).suffix)


@cache
def works() -> tuple[Work, ...]:
    """Return all works that can be had, in the order in which they are taken."""
    text = files("perfrnn.corpus").joinpath("embedded.tsv").read_text(encoding="utf-8")
    return tuple(Work(*line.split("\t")) for line in text.splitlines()[1:])  # type: ignore[arg-type]


def fetch(raw: str | Path, count: int) -> list[Fetched]:
    """Bring the first `count` works into the folder `raw`.

    A work that is already there is left alone, so an interrupted fetch goes on where it stopped.

    Parameters
    ----------
    raw : folder for the files, made if need be; it gets one file `<id>.<suffix>` a work.
    count : number of works, the config's `embedded.works`.

    Returns
    -------
    One row a work, in the order of `works()`. A work that the installed music21 lacks has a
    problem instead of a digest.

    Raises
    ------
    ConfigError
        If there are not so many works.
    CorpusError
        If music21 is installed without its corpus.
    """
    raw = Path(raw)
    chosen = _choose(count)
    corpus = _music21_corpus()
    raw.mkdir(parents=True, exist_ok=True)
    fetched = []
    for work in chosen:
        original, target = corpus / work.path, raw / work.file
        if not original.is_file():
            problem = f"music21 {version('music21')} has no {work.path} in its corpus"
            fetched.append(Fetched(path=work.file, problem=problem))
            continue
        if not target.is_file():
            with atomic(target) as temporary:
                if work.format == "midi":
                    _write_midi(original, temporary)
                else:
                    shutil.copyfile(original, temporary)
        fetched.append(describe(raw, work.file))
    return fetched


def sources(raw: str | Path, fetched: list[Fetched]) -> list[Source]:
    """Return the manifest's rows for what `fetch(raw, ...)` returned."""
    by_file = {work.file: work for work in works()}
    rows = []
    for file in fetched:
        work = by_file[file.path]
        rows.append(
            Source(
                id=work.id,
                role="score",
                format=work.format,
                composer=work.composer,
                title=work.title,
                piece=work.piece,
                path=str(Path(raw) / file.path),
                sha256=file.sha256,
                problem=file.problem,
            )
        )
    return rows


def _choose(count: int) -> tuple[Work, ...]:
    available = works()
    if not 1 <= count <= len(available):
        raise ConfigError(f"embedded.works: {count} is not between 1 and {len(available)}")
    return available[:count]


def _music21_corpus() -> Path:
    """Find music21's corpus without importing music21, which takes a second."""
    package = find_spec("music21")
    folders = package.submodule_search_locations if package else None
    if folders:
        corpus = Path(folders[0]) / "corpus"
        if (corpus / "bach").is_dir():
            return corpus
    raise CorpusError("music21 is installed without its corpus; reinstall it: pip install music21")


def _write_midi(original: Path, target: Path) -> None:
    """Write a score as a MIDI file for one piano."""
    from note_seq import midi_io

    from perfrnn.corpus.reduction import keyboard_reduction, read_score

    with TemporaryDirectory() as folder:
        if original.suffix == ".krn":
            original = _humdrum_to_musicxml(original, Path(folder))
        reduced = keyboard_reduction(read_score(original))
    midi_io.note_sequence_to_pretty_midi(reduced).write(str(target))


def _humdrum_to_musicxml(original: Path, folder: Path) -> Path:
    """Translate a Humdrum score, which note_seq does not read, in `folder`."""
    from music21 import converter

    score = converter.parse(original, forceSource=True, storePickle=False)
    return Path(score.write("musicxml", folder / "score.musicxml"))
