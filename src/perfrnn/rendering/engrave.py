"""MusicXML to SVG and PDF, by verovio and Typst."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typst
import verovio

from perfrnn.errors import PerfRNNError
from perfrnn.files import atomic
from perfrnn.rendering.titles import OWN_FONTS

log = logging.getLogger(__name__)

PAGE_WIDTH, PAGE_HEIGHT = 2100, 2970
"""A4, in tenths of a millimetre."""

TALLEST = 60_000
"""Height of the page that holds a whole piece: half an hour of piano music."""

OPTIONS: dict[str, Any] = {
    "pageWidth": PAGE_WIDTH,
    "scale": 40,  # percent: staves of 7 mm
    "svgFormatRaw": True,
    "svgRemoveXlink": True,
    "xmlIdSeed": 1,  # the same score gives the same bytes
    "footer": "none",
    "smuflTextFont": "none",
}

TALL = {"pageHeight": TALLEST, "adjustPageHeight": True, "justifyVertically": False}
PAGED = {"pageHeight": PAGE_HEIGHT, "adjustPageHeight": False, "justifyVertically": True}

TEXT_FONTS = "DejaVu Sans, Segoe UI Symbol, Apple Symbols, sans-serif"
"""Fonts that have a note among their letters; matplotlib brings the first."""

QUARTER, DOT = "\ueca5", "\uecb7"
"""Notes within text, in the music font that verovio takes them from."""


def engrave(
    musicxml: bytes, svg: Path, printed: bytes, pdf: Path, *, fonts: Sequence[Path] = ()
) -> None:
    """Engrave a score as one tall SVG page and as a PDF of A4 pages.

    Parameters
    ----------
    musicxml, printed : the score of the SVG and that of the PDF, which brings its fonts along.
    fonts : files of fonts that have letters of `printed` which `OWN_FONTS` lack.

    Raises
    ------
    PerfRNNError
        If verovio refuses the score.
    """
    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    tall, *more = _pages(toolkit, musicxml, TALL)
    if more:
        log.warning("%s: the piece is too long for one page; its end is in the PDF only", svg.name)
    with atomic(svg) as temporary:
        temporary.write_text(_scalable(tall), encoding="utf-8")
    with atomic(pdf) as temporary:
        temporary.write_bytes(_to_pdf(_pages(toolkit, printed, PAGED), fonts))


def _pages(toolkit: verovio.toolkit, musicxml: bytes, options: dict[str, Any]) -> list[str]:
    toolkit.setOptions(OPTIONS | options)
    if not toolkit.loadData(musicxml.decode()):
        raise PerfRNNError("verovio cannot engrave the score; please report this")
    return [_plain(toolkit.renderToSVG(page + 1)) for page in range(toolkit.getPageCount())]


def _scalable(page: str) -> str:
    """Return a page that a browser can shrink to a narrow screen."""
    return re.sub(
        r'^<svg width="(\d+)px" height="(\d+)px"',
        r'<svg width="\1" height="\2" viewBox="0 0 \1 \2"',
        page,
    )


def _to_pdf(pages: list[str], fonts: Sequence[Path]) -> bytes:
    with TemporaryDirectory() as folder:
        for number, page in enumerate(pages):
            (Path(folder) / f"{number}.svg").write_text(page, encoding="utf-8")
        images = [f'#image("{number}.svg", width: 100%)' for number in range(len(pages))]
        source = '#set document(date: none)\n#set page(paper: "a4", margin: 0pt)\n'
        main = Path(folder) / "main.typ"
        main.write_text(source + "\n#pagebreak()\n".join(images), encoding="utf-8")
        for font in [*OWN_FONTS, *fonts]:
            (Path(folder) / font.name).write_bytes(font.read_bytes())
        return typst.compile(main, font_paths=[Path(folder)])


def _plain(page: str) -> str:
    """Return a page that programs other than browsers draw well too.

    Some lose the place of a text that holds a `title` element, and none has verovio's font.
    """
    page = re.sub(r"<title[^>]*>[^<]*</title>", "", page)
    page = page.replace('font-family="Leipzig"', f'font-family="{TEXT_FONTS}"')
    return re.sub(rf"{QUARTER}(\s*{DOT})?", lambda note: "♩." if note[1] else "♩", page)
