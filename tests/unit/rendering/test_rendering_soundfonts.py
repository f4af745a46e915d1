"""Soundfonts: a tiny one is made here, chunk by chunk, as SF2 and as SF3."""

import io
import struct

import numpy as np
import pretty_midi
import pytest
import soundfile

from perfrnn.rendering.audio import render_audio
from perfrnn.rendering.soundfonts import SoundfontError, is_packed, read_soundfont, unpack

RATE = 44100
WAVE = (12000 * np.sin(2 * np.pi * 441 * np.arange(2000) / RATE)).astype("<i2")  # 20 periods
SILENCE = 46
HEADER = struct.Struct("<20sIIIIIBbHH")


def chunk(name, content):
    return name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def soundfont(*, packed, second_packed=True):
    """Return a font of one piano whose one sample is stored twice; it loops periods 10 to 15."""
    loop, kind = (1000, 1500), 1
    samples, headers = b"", []
    for this_packed in (packed, packed and second_packed):
        if this_packed:
            file = io.BytesIO()
            soundfile.write(file, WAVE, RATE, format="OGG", subtype="VORBIS")
            place = (len(samples), len(samples) + len(file.getvalue()), *loop)
            samples += file.getvalue() + bytes(len(file.getvalue()) % 2)
        else:
            start = len(samples) // 2
            place = (start, start + len(WAVE), start + loop[0], start + loop[1])
            samples += WAVE.tobytes() + bytes(2 * SILENCE)
        headers.append(HEADER.pack(b"sine", *place, RATE, 69, 0, 0, kind | 0x10 * this_packed))
    last = HEADER.pack(b"EOS", *[0] * 9)
    generators = [(54, 1), (53, 0)]  # sampleModes: loop; sampleID: the first
    presets = {
        b"phdr": struct.pack("<20sHHHIII", b"piano", 0, 0, 0, 0, 0, 0)
        + struct.pack("<20sHHHIII", b"EOP", 0, 0, 1, 0, 0, 0),
        b"pbag": struct.pack("<4H", 0, 0, 1, 0),
        b"pmod": bytes(10),
        b"pgen": struct.pack("<4H", 41, 0, 0, 0),  # instrument: the first
        b"inst": struct.pack("<20sH20sH", b"piano", 0, b"EOI", 1),
        b"ibag": struct.pack("<4H", 0, 0, len(generators), 0),
        b"imod": bytes(10),
        b"igen": b"".join(struct.pack("<HH", *pair) for pair in [*generators, (0, 0)]),
        b"shdr": b"".join(headers) + last,
    }
    info = {b"ifil": struct.pack("<HH", 3 if packed else 2, 4), b"INAM": b"tiny"}
    lists = ((b"INFO", info), (b"sdta", {b"smpl": samples}), (b"pdta", presets))
    body = b"sfbk" + b"".join(
        chunk(b"LIST", kind + b"".join(chunk(*item) for item in part.items()))
        for kind, part in lists
    )
    return chunk(b"RIFF", body)


def split(font):
    """Return all but the samples, and the samples."""
    place = font.index(b"smpl")
    size = struct.unpack_from("<I", font, place + 4)[0]
    samples = np.frombuffer(font, "<i2", size // 2, place + 8)
    return font[:place] + font[place + 8 + size :], samples


def test_a_packed_font_unpacks_to_its_sf2():
    assert is_packed(soundfont(packed=True))
    rest, samples = split(unpack(soundfont(packed=True)))
    expected_rest, expected = split(soundfont(packed=False))
    assert rest == expected_rest
    assert len(samples) == len(expected)
    assert np.abs(samples - expected.astype(int)).max() < 600  # Vorbis keeps 5 % of 12,000


def test_a_font_may_hold_packed_and_plain_samples():
    font = soundfont(packed=True, second_packed=False)
    # A plain sample's place counts 16-bit words from the beginning of the chunk.
    rest, samples = split(unpack(font))
    assert rest == split(soundfont(packed=False))[0]
    np.testing.assert_array_equal(samples[-len(WAVE) - SILENCE : -SILENCE], WAVE)


def test_an_sf2_file_is_taken_as_it_is(tmp_path):
    path = tmp_path / "tiny.sf2"
    path.write_bytes(soundfont(packed=False))
    assert read_soundfont(path) == soundfont(packed=False)


def test_the_default_is_a_soundfont():
    assert read_soundfont(None)[8:12] == b"sfbk"


@pytest.mark.parametrize("suffix", ["sf2", "sf3"])
def test_the_given_font_sounds(tmp_path, suffix):
    path = tmp_path / f"tiny.{suffix}"
    path.write_bytes(soundfont(packed=suffix == "sf3"))
    music = pretty_midi.PrettyMIDI()
    piano = pretty_midi.Instrument(0)
    piano.notes.append(pretty_midi.Note(100, 81, 0.0, 2.0))  # an octave above the sample
    music.instruments.append(piano)
    music.write(str(tmp_path / "a.mid"))
    render_audio(tmp_path / "a.mid", tmp_path / "a.wav", tmp_path / "a.mp3", soundfont=path)
    samples, _ = soundfile.read(tmp_path / "a.wav")
    spectrum = np.abs(np.fft.rfft(samples[RATE // 2 : RATE // 2 + RATE, 0]))
    assert np.argmax(spectrum) == pytest.approx(882, abs=1)  # Hz, since the window is a second


SF3 = soundfont(packed=True)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (SF3[: len(SF3) // 2], "ends within"),
        (SF3.replace(b"shdr", b"xxxx"), "no shdr chunk"),
        (SF3.replace(b"OggS", b"xxxx"), "a sample"),
    ],
)
def test_a_broken_packed_font(tmp_path, content, reason):
    path = tmp_path / "broken.sf3"
    path.write_bytes(content)
    with pytest.raises(SoundfontError, match=rf"^{path}: cannot be used .*{reason}"):
        read_soundfont(path)


def test_a_missing_font(tmp_path):
    path = tmp_path / "none.sf2"
    with pytest.raises(SoundfontError, match=rf"^{path}: cannot be used .*No such file"):
        read_soundfont(path)
