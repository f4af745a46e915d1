"""The XML of a MusicXML file: out of its archive, out of its encoding."""

import codecs
import io
import lzma
import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from perfrnn.errors import BadFileError
from perfrnn.sequences.limits import read_limited
from perfrnn.sequences.musicxml_values import Remarks, quoted

MAX_BYTES = 16 * 2**20
"""Largest score, uncompressed: four times ASAP's largest."""
MAX_TAGS = 1_000_000
"""Most tags, likewise; parsing takes time and memory by their number."""

_DECLARATION = re.compile(rb"""\s*<\?xml\b[^>]{0,200}?\bencoding\s*=\s*["']\s*([^"'\s]{1,40})""")
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",  # before UTF-16's, which it begins with
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_ASCII_BEGINNINGS = {  # of "<?" or "<s" without a byte order mark
    "utf-32-le": re.compile(rb"<\0\0\0"),
    "utf-32-be": re.compile(rb"\0\0\0<"),
    "utf-16-le": re.compile(rb"<\0[^\0]\0"),
    "utf-16-be": re.compile(rb"\0<\0[^\0]"),
}
# Python's codecs for text as files hold it; the others ("punycode") are for other ends, and slow.
_TEXT_CODEC = re.compile(
    r"ascii|big5|cp\d|euc|gb|hp-roman|hz|iso|johab|koi8|kz|mac|ptcp|shift_jis|tis|utf-(8|16|32)"
)
_MULTIBYTE_CODEC = re.compile(r"big5|cp9(32|49|50)|euc|gb|hz|iso2022|johab|shift_jis")
# Programs name the old standard and use its later extension, which holds all of it.
_EXTENSIONS = {
    "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "big5": "cp950",
    "euc_kr": "cp949", "iso8859-1": "cp1252",
}  # fmt: skip
# What names in archives are written in if not in UTF-8, as zip prescribes neither.
_NAME_ENCODINGS = (
    "utf-8", "cp437", "cp850", "cp1252", "gb18030", "cp932", "cp950", "cp949", "cp1251", "cp866",
)  # fmt: skip
_UTF8_FLAG = 0x800
_MOST_ENTRIES = 1000

# What zipfile raises for damaged, encrypted or unusually compressed archives.
_ARCHIVE_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)


def read_root(path: str | Path, remarks: Remarks) -> Element:
    """Return the root element of a score, compressed or not.

    Raises
    ------
    BadFileError
        If the file cannot be read, is a damaged archive, no XML, or goes beyond `MAX_BYTES` or
        `MAX_TAGS`.
    """
    return _parse(_content(path), remarks)


def decode(content: bytes, remarks: Remarks) -> str:
    """Return the text of an XML document, whatever encoding it is in and says it is in.

    A byte order mark decides, then what the first bytes show, then whether the bytes are valid in
    UTF-8 or in the declared encoding. For what remains, Latin-1: names may be wrong, but markup
    and numbers are ASCII in all encodings of the kind.
    """
    found = _DECLARATION.match(content[:400])
    declared = found[1].decode("latin-1") if found else "utf-8"
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, errors="replace")
    for encoding, beginning in _ASCII_BEGINNINGS.items():
        if beginning.match(content):
            return content.decode(encoding, errors="replace")
    codec = _codec(declared)
    as_declared = None if codec is None else _decoded(content, codec)
    as_utf8 = _decoded(content, "utf-8")
    if as_declared is not None and (as_utf8 is None or content.isascii()):
        return as_declared
    if as_utf8 is None:
        remarks.add(f"not valid in its encoding, {quoted(declared)}; names may be wrong")
        return content.decode("latin-1")
    # Text in UTF-8 is hardly ever valid by chance, while any bytes are valid in Latin-1; but one
    # or two Chinese characters may pass for two-byte letters.
    if as_declared is not None and _MULTIBYTE_CODEC.match(codec or "") and max(as_utf8) < "\u0800":
        return as_declared
    if codec != "utf-8":
        remarks.add(f"declared as {quoted(declared)}, read as UTF-8")
    return as_utf8


def _codec(declared: str) -> str | None:
    """Return the name of Python's codec for a declared encoding; None if there is none."""
    for name in (declared, declared.lower().removeprefix("x-")):
        try:
            codec = codecs.lookup(name).name
        except (LookupError, ValueError):
            continue
        codec = _EXTENSIONS.get(codec, codec)
        # Bytes that have let themselves be searched for "encoding" are not in UTF-16 or UTF-32.
        if _TEXT_CODEC.match(codec) and not codec.startswith(("utf-16", "utf-32")):
            return codec
    return {"sjis": "cp932", "windows-31j": "cp932", "x-sjis": "cp932"}.get(declared.lower())


def _decoded(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeError:
        return None


def _parse(content: bytes, remarks: Remarks) -> Element:
    """Return the root element of an XML document that declares no entities."""
    text = decode(content, remarks).lstrip("\ufeff \t\r\n")
    # Entities that expand to ever more entities exhaust the memory; MusicXML has no use for them.
    if "<!ENTITY" in text:
        raise BadFileError("it declares XML entities, which no MusicXML file needs")
    if text.count("<") > MAX_TAGS:
        raise BadFileError(f"it holds more than {MAX_TAGS} tags")
    try:
        return ElementTree.fromstring(text)  # text overrides the encoding that it declares
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise BadFileError(f"not XML: {error}") from error


def _content(path: str | Path) -> bytes:
    """Return the XML of a file, taken out of its archive if it is compressed."""
    content = read_limited(path, MAX_BYTES)
    if not content.startswith(b"PK"):
        return content
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            container = _parse(_member(archive, "META-INF/container.xml", 2**16), Remarks())
            files = container.iterfind(".//{*}rootfile")
            names = [file.get("full-path", "") for file in files]
            if not names:
                raise BadFileError("its container names no score")
            return _member(archive, names[0], MAX_BYTES)
    except _ARCHIVE_ERRORS as error:
        raise BadFileError(f"damaged archive: {error}") from error


def _member(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """Return a file of an archive, whatever size the archive claims it to have."""
    info = _find(archive, name)
    # A name may be flagged as UTF-8 in one of its two places only; zipfile refuses the difference.
    for spelling in [info.orig_filename, *_spellings(info)]:
        info.orig_filename = spelling
        try:
            with archive.open(info) as file:
                content = file.read(limit + 1)
            break
        except zipfile.BadZipFile as error:
            if "File name in directory" not in str(error):
                raise
            mismatch = error
    else:
        raise mismatch
    if len(content) > limit:
        raise BadFileError(f"{name} in it is larger than {limit / 2**20:g} MiB")
    return content


def _find(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    """Return the entry of an archive that a name means.

    Names are the same in any encoding, composition of accents, case and kind of slash. The only
    file of its suffix that is named in another script than Latin's is meant by any such name.
    """
    entries = [info for info in archive.infolist()[:_MOST_ENTRIES] if not info.is_dir()]
    for info in entries:
        if name in (info.filename, info.orig_filename):
            return info
    wanted = _comparable(name)
    for info in entries:
        if any(_comparable(spelling) == wanted for spelling in _spellings(info)):
            return info
    foreign = [
        info
        for info in entries
        if not info.filename.isascii() and Path(info.filename).suffix == Path(name).suffix
    ]
    if len(foreign) == 1 and not name.isascii():
        return foreign[0]
    raise BadFileError(f"its archive holds no {name}")


def _spellings(info: zipfile.ZipInfo) -> Iterator[str]:
    """Yield the names that an entry's bytes may spell."""
    yield info.filename
    raw = info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8_FLAG else "cp437")
    for encoding in _NAME_ENCODINGS:
        name = _decoded(raw, encoding)
        if name is not None:
            yield name


def _comparable(name: str) -> str:
    """Return a name in its one composition, case and kind of slash."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").casefold()
    return name.removeprefix("./").lstrip("/")
