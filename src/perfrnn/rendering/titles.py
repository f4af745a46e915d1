"""Titles in letters that the fonts at hand have, so that no picture shows boxes for them."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path
from typing import NamedTuple

import matplotlib
from anyascii import anyascii
from matplotlib.font_manager import findSystemFonts
from matplotlib.ft2font import FT2Font

OWN_FONTS = sorted((Path(matplotlib.get_data_path()) / "fonts" / "ttf").glob("DejaVuSans*.ttf"))
"""Fonts that are always at hand. Not its whole folder: that holds boxes for all of Unicode."""

UNTITLED = "Untitled"

_NO_LETTERS = ("Cc", "Cf", "Cn", "Co", "Cs")
"""Unicode's categories of what cannot be drawn or not be written: controls, surrogates, ..."""

_BOXES = "lastresort"
"""Part of the names of fonts that have a box for every letter."""


class PrintableText(NamedTuple):
    """A text that can be drawn.

    Attributes
    ----------
    text : the text, or what stands for it in Latin letters.
    font : file of the font that has the letters which `OWN_FONTS` lack; None if there are none.
    """

    text: str
    font: Path | None


def clean(title: str) -> str:
    """Return a title without what no document may hold, such as bytes that are no text."""
    kept = "".join(
        letter
        for letter in unicodedata.normalize("NFC", title)
        if letter == "\n" or unicodedata.category(letter) not in _NO_LETTERS
    )
    return kept.strip() or (UNTITLED if title else "")


def printable(title: str) -> PrintableText:
    """Return a title that can be drawn.

    If `OWN_FONTS` lack letters, a font of the system is looked for that has them all. If there
    is none, Latin letters stand for them; what has no Latin letters is left out.
    """
    text = clean(title)
    missing = _missing(text)
    if not missing:
        return PrintableText(text, None)
    font = _find_font(missing)
    if font:
        return PrintableText(text, font)
    latin = "".join(anyascii(letter) if letter in missing else letter for letter in text)
    return PrintableText(latin.strip() or UNTITLED, None)


def family_name(font: Path) -> str:
    """Return the name under which a font is asked for."""
    return FT2Font(str(font)).family_name


def _missing(text: str) -> frozenset[str]:
    """Return the letters of `text` that are not in the first of `OWN_FONTS`."""
    regular = next(font for font in OWN_FONTS if font.name == "DejaVuSans.ttf")
    return frozenset(text) - _letters(regular) - {"\n"}


@cache
def _letters(font: Path) -> frozenset[str]:
    return frozenset(map(chr, FT2Font(str(font)).get_charmap()))


@cache
def _find_font(letters: frozenset[str]) -> Path | None:
    """Return a font of the system that has all these letters, a regular one before others."""
    fonts = [Path(font) for font in findSystemFonts() if _BOXES not in font.lower()]
    for font in sorted(fonts, key=lambda font: ("regular" not in font.name.lower(), font)):
        try:
            face = FT2Font(str(font))
        except RuntimeError:  # FreeType cannot read it
            continue
        if face.scalable and letters <= frozenset(map(chr, face.get_charmap())):
            return font
    return None
