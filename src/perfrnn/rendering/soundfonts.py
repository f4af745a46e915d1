"""Soundfonts: the default one, and SF3 files unpacked to SF2.

The renderer reads SF2 alone. SF3 is SF2 with each sample compressed: the file's major version is
3, bit 4 of a sample's type marks it as compressed, its start and end count bytes of the
compressed stream, and its loop points count from its own start (FluidSynth's wiki,
"SoundFont3Format").
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pretty_midi
import soundfile

from perfrnn.errors import PerfRNNError

SILENCE = 46
"""Samples of silence that SF2 asks for after each sample (SoundFont 2.04, section 6.1)."""

COMPRESSED = 0x10
"""Bit of the sample type."""

VERSION = struct.pack("<HH", 2, 4)
"""SF2's major and minor version, as its `ifil` chunk holds them."""


DEFAULT = "TimGM6mb.sf2"
"""The soundfont that pretty_midi ships."""


class SoundfontError(PerfRNNError):
    """A soundfont cannot be used, `None` the default one."""

    def __init__(self, path: str | Path | None, reason: object) -> None:
        super().__init__(
            f"{path or DEFAULT}: cannot be used as a soundfont ({reason}); "
            "give another .sf2 or .sf3 file"
        )


class SampleHeader(NamedTuple):
    """A record of the `shdr` chunk: where a sample lies and how it is played."""

    name: bytes
    start: int
    end: int
    loop_start: int
    loop_end: int
    rate: int
    pitch: int
    correction: int
    link: int
    type: int


_HEADER = struct.Struct("<20sIIIIIBbHH")


@cache
def read_soundfont(path: str | Path | None) -> bytes:
    """Return the bytes of a soundfont in SF2 form; None is `DEFAULT`.

    Raises
    ------
    SoundfontError
        If the file cannot be read, or is an SF3 file that cannot be unpacked. Whether an SF2 file
        is sound shows when it is played.
    """
    if path is None:
        return files(pretty_midi).joinpath(DEFAULT).read_bytes()
    try:
        content = Path(path).read_bytes()
        return unpack(content) if is_packed(content) else content
    except OSError as error:
        raise SoundfontError(path, error.strerror) from error
    except KeyError as error:
        raise SoundfontError(path, f"it has no {error.args[0].decode()} chunk") from error
    except soundfile.LibsndfileError as error:
        raise SoundfontError(path, f"a sample: {error.error_string}") from error
    except (struct.error, ValueError) as error:
        raise SoundfontError(path, error) from error


def is_packed(content: bytes) -> bool:
    """Return whether a file is an SF3: a soundfont of major version 3."""
    place = content.find(b"ifil", 12, 200)
    return content[:4] == b"RIFF" and place > 0 and content[place + 8 : place + 10] == b"\3\0"


def unpack(content: bytes) -> bytes:
    """Return an SF3 file's SF2 form, its samples decoded to 16 bit."""
    lists = {body[:4]: body[4:] for _, body in _chunks(content[12:])}
    info = dict(_chunks(lists[b"INFO"])) | {b"ifil": VERSION}
    packed = dict(_chunks(lists[b"sdta"]))[b"smpl"]
    presets = dict(_chunks(lists[b"pdta"]))
    headers = [SampleHeader(*fields) for fields in _HEADER.iter_unpack(presets[b"shdr"])]
    samples = io.BytesIO()
    unpacked = [_unpack_sample(header, packed, samples) for header in headers[:-1]]
    presets[b"shdr"] = b"".join(_HEADER.pack(*header) for header in [*unpacked, headers[-1]])
    body = b"sfbk" + b"".join(
        _chunk(b"LIST", kind + b"".join(_chunk(name, data) for name, data in part.items()))
        for kind, part in (
            (b"INFO", info),
            (b"sdta", {b"smpl": samples.getvalue()}),
            (b"pdta", presets),
        )
    )
    return _chunk(b"RIFF", body)


def _unpack_sample(header: SampleHeader, packed: bytes, samples: io.BytesIO) -> SampleHeader:
    """Append a sample and its silence to `samples`; return the header that points there."""
    start = samples.tell() // 2
    if header.type & COMPRESSED:
        stream = io.BytesIO(packed[header.start : header.end])
        wave = soundfile.read(stream, dtype="int16", always_2d=True)[0][:, 0]
        loop = (header.loop_start, header.loop_end)
    else:
        wave = np.frombuffer(packed, "<i2", header.end - header.start, header.start * 2)
        loop = (header.loop_start - header.start, header.loop_end - header.start)
    samples.write(wave.astype("<i2").tobytes() + bytes(2 * SILENCE))
    return header._replace(
        start=start,
        end=start + len(wave),
        loop_start=start + loop[0],
        loop_end=start + loop[1],
        type=header.type & ~COMPRESSED,
    )


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and content of each RIFF chunk."""
    place = 0
    while place + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, place)
        if place + 8 + size > len(content):
            raise ValueError(f"the file ends within its {name.decode(errors='replace')} chunk")
        yield name, content[place + 8 : place + 8 + size]
        place += 8 + size + size % 2


def _chunk(name: bytes, content: bytes) -> bytes:
    """Return a RIFF chunk, padded to an even length."""
    return name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)
