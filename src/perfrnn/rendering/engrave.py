"""MusicXML to SVG and PDF."""

import tempfile
from pathlib import Path

import verovio

from perfrnn.errors import PerfRNNError
from perfrnn.files import atomic

SCALE = 40
"""Percent of verovio's default size; a staff is 7 mm high in print."""


def engrave(musicxml: bytes, svg: Path, pdf: Path) -> None:
    """Engrave a score as one tall SVG page and as a PDF of A4 pages."""
    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    text = musicxml.decode()
    _load(toolkit, text, {"pageHeight": 60000, "adjustPageHeight": True})
    with atomic(svg) as temporary:
        temporary.write_text(toolkit.renderToSVG(1), encoding="utf-8")
    _load(toolkit, text, {"pageHeight": 2970})
    pages = [toolkit.renderToSVG(page + 1) for page in range(toolkit.getPageCount())]
    with atomic(pdf) as temporary:
        temporary.write_bytes(_to_pdf(pages))


def _load(toolkit: verovio.toolkit, text: str, options: dict[str, object]) -> None:
    toolkit.setOptions({"pageWidth": 2100, "scale": SCALE} | options)
    if not toolkit.loadData(text):
        raise PerfRNNError("verovio cannot engrave the score")


def _to_pdf(pages: list[str]) -> bytes:
    import typst

    with tempfile.TemporaryDirectory() as folder:
        for number, page in enumerate(pages):
            (Path(folder) / f"{number}.svg").write_text(page, encoding="utf-8")
        source = '#set page(paper: "a4", margin: 0pt)\n' + "\n#pagebreak()\n".join(
            f'#image("{number}.svg", width: 100%)' for number in range(len(pages))
        )
        main = Path(folder) / "main.typ"
        main.write_text(source, encoding="utf-8")
        return typst.compile(main)
