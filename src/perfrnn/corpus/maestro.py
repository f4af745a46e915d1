"""MAESTRO v3.0.0: performances of the Piano-e-Competition (Hawthorne et al., ICLR 2019).

The data set is taken as its host's zip archive of MIDI files; `config/maestro.tsv` lists them with
their SHA-256 digests and what the data set's own table says of them: composer, title, year, and
the split, in which no composition is in two parts. Licence of the data: CC BY-NC-SA 4.0.
https://magenta.tensorflow.org/datasets/maestro
"""

import hashlib
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from perfrnn.corpus.archive import Digest
from perfrnn.corpus.hosted import Missing, fetch_files
from perfrnn.corpus.inventory import Fetched
from perfrnn.corpus.manifest import OFFICIAL, Official, Source, slug
from perfrnn.corpus.tables import read_table
from perfrnn.corpus.works import piece_of_title
from perfrnn.errors import CorpusError

COLUMNS = ("path", "bytes", "sha256", "composer", "title", "split", "year")

LICENCE = "LICENSE"
LICENCE_FILE = Digest("7d41f85a2d305eff78241dd95a41262ee0c62ccc5e7627fa220abe91265587ae", 20844)


class Performance(NamedTuple):
    """One row of the table."""

    digest: Digest
    composer: str
    title: str
    split: Official


def read_performances(table: str | Path) -> dict[str, Performance]:
    """Read `config/maestro.tsv`, by path in the data set.

    Raises
    ------
    CorpusError
        If a column is missing, a size is no whole number, or a split has another name.
    """
    found = {}
    for row in read_table(table, COLUMNS):
        split, size = row["split"], row["bytes"]
        if split not in OFFICIAL or not size.isdecimal():
            raise CorpusError(
                f"{table}: {row['path']}: needs a whole number of bytes and one of the splits "
                f"{', '.join(OFFICIAL)}, not {size!r} and {split!r}"
            )
        digest = Digest(row["sha256"], int(size))
        found[row["path"]] = Performance(digest, row["composer"], row["title"], split)
    return found


def fetch(
    raw: str | Path, *, url: str, table: str | Path, missing: Missing = "error"
) -> list[Fetched]:
    """Bring the files of MAESTRO into the folder `raw`.

    What is there already and right is left alone (`perfrnn.corpus.hosted.fetch_files`).

    Parameters
    ----------
    raw : folder for the files, which keep their paths in the data set.
    url : address of the zip archive, `https://`, `http://` or `file://`; config `maestro.url`.
    table : `config/maestro.tsv`.
    missing : whether a file that is missing or altered ends the run (`error`) or gets a row with
        a problem (`skip`); config `maestro.missing`.

    Returns
    -------
    One row a file.

    Raises
    ------
    CorpusError
        If the archive cannot be had or is none; with `missing="error"`, if a file is missing.
    """
    wanted = {path: row.digest for path, row in sorted(read_performances(table).items())}
    return fetch_files(
        Path(raw),
        wanted,
        {LICENCE: LICENCE_FILE},
        source="maestro",
        url=url,
        table=table,
        missing=missing,
    )


def sources(raw: str | Path, fetched: list[Fetched], *, table: str | Path) -> list[Source]:
    """Return the manifest's rows for what `fetch(raw, table=table, ...)` returned.

    A `piece` is the key that ASAP has for the work, if it has it (`perfrnn.corpus.works`).

    Raises
    ------
    CorpusError
        If a file is not one of the table.
    """
    performances = read_performances(table)
    rows = []
    for file in fetched:
        row = performances.get(file.path)
        if row is None:
            raise CorpusError(f"{file.path}: is not a file of {table}")
        rows.append(
            Source(
                id=identify(file.path),
                role="performance",
                format="midi",
                composer=row.composer,
                title=row.title,
                piece=piece_of_title(row.composer, row.title),
                path=str(Path(raw) / file.path),
                sha256=file.sha256,
                problem=file.problem,
                official_split=row.split,
            )
        )
    return rows


def identify(path: str) -> str:
    """Return a file's id: year and digest of its name, whose own words say nothing.

    `2004/MIDI-Unprocessed_SMF_02_R1_2004_01-05_ORIG_MID--AUDIO_02_R1_2004_05_Track05_wav.midi`
    gives `maestro-2004-` and eight digits.
    """
    digest = hashlib.sha256(path.encode()).hexdigest()[:8]
    return f"maestro-{slug(PurePosixPath(path).parts[0])}-{digest}"
