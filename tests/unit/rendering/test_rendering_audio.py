"""MIDI to sound."""

import io
from pathlib import Path

import numpy as np
import pretty_midi
import pytest
import soundfile

from midi_events import off, on
from perfrnn.errors import PerfRNNError
from perfrnn.rendering import audio
from perfrnn.rendering.audio import normalize, render_audio
from perfrnn.rendering.soundfonts import SoundfontError
from source_builders import build_midi

RATE = 44100
CASES = Path(__file__).parents[2] / "data" / "midi"


def write_midi(path, notes, pedal=(), velocity=80):
    """Write notes (start, end, pitch) and pedal changes (time, value)."""
    music = pretty_midi.PrettyMIDI()
    piano = pretty_midi.Instrument(0)
    piano.notes = [pretty_midi.Note(velocity, pitch, start, end) for start, end, pitch in notes]
    piano.control_changes = [pretty_midi.ControlChange(64, value, time) for time, value in pedal]
    music.instruments.append(piano)
    music.write(str(path))
    return path


def render(folder, notes, pedal=(), seconds=None, velocity=80):
    """Return the samples [N, 2] of the WAV file."""
    midi = write_midi(folder / "a.mid", notes, pedal, velocity)
    render_audio(midi, folder / "a.wav", folder / "a.mp3", seconds=seconds)
    samples, rate = soundfile.read(folder / "a.wav")
    assert rate == RATE
    return samples


def loudness(samples, begin, end):
    """Return the root mean square between two times."""
    return np.sqrt(np.mean(samples[round(begin * RATE) : round(end * RATE)] ** 2))


@pytest.mark.parametrize("seconds", [1.5, 4.0, None])  # shorter than the music, longer, as long
def test_length(tmp_path, seconds):
    render(tmp_path, [(0.0, 0.5, 60), (1.0, 2.0, 64)], seconds=seconds)
    expected = (2.0 if seconds is None else seconds) + 0.8
    wav, mp3 = (soundfile.info(tmp_path / name) for name in ("a.wav", "a.mp3"))
    assert wav.frames == pytest.approx(expected * RATE, abs=100)
    assert (wav.channels, wav.subtype) == (2, "PCM_16")
    assert mp3.frames / mp3.samplerate == pytest.approx(expected, abs=0.06)
    assert (mp3.channels, mp3.samplerate, mp3.format) == (2, RATE, "MP3")


@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        ("m03-tempo-in-second-track", 6.0),
        ("m05f-eight-trailing-bytes", 2.0),
        ("m06a-key-18-flats", 2.0),
        ("m09b-vendor-chunk-after-header", 2.0),
        ("m10-realtime-bytes", 2.0),
        ("m11-running-status-after-sysex", 1.0),
        ("m12-zero-length-note", 2.0),
        ("m13-overlapping-same-pitch", 3.0),
        ("m14-events-after-end-of-track", 2.0),
        ("m16-pedal-in-its-own-track", 2.5),
        ("m17-千本樱", 2.0),
        ("m20-tempo-a-minute-after-the-last-note", 2.0),
    ],
)
def test_cases_of_public_bug_reports_last_as_long_as_their_music(tmp_path, name, seconds):
    render_audio(CASES / f"{name}.mid", tmp_path / "a.wav", tmp_path / "a.mp3")
    assert soundfile.info(tmp_path / "a.wav").frames == round((seconds + 0.8) * RATE)


@pytest.mark.parametrize(
    "late",
    [b"\xff\x01\x01x", b"\xff\x58\x04\x04\x02\x18\x08", b"\xb0\x07\x64", b"\xb0\x40\x00"],
    ids=["text", "metre", "volume", "pedal"],
)
def test_what_comes_after_the_last_note_makes_no_silence(tmp_path, late):
    midi = tmp_path / "a.mid"
    midi.write_bytes(build_midi([(0, on(60)), (1920, off(60)), (96_000, late)]))
    render_audio(midi, tmp_path / "a.wav", tmp_path / "a.mp3")
    assert soundfile.info(tmp_path / "a.wav").frames == round(2.8 * RATE)


def test_a_pedal_lets_the_last_note_ring_until_it_is_lifted(tmp_path):
    samples = render(tmp_path, [(0.0, 0.5, 48)], pedal=[(0.0, 127), (1.5, 0)])
    assert len(samples) == round(2.3 * RATE)
    assert loudness(samples, 1.0, 1.5) > 0.2 * loudness(samples, 0.0, 0.5)


def test_a_pedal_left_down_makes_no_silence(tmp_path):
    samples = render(tmp_path, [(0.0, 0.5, 84)], pedal=[(0.0, 127), (90.0, 0)])
    assert 1.3 * RATE <= len(samples) < 20 * RATE
    assert np.abs(samples[-RATE // 2 :]).max() < 0.02


def test_a_pedal_in_another_track_holds_notes(tmp_path):
    render_audio(CASES / "m16-pedal-in-its-own-track.mid", tmp_path / "a.wav", tmp_path / "a.mp3")
    samples, _ = soundfile.read(tmp_path / "a.wav")
    assert loudness(samples, 1.4, 1.8) > 0.05 * loudness(samples, 0.0, 0.4)
    assert loudness(samples, 1.95, 2.0) < 0.5 * loudness(samples, 1.8, 1.85)


def test_every_note_sounds_at_its_time_on_both_sides(tmp_path):
    starts = [0.5 * step for step in range(8)]
    notes = [(start, start + 0.2, 40 + 5 * step) for step, start in enumerate(starts)]
    samples = render(tmp_path, notes)
    for start in starts:
        for side in (0, 1):
            one = samples[:, side]
            before = loudness(one, start - 0.04, start) if start else 0.0
            assert loudness(one, start, start + 0.1) > 3 * before
    assert not np.array_equal(samples[:, 0], samples[:, 1])


def test_the_pedal_holds_notes(tmp_path):
    notes = [(0.0, 0.2, 60), (3.0, 3.5, 72)]
    dry = render(tmp_path, notes)
    held = render(tmp_path, notes, pedal=[(0.0, 127), (2.0, 0)])
    assert loudness(held, 1.0, 1.9) > 5 * loudness(dry, 1.0, 1.9)
    assert loudness(held, 2.7, 3.0) < 0.2 * loudness(held, 1.0, 1.9)


def test_the_tail_is_kept_and_fades(tmp_path):
    samples = render(tmp_path, [(0.0, 2.0, 48)], pedal=[(0.0, 127)], seconds=2.0)
    assert loudness(samples, 2.0, 2.4) > 0.5 * loudness(samples, 1.6, 2.0)
    assert np.abs(samples[-20:]).max() < 1e-3
    assert np.abs(np.diff(samples[-RATE // 4 :], axis=0)).max() < 0.05  # no click


def test_silence_stays_silent(tmp_path):
    samples = render(tmp_path, [], seconds=1.0)
    assert samples.shape == (round(1.8 * RATE), 2)
    assert not samples.any()


def test_loud_music_is_not_clipped(tmp_path):
    cluster = [(step / 4, step / 4 + 2, pitch) for step in range(8) for pitch in range(30, 90)]
    samples = render(tmp_path, cluster)
    assert np.abs(samples).max() <= 10 ** (-1.5 / 20) + 1e-4


def test_music_that_clips_in_the_renderer_is_played_softer(tmp_path, monkeypatch):
    played = []

    def play(font, midi):
        """Return a sine that clips unless the expression control is at most 31."""
        (piano,) = pretty_midi.PrettyMIDI(io.BytesIO(midi)).instruments
        values = [c.value for c in piano.control_changes if c.number == 11]
        played.append(values)
        amplitude = 8 * (values[0] / 127 if values else 1) ** 2
        sine = amplitude * np.sin(2 * np.pi * 441 * np.arange(RATE) / RATE)
        file = io.BytesIO()
        soundfile.write(file, np.clip(np.stack([sine, sine], 1), -1, 1), RATE, format="WAV")
        return file.getvalue()

    monkeypatch.setattr(audio.midirenderer, "render_wave_from", play)
    samples = render(tmp_path, [(0.0, 0.5, 60)])
    assert played == [[], [63], [31]]
    peak = np.abs(samples[: RATE // 4]).max()
    assert loudness(samples, 0.0, 0.25) == pytest.approx(peak / np.sqrt(2), rel=0.01)  # a sine


def test_soft_music_is_as_clear_as_loud(tmp_path):
    notes = [(0.0, 1.0, 60), (1.0, 2.0, 64)]
    soft, loud = (render(tmp_path, notes, velocity=velocity) for velocity in (1, 64))
    assert soft.any()
    np.testing.assert_array_equal(soft, loud)


def test_normalize_reaches_the_loudness():
    # A sine of 997 Hz and amplitude 1 on one of two channels is -3.01 LUFS (BS.1770-4, annex 1),
    # on both 0: at -18 LUFS its amplitude is 10 ** (-18 / 20).
    sine = 0.5 * np.sin(2 * np.pi * 997 * np.arange(3 * RATE) / RATE)
    samples = normalize(np.stack([sine, sine], axis=1))
    assert np.abs(samples).max() == pytest.approx(10 ** (-18 / 20), rel=0.01)


def test_normalize_keeps_below_the_peak():
    noise = 1e-3 * np.random.default_rng(0).standard_normal((3 * RATE, 2))
    noise[RATE] = 0.9
    assert np.abs(normalize(noise)).max() == pytest.approx(10 ** (-1.5 / 20))


def test_normalize_leaves_what_is_too_short_to_measure():
    short = np.full((100, 2), 0.3)
    np.testing.assert_array_equal(normalize(short), short)


@pytest.mark.parametrize("content", [b"", b"MThd", b"no music at all, but longer than a header"])
def test_what_is_no_midi_file(tmp_path, content):
    midi = tmp_path / "broken.mid"
    midi.write_bytes(content)
    with pytest.raises(PerfRNNError, match=r"broken\.mid: not a MIDI file.*\(.+\)$"):
        render_audio(midi, tmp_path / "a.wav", tmp_path / "a.mp3")
    assert [path.name for path in tmp_path.iterdir()] == ["broken.mid"]


def test_a_soundfont_that_cannot_be_played(tmp_path):
    midi = write_midi(tmp_path / "a.mid", [(0.0, 0.5, 60)])
    font = tmp_path / "broken.sf2"
    font.write_bytes(b"RIFF and more that is no soundfont")
    with pytest.raises(SoundfontError, match=rf"^{font}: cannot be used as a soundfont"):
        render_audio(midi, tmp_path / "a.wav", tmp_path / "a.mp3", soundfont=font)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mid", "broken.sf2"]


def test_a_soundfont_that_makes_the_renderer_panic(tmp_path, monkeypatch):
    class PanicException(BaseException):  # as the renderer's own, which cannot be imported
        pass

    def panic(font, midi):
        raise PanicException("index out of bounds")

    midi = write_midi(tmp_path / "a.mid", [(0.0, 0.5, 60)])
    monkeypatch.setattr(audio.midirenderer, "render_wave_from", panic)
    with pytest.raises(SoundfontError, match=r"^TimGM6mb\.sf2: .*index out of bounds"):
        render_audio(midi, tmp_path / "a.wav", tmp_path / "a.mp3")
