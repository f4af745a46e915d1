"""The styles in which scores are played, and the composers that they belong to."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

STYLES = ("baroque", "classical", "romantic", "modern")

DEFAULT = "romantic"
"""For composers that no style is known of: most of what pianists play is romantic."""

COMPOSERS: Mapping[str, str] = dict(
    [
        *dict.fromkeys(
            ("bach", "handel", "haendel", "corelli", "couperin", "purcell", "rameau", "scarlatti",
             "telemann", "vivaldi", "buxtehude", "froberger", "pachelbel", "monteverdi"),
            "baroque",
        ).items(),
        *dict.fromkeys(
            ("haydn", "mozart", "beethoven", "clementi", "kuhlau", "dussek", "hummel"),
            "classical",
        ).items(),
        *dict.fromkeys(
            ("debussy", "ravel", "prokofiev", "scriabin", "rachmaninoff", "rachmaninov",
             "bartok", "stravinsky", "satie", "joplin", "gershwin", "shostakovich", "schoenberg",
             "hindemith", "messiaen", "poulenc"),
            "modern",
        ).items(),
    ]
)  # fmt: skip
"""Style by a word of the composer's name, in small letters without accents."""


def style_of(composer: str) -> str:
    """Return the style in which music of `composer` (a name, in any order) is played."""
    letters = unicodedata.normalize("NFKD", composer).casefold()
    words = re.findall(r"[a-z]+", "".join(c for c in letters if not unicodedata.combining(c)))
    if "bach" in words and {"emanuel", "christian"} & set(words):
        return "classical"
    return next((COMPOSERS[word] for word in words if word in COMPOSERS), DEFAULT)
