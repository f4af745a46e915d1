"""What `corpus` may be called: a source, several joined by `+`, or a name for some."""

from typing import Literal, get_args

from perfrnn.errors import ConfigError

SourceName = Literal["embedded", "asap", "maestro", "musescore", "folder"]

NAMED: dict[str, tuple[SourceName, ...]] = {"dissertation": ("asap", "musescore")}

JOIN = "+"


def sources_of(corpus: str) -> list[SourceName]:
    """Return the sources of a corpus, in the order in which they are named.

    Raises
    ------
    ConfigError
        If a source is unknown or there twice.
    """
    if corpus in NAMED:
        return list(NAMED[corpus])
    known = {name: name for name in get_args(SourceName)}
    parts = corpus.split(JOIN)
    for part in parts:
        if part not in known:
            raise ConfigError(
                f"config: `corpus`: there is no source {part!r}; known are {', '.join(known)}, "
                f"joined by `{JOIN}`, and {', '.join(NAMED)}"
            )
        if parts.count(part) > 1:
            raise ConfigError(f"config: `corpus`: {part} is there twice; leave one out")
    return [known[part] for part in parts]
