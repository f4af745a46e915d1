"""Encodings as declared, wrongly declared and undeclared; names in archives."""

import io
import zipfile

import pytest

from perfrnn.errors import BadFileError
from perfrnn.sequences.musicxml import read_musicxml
from perfrnn.sequences.musicxml_file import decode
from perfrnn.sequences.musicxml_values import Remarks
from source_builders import build_note, build_score

MEASURE = "<attributes><divisions>1</divisions></attributes>" + build_note("C4", 4)
HORN = "<attributes><divisions>1</divisions></attributes>" + build_note("E4", 4)


def score(name, declared):
    """A score of a piano and a horn; if the piano's name is read wrongly, both are taken."""
    listed = (
        f'<score-part id="P"><part-name>{name}</part-name></score-part>'
        '<score-part id="H"><part-name>Horn</part-name></score-part>'
    )
    text = build_score({"P": [MEASURE], "H": [HORN]}, listed)
    return text.replace(' encoding="UTF-8"', f' encoding="{declared}"' if declared else "")


@pytest.mark.parametrize(
    ("name", "declared", "encoding"),
    [
        ("钢琴", "GB2312", "gb2312"),
        ("钢琴", "gbk", "gbk"),
        ("钢琴", "GB18030", "gb18030"),
        ("鋼琴", "Big5", "big5"),
        ("ピアノ", "Shift_JIS", "shift_jis"),
        ("ピアノ", "x-sjis", "shift_jis"),
        ("ピアノ", "Windows-31J", "cp932"),
        ("ピアノ", "EUC-JP", "euc_jp"),
        ("ピアノ", "ISO-2022-JP", "iso2022_jp"),
        ("피아노", "EUC-KR", "euc_kr"),
        ("фортепиано", "windows-1251", "cp1251"),
        ("фортепиано", "KOI8-R", "koi8-r"),
        ("Flügel", "ISO-8859-1", "latin-1"),
        ("Klavír", "ISO-8859-2", "iso8859-2"),
        ("Flügel", "macintosh", "mac-roman"),
        ("ピアノ", "UTF-16", "utf-16"),
        ("ピアノ", "UTF-16", "utf-16-be"),
        ("ピアノ", None, "utf-8-sig"),
        ("ピアノ", "UTF-32", "utf-32"),
    ],
)
def test_declared_encodings_are_read(tmp_path, name, declared, encoding):
    path = tmp_path / "score.xml"
    path.write_bytes(score(name, declared).encode(encoding))
    assert [note.pitch for note in read_musicxml(path).notes] == [60]


@pytest.mark.parametrize(
    ("name", "declared", "encoding"),
    [
        ("ピアノ", "UTF-16", "utf-8"),
        ("ピアノ", "UTF-8", "utf-16"),
        ("ピアノ", "UTF-8", "utf-16-le"),
        ("鋼琴", "ISO-8859-1", "utf-8"),
        ("Flügel", "windows-1252", "utf-8"),
        ("ピアノ", "GB2312", "utf-8"),
        ("钢琴", "Shift_JIS", "utf-8"),
        ("ピアノ", "no-such-encoding", "utf-8"),
        ("ピアノ", "punycode", "utf-8"),
    ],
)
def test_wrongly_declared_encodings_are_found_out(tmp_path, name, declared, encoding):
    path = tmp_path / "score.xml"
    path.write_bytes(score(name, declared).encode(encoding))
    assert [note.pitch for note in read_musicxml(path).notes] == [60]


@pytest.mark.parametrize("encoding", ["latin-1", "gb2312", "shift_jis", "big5", "euc_kr"])
def test_what_no_encoding_explains_costs_only_names(tmp_path, encoding, caplog):
    name = {"latin-1": "Stück", "euc_kr": "소나타"}.get(encoding, "月光")
    text = score("Piano", "UTF-8").replace(
        "<part-list>", f"<movement-title>{name}</movement-title><part-list>"
    )
    path = tmp_path / "score.xml"
    path.write_bytes(text.encode(encoding))
    assert [note.pitch for note in read_musicxml(path).notes] == [60]
    assert "not valid in its encoding, 'UTF-8'" in caplog.text


def test_short_chinese_is_not_mistaken_for_two_byte_letters():
    # The two bytes of this character are also one valid letter of UTF-8.
    content = '<?xml version="1.0" encoding="GB2312"?><a>影</a>'.encode("gb2312")
    assert content.decode("utf-8")
    assert "影" in decode(content, Remarks())


def archive(container_name, stored_name, flagged):
    """An archive whose score is stored under the bytes of a name, flagged as UTF-8 or not."""
    container = (
        f'<container><rootfiles><rootfile full-path="{container_name}"/></rootfiles></container>'
    )
    placeholder = "x" * len(stored_name)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("META-INF/container.xml", container)
        file.writestr(placeholder, build_score([MEASURE]))
    content = bytearray(buffer.getvalue().replace(placeholder.encode(), stored_name))
    local, central = content.rfind(b"PK\3\4"), content.rfind(b"PK\1\2")
    for at, is_flagged in ((local + 7, flagged[0]), (central + 9, flagged[1])):
        content[at] |= 8 * is_flagged
    return bytes(content)


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("Für Elise.xml", "Für Elise.xml".encode()),
        ("Für Elise.xml", "Für Elise.xml".encode("cp850")),
        ("Für Elise.xml", "Für Elise.xml".encode("cp1252")),
        ("Für Elise.xml", "Fu\u0308r Elise.xml".encode()),
        ("Fu\u0308r Elise.xml", "Für Elise.xml".encode()),
        ("月光.xml", "月光.xml".encode()),
        ("月光.xml", "月光.xml".encode("gb18030")),
        ("月光.xml", "月光.xml".encode("shift_jis")),
        ("月光.xml", "月光.xml".encode("big5")),
        ("소나타.xml", "소나타.xml".encode("euc_kr")),
        ("Лунная.xml", "Лунная.xml".encode("cp866")),
        ("Score.XML", b"score.xml"),
        ("./score.xml", b"score.xml"),
        ("a\\score.xml", b"a/score.xml"),
    ],
)
def test_names_in_archives_are_found_in_any_encoding(tmp_path, name, stored):
    path = tmp_path / "score.mxl"
    path.write_bytes(archive(name, stored, (False, False)))
    assert [note.pitch for note in read_musicxml(path).notes] == [60]


@pytest.mark.parametrize("flagged", [(True, True), (True, False), (False, True)])
def test_the_flag_may_stand_in_either_place(tmp_path, flagged):
    path = tmp_path / "score.mxl"
    path.write_bytes(archive("Für Elise.xml", "Für Elise.xml".encode(), flagged))
    assert [note.pitch for note in read_musicxml(path).notes] == [60]


def test_an_archive_without_the_file_is_refused(tmp_path):
    path = tmp_path / "score.mxl"
    path.write_bytes(archive("other.xml", b"score.xml", (False, False)))
    with pytest.raises(BadFileError, match=r"holds no other\.xml"):
        read_musicxml(path)
