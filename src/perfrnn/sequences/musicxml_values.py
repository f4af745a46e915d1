"""Values of MusicXML as files really give them, and a record of those that could not be used."""

import math
import re
from collections import Counter
from xml.etree.ElementTree import Element

_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
_SHOWN_CHARACTERS = 24
_SHOWN_KINDS = 8
_TYPES = {
    name: 2.0**power
    for power, name in enumerate(
        [
            "1024th", "512th", "256th", "128th", "64th", "32nd", "16th", "eighth", "quarter",
            "half", "whole", "breve", "long", "maxima",
        ],
        start=-8,
    )
}  # fmt: skip


class Remarks:
    """What was left out of a file, or taken otherwise than it says; each kind is counted."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, remark: str) -> None:
        """Take note of something."""
        self._counts[remark] += 1

    def __str__(self) -> str:
        """Return all remarks in one line; an empty one if there are none."""
        shown = [
            remark if count == 1 else f"{remark} ({count} times)"
            for remark, count in list(self._counts.items())[:_SHOWN_KINDS]
        ]
        if len(self._counts) > _SHOWN_KINDS:
            shown.append(f"{len(self._counts) - _SHOWN_KINDS} more")
        return "; ".join(shown)


def quoted(text: str | None) -> str:
    """Return a value from a file as a message shows it: in quotes, on one line, not too long."""
    text = " ".join((text or "").split())
    return repr(text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "...")


def to_number(text: str | None) -> float | None:
    """Return a finite number, written with a decimal point or comma; None if it is none."""
    text = (text or "").strip()
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text.replace(",", "."))
    return value if math.isfinite(value) else None


def to_integer(text: str | None) -> int | None:
    """Return a whole number, be it written as "-2" or "-2.0"; None if it is none."""
    value = to_number(text)
    return int(value) if value is not None and value.is_integer() else None


def note_length(name: str | None, dots: int = 0) -> float | None:
    """Return the quarters of a note value by its name, as "eighth"; None if it is unknown."""
    length = _TYPES.get((name or "").strip())
    return None if length is None else length * (2 - 0.5 ** min(dots, 8))


def written_length(note: Element) -> float | None:
    """Return the quarters that a `note` element's type, dots and tuplet say, if they do."""
    length = note_length(note.findtext("type"), len(note.findall("dot")))
    tuplet = note.find("time-modification")
    if length is None or tuplet is None:
        return length
    actual = to_number(tuplet.findtext("actual-notes"))
    normal = to_number(tuplet.findtext("normal-notes"))
    if not actual or not normal or min(actual, normal) < 0:
        return None
    return length * normal / actual
