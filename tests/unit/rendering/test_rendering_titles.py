"""Titles that can be drawn, wherever they are drawn."""

import re
import warnings
from pathlib import Path
from xml.etree import ElementTree as ET

import matplotlib
import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib.image import imread

from perfrnn.rendering import engrave, titles
from perfrnn.rendering.pianoroll import draw_pianoroll
from perfrnn.rendering.score import write_score
from perfrnn.rendering.titles import PrintableText, clean, printable

CASE = Path(__file__).parents[2] / "data" / "midi" / "m17-千本樱.mid"
FOLDER = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
BOXES = FOLDER / "LastResortHE-Regular.ttf"


@pytest.fixture
def system_fonts(monkeypatch):
    """Says which fonts the system has."""

    def have(*fonts):
        monkeypatch.setattr(titles, "findSystemFonts", lambda: [str(font) for font in fonts])
        monkeypatch.setattr(titles, "_find_font", find_font.__wrapped__)  # without its memory

    find_font = titles._find_font
    have()
    return have


def test_a_title_of_known_letters_is_left_alone(system_fonts):
    for title in ("Waltz <1> & more", "Élégie, ♯2", "Прелюдия", "two\nlines", ""):
        assert printable(title) == PrintableText(title, None)


@pytest.mark.parametrize(
    ("title", "latin"),
    [
        ("m17-千本樱", "m17-QianBenYing"),
        ("ノクターン", "nokutan"),
        ("야상곡 №2", "YaSangGog №2"),
        ("สวัสดี", "swasdi"),
        ("\U0001f6d8\U0001f6d8", "Untitled"),
    ],
)
def test_without_a_font_latin_letters_stand_for_others(system_fonts, title, latin):
    assert printable(title) == PrintableText(latin, None)


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("m17-\udcc7\udca7 a\x07b", "m17- ab"),  # bytes of a file's name that are not UTF-8
        ("\udcc7\udca7", "Untitled"),
        ("a\u200bb\ufeff", "ab"),
        ("E\u0301le\u0301gie", "Élégie"),
        ("", ""),
    ],
)
def test_what_no_document_may_hold_is_left_out(title, kept):
    assert clean(title) == kept


@pytest.fixture
def thousand(tmp_path):
    """A font of one letter, a triangle for 千."""
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "thousand"])
    builder.setupCharacterMap({ord("千"): "thousand"})
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    pen.lineTo((0, 700))
    pen.lineTo((900, 700))
    pen.closePath()
    triangle = pen.glyph()
    builder.setupGlyf({".notdef": triangle, "thousand": triangle})
    builder.setupHorizontalMetrics({".notdef": (1000, 0), "thousand": (1000, 0)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable(
        {"familyName": "Thousand", "styleName": "Regular", "psName": "Thousand-Regular"}
    )
    builder.setupOS2(sTypoAscender=800, usWinAscent=800, usWinDescent=200)
    builder.setupPost()
    builder.save(tmp_path / "Thousand-Regular.ttf")
    return tmp_path / "Thousand-Regular.ttf"


def test_a_font_that_has_all_the_letters_is_taken(system_fonts, thousand, tmp_path):
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"no font")
    system_fonts(broken, BOXES, FOLDER / "cmr10.ttf", thousand)
    assert printable("op. 千") == PrintableText("op. 千", thousand)
    assert printable("千本") == PrintableText("QianBen", None)


def fonts(pdf):
    """Names of the fonts whose letters a PDF holds."""
    return {
        name.decode() for name in re.findall(rb"/FontName/[A-Z]{6}\+([^/\s]*)", pdf.read_bytes())
    }


@pytest.fixture
def drawn(tmp_path, system_fonts):
    """Renders the case as picture and score, and gives their paths."""

    def render(title):
        png = tmp_path / "a.png"
        draw_pianoroll(CASE, png, title=title)
        score = [tmp_path / f"a.{kind}" for kind in ("musicxml", "svg", "pdf")]
        write_score(CASE, *score, title=title)
        return png, *score

    return render


def test_picture_and_pages_are_those_of_the_latin_title(drawn, monkeypatch):
    pages = []
    to_pdf = engrave._to_pdf
    monkeypatch.setattr(
        engrave, "_to_pdf", lambda texts, fonts: pages.append(texts) or to_pdf(texts, fonts)
    )
    png, musicxml, svg, pdf = drawn("m17-千本樱")
    picture, printed = imread(png), pdf.read_bytes()
    assert ET.parse(musicxml).findtext("work/work-title") == "m17-千本樱"
    assert "m17-千本樱" in svg.read_text(encoding="utf-8")
    png, musicxml, svg, pdf = drawn("m17-QianBenYing")
    np.testing.assert_array_equal(imread(png), picture)
    assert pdf.read_bytes() == printed
    assert "m17-QianBenYing" in pages[0][0]


def test_no_font_that_draws_boxes_is_at_hand(drawn):
    *_, pdf = drawn("m17-千本樱")
    assert "DejaVuSans-Bold" in fonts(pdf)  # the note of the tempo mark
    assert not any("LastResort" in name for name in fonts(pdf))


def test_with_such_a_font_boxes_would_be_drawn(drawn, monkeypatch):
    monkeypatch.setattr(titles, "_find_font", lambda letters: BOXES)
    *_, pdf = drawn("m17-千本樱")
    assert any("LastResort" in name for name in fonts(pdf))


def test_dollars_are_no_mathematics(drawn):
    *_, pdf = drawn("100$ & $_{")
    assert pdf.is_file()


def test_bytes_that_are_no_text_do_not_stop_a_score(drawn):
    _, musicxml, *_ = drawn("\udcc7\udca7\x07")
    assert ET.parse(musicxml).findtext("work/work-title") == "Untitled"


def test_a_font_of_the_system_is_given_to_picture_and_pages(drawn, system_fonts, thousand):
    system_fonts(BOXES, thousand)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns of a letter that no font has
        *_, pdf = drawn("op. 千")
    assert "Thousand-Regular" in fonts(pdf)
    assert not any("LastResort" in name for name in fonts(pdf))
