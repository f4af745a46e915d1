"""Under which terms the music of each source comes, for those who hand results on."""

from perfrnn.corpus.names import SourceName, sources_of

LICENCES: dict[SourceName, str] = {
    "embedded": (
        "Encodings from the music21 corpus: out-of-copyright works, encodings distributed with "
        "permission, some for non-commercial use only."
    ),
    "asap": "ASAP dataset (Foscarin et al. 2020), CC BY-NC-SA 4.0.",
    "maestro": "MAESTRO dataset v3.0.0 (Hawthorne et al. 2019), CC BY-NC-SA 4.0.",
    "musescore": "OpenScore Lieder corpus, CC0.",
    "folder": "The music of the user's own folder; its terms are the user's to know.",
}


def licence_of(corpus: str) -> str:
    """Return the terms of all sources of a corpus."""
    return " ".join(LICENCES[source] for source in sources_of(corpus))
