"""ASAP: aligned scores and performances of piano music (Foscarin et al., ISMIR 2020).

The dataset is taken as its host's zip archive of one commit; `config/asap.tsv` lists that
commit's files with their git blob ids, so whatever serves the archive, its content is known.
Licence of the data: CC BY-NC-SA 4.0. https://github.com/fosfrancesco/asap-dataset
"""

import re
from collections.abc import Collection
from pathlib import Path, PurePosixPath
from typing import Literal, get_args

from perfrnn.corpus.archive import Blob
from perfrnn.corpus.hosted import Missing, fetch_files
from perfrnn.corpus.inventory import Fetched
from perfrnn.corpus.manifest import Format, Role, Source, slug
from perfrnn.corpus.tables import read_table
from perfrnn.errors import ConfigError, CorpusError

Kind = Literal["performances", "scores_musicxml", "scores_midi"]

KINDS: dict[Kind, tuple[Role, Format]] = {
    "performances": ("performance", "midi"),
    "scores_musicxml": ("score", "musicxml"),
    "scores_midi": ("score", "midi"),
}
DEFAULT: tuple[Kind, ...] = ("performances", "scores_musicxml")
LICENCE = "LICENSE.md"

COMPOSERS = {
    "Bach": "Johann Sebastian Bach",
    "Balakirev": "Mily Balakirev",
    "Beethoven": "Ludwig van Beethoven",
    "Brahms": "Johannes Brahms",
    "Chopin": "Frédéric Chopin",
    "Debussy": "Claude Debussy",
    "Glinka": "Mikhail Glinka",
    "Haydn": "Joseph Haydn",
    "Liszt": "Franz Liszt",
    "Mozart": "Wolfgang Amadeus Mozart",
    "Prokofiev": "Sergei Prokofiev",
    "Rachmaninoff": "Sergei Rachmaninoff",
    "Ravel": "Maurice Ravel",
    "Schubert": "Franz Schubert",
    "Schumann": "Robert Schumann",
    "Scriabin": "Alexander Scriabin",
}

# Folders of one work that differ in what is repeated or left out: `17-1` and `17-1_no_repeat`,
# `24-1_no_2_repeat`, `1_no_first_repeat`, `6_Theme_and_Variations_repeat`, `9-2_no_trio`.
VARIANT = re.compile(r"(?:_no)?(?:_first|_\d)?_(?:repeat|trio)$")


def kind_of(path: str) -> Kind | None:
    """Return what a file of the repository is; None for what is neither score nor performance."""
    name = PurePosixPath(path).name
    if name == "xml_score.musicxml":
        return "scores_musicxml"
    if name == "midi_score.mid":
        return "scores_midi"
    return "performances" if name.endswith(".mid") else None


def read_tree(tree: str | Path) -> dict[str, Blob]:
    """Read `config/asap.tsv`: git blob id and size of each file, by path in the repository.

    The column bytes is empty where the size is not known.

    Raises
    ------
    CorpusError
        If it is not a table with the columns path, blob and bytes.
    """
    rows = read_table(tree, ("path", "blob", "bytes"))
    try:
        return {
            row["path"]: Blob(row["blob"], int(row["bytes"]) if row["bytes"] else None)
            for row in rows
        }
    except ValueError as error:
        raise CorpusError(f"{tree}: the column bytes must hold whole numbers: {error}") from error


def fetch(
    raw: str | Path,
    *,
    url: str,
    tree: str | Path,
    include: Collection[Kind] = DEFAULT,
    missing: Missing = "error",
) -> list[Fetched]:
    """Bring the chosen files of ASAP into the folder `raw`.

    What is there already and right is left alone (`perfrnn.corpus.hosted.fetch_files`).

    Parameters
    ----------
    raw : folder for the files, which keep their paths in the repository.
    url : address of the zip archive, `https://`, `http://` or `file://`; config `asap.url`.
    tree : the table of the commit's files, `config/asap.tsv`.
    include : which of the files; config `asap.include`.
    missing : whether a file that is missing or altered ends the run (`error`) or gets a row with
        a problem (`skip`); config `asap.missing`.

    Returns
    -------
    One row a chosen file.

    Raises
    ------
    ConfigError
        If `include` is empty or has an unknown name.
    CorpusError
        If the archive cannot be had or is none; with `missing="error"`, if a file is missing.
    """
    blobs = read_tree(tree)
    return fetch_files(
        Path(raw),
        {path: blobs[path] for path in _choose(blobs, include)},
        {path: blobs[path] for path in (LICENCE,) if path in blobs},
        source="asap",
        url=url,
        table=tree,
        missing=missing,
    )


def sources(raw: str | Path, fetched: list[Fetched]) -> list[Source]:
    """Return the manifest's rows for what `fetch(raw, ...)` returned.

    Performances and scores of a work share a `piece`, and so do its variants by repeats.
    """
    rows = []
    for file in fetched:
        kind = kind_of(file.path)
        if kind is None:
            raise CorpusError(f"{file.path}: is neither a score nor a performance of ASAP")
        role, format_ = KINDS[kind]
        folder = PurePosixPath(file.path).parent
        surname, *work = folder.parts
        rows.append(
            Source(
                id=slug(str(PurePosixPath(file.path).with_suffix(""))),
                role=role,
                format=format_,
                composer=COMPOSERS.get(surname, surname),
                title=" ".join(work).replace("_", " "),
                piece=piece_of(folder),
                path=str(Path(raw) / file.path),
                sha256=file.sha256,
                problem=file.problem,
            )
        )
    return rows


def piece_of(folder: PurePosixPath) -> str:
    """Return the key of the work in a folder of the repository, the same for all its variants.

    `Beethoven/Piano_Sonatas/17-1_no_repeat` gives `beethoven-piano-sonatas-17-1`.
    """
    return slug(VARIANT.sub("", str(folder)))


def _choose(blobs: dict[str, Blob], include: Collection[Kind]) -> list[str]:
    unknown = set(include) - set(get_args(Kind))
    if unknown or not include:
        names = ", ".join(get_args(Kind))
        raise ConfigError(f"asap.include: {sorted(include)} must be some of {names}")
    return sorted(path for path in blobs if kind_of(path) in include)
