"""Scores by address: 40 songs that stand for the dissertation's 40 MuseScore files.

The dissertation took 40 public-domain scores from MuseScore.com without naming them.
`config/musescore.tsv` names 40 of the same kind that anyone can fetch: songs for voice and piano
from the OpenScore Lieder corpus (https://github.com/OpenScore/Lieder, CC0), published on
MuseScore.com as well. The table is the user's to edit: any address will do, and a file that lies
in the raw folder, under whatever name, needs none.
"""

import logging
import re
import shutil
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple
from urllib.parse import unquote, urlsplit

from perfrnn.corpus.download import download
from perfrnn.corpus.inventory import Fetched, describe
from perfrnn.corpus.manifest import FORMATS, Format, Source, slug
from perfrnn.corpus.tables import read_table
from perfrnn.errors import CorpusError
from perfrnn.files import atomic, sha256

log = logging.getLogger(__name__)

COLUMNS = ("id", "composer", "title", "url", "sha256")
LARGEST = 64 << 20


class Score(NamedTuple):
    """One row of the table; `file` is its name in the raw folder, `<id>.<suffix of the url>`."""

    id: str
    composer: str
    title: str
    url: str
    sha256: str
    file: str
    format: Format


def read_scores(table: str | Path) -> list[Score]:
    """Read `config/musescore.tsv`.

    Raises
    ------
    CorpusError
        If a column is missing, an id is empty or there twice, a digest is not 64 hexadecimal
        digits, or an address ends in another suffix than those of MIDI and MusicXML.
    """
    scores: dict[str, Score] = {}
    for row in read_table(table, COLUMNS):
        name, digest = slug(row["id"]), row["sha256"].lower()
        suffix = PurePosixPath(unquote(urlsplit(row["url"]).path)).suffix.lower()
        if not name or name in scores:
            raise CorpusError(f"{table}: the id {row['id']!r} is empty or there twice")
        if suffix not in FORMATS:
            raise CorpusError(f"{table}: {name}: the url must end in {', '.join(FORMATS)}")
        if not re.fullmatch("[0-9a-f]{64}", digest):
            raise CorpusError(f"{table}: {name}: sha256 must be 64 hexadecimal digits")
        scores[name] = Score(
            id=name,
            composer=row["composer"],
            title=row["title"],
            url=row["url"],
            sha256=digest,
            file=name + suffix,
            format=FORMATS[suffix],
        )
    return list(scores.values())


def fetch(
    raw: str | Path, *, table: str | Path, missing: Literal["error", "skip"] = "error"
) -> list[Fetched]:
    """Bring the scores of a table into the folder `raw`.

    A file of any name in `raw` whose digest is that of a score counts as fetched. A file that has
    a score's own name but another digest is left alone, since it may be the user's, and reported.

    Parameters
    ----------
    raw : folder for the files, `<id>.<suffix>` each.
    table : `config/musescore.tsv`.
    missing : whether a score that cannot be had ends the run (`error`) or gets a row with a
        problem (`skip`); config `musescore.missing`.

    Returns
    -------
    One row a score, in the table's order.

    Raises
    ------
    CorpusError
        If the table is wrong; with `missing="error"`, if a score cannot be had.
    """
    raw = Path(raw)
    scores = read_scores(table)
    raw.mkdir(parents=True, exist_ok=True)
    lying = {sha256(file): file for file in sorted(raw.iterdir()) if file.is_file()}
    fetched: list[Fetched] = []
    attempts = 5
    for score in scores:
        try:
            _bring(score, raw, lying, table, attempts)
            fetched.append(describe(raw, score.file))
        except CorpusError as error:
            if missing == "error":
                raise
            log.warning("%s", error)
            fetched.append(Fetched(path=score.file, problem=str(error)))
            attempts = 1  # without a network, do not wait as long for every other score
    return fetched


def sources(raw: str | Path, fetched: list[Fetched], *, table: str | Path) -> list[Source]:
    """Return the manifest's rows for what `fetch(raw, table=table, ...)` returned.

    A `piece` is a title of a composer: two editions of one song share it.
    """
    by_file = {file.path: file for file in fetched}
    rows = []
    for score in read_scores(table):
        file = by_file.get(score.file, Fetched(path=score.file, problem="not fetched"))
        rows.append(
            Source(
                id=score.id,
                role="score",
                format=score.format,
                composer=score.composer,
                title=score.title,
                piece=slug(f"{score.composer} {score.title}"),
                path=str(Path(raw) / file.path),
                sha256=file.sha256,
                problem=file.problem,
            )
        )
    return rows


def _bring(
    score: Score, raw: Path, lying: dict[str, Path], table: str | Path, attempts: int
) -> None:
    """Make sure that the score lies in `raw` under its own name.

    Parameters
    ----------
    lying : the files that were in `raw` before, by their SHA-256.
    attempts : tries for a download.
    """
    target = raw / score.file
    found = lying.get(score.sha256)
    if target.is_file() and sha256(target) == score.sha256:
        return
    if target.is_file():
        raise CorpusError(
            f"{target}: is not the file of that id in {table}; delete it to fetch that file, or "
            f"give its own SHA-256 there: {sha256(target)}"
        )
    if found is not None:
        with atomic(target) as temporary:
            shutil.copyfile(found, temporary)
        return
    key = f"{table}: {score.id}"
    download(score.url, target, key=key, digest=score.sha256, limit=LARGEST, attempts=attempts)
