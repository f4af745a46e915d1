"""MIDI to sound: WAV and MP3 of a soundfont piano."""

from __future__ import annotations

import io
import logging
import math
from dataclasses import replace
from pathlib import Path

import midirenderer
import numpy as np
import pyloudnorm
import soundfile
from scipy.signal import resample_poly

from perfrnn.files import atomic
from perfrnn.rendering.reading import read_music
from perfrnn.rendering.soundfonts import SoundfontError, read_soundfont
from perfrnn.rendering.synthesizer import to_midi
from perfrnn.sequences.midi_performance import Performance

log = logging.getLogger(__name__)

SAMPLE_RATE = 44100
"""Of the files written, in Hz."""

TAIL_SECONDS = 0.8
"""Sound kept after the nominal end, in which the last notes die away."""

FADE_SECONDS = 0.3
"""The end of the tail is faded over this time, so that nothing clicks."""

LOUDNESS = -18.0
"""Integrated loudness of the files in LUFS (ITU-R BS.1770-4)."""

PEAK = 10 ** (-1.5 / 20)
"""Largest sample: 1.5 dB below full scale, since MP3 decoders overshoot a little."""

FULL_SCALE = 32767 / 32768
"""Sample from which on the renderer's 16 bits are taken for clipped."""

MOST_SOFTER = 3
"""Times that clipped music is played again, 12 dB softer each, before it is normalised."""

SOFT = 64
"""Velocity; music whose loudest note is softer is played louder, before it is normalised."""

SILENCE = 10 ** (-60 / 20)
"""Largest sample, beside the loudest, of what counts as silence under a held pedal."""


def render_audio(
    midi: Path,
    wav: Path,
    mp3: Path,
    *,
    soundfont: str | Path | None = None,
    seconds: float | None = None,
) -> None:
    """Render a MIDI file as stereo WAV (16 bit) and MP3.

    The files last `TAIL_SECONDS` longer than the music. They are normalised to `LOUDNESS`, less
    where that would exceed `PEAK`; a silent performance stays silent.

    Parameters
    ----------
    midi : any MIDI file; pedals, programs and other controllers are honoured, percussion is heard.
    soundfont : .sf2 or .sf3 file; None takes TimGM6mb, which pretty_midi ships.
    seconds : nominal length; None takes that of the music: up to the last note's end, or as long
        after it as a pedal holds what can be heard.

    Raises
    ------
    PerfRNNError
        If the MIDI file cannot be read.
    SoundfontError
        If the soundfont cannot be read.
    """
    music = read_music(midi)
    length = seconds if seconds is not None else music.sounding().total_time
    samples = _synthesize(music, length + TAIL_SECONDS, soundfont)
    if seconds is None:
        samples = _without_silence(samples, music.notes.total_time + TAIL_SECONDS)
    samples = normalize(fade_out(samples))
    formats = {wav: {"format": "WAV", "subtype": "PCM_16"}, mp3: {"format": "MP3"}}
    for path, settings in formats.items():
        # In memory first: libsndfile does not tell when the disk has no room for the last block.
        encoded = io.BytesIO()
        soundfile.write(encoded, samples, SAMPLE_RATE, **settings)
        with atomic(path) as temporary:
            temporary.write_bytes(encoded.getbuffer())
    log.info("%s: %.1f s, peak %.2f", midi, len(samples) / SAMPLE_RATE, np.abs(samples).max())


def fade_out(samples: np.ndarray) -> np.ndarray:
    """Return `samples` [N, 2] with the last `FADE_SECONDS` falling to zero."""
    count = min(len(samples), round(FADE_SECONDS * SAMPLE_RATE))
    faded = samples.copy()
    faded[len(samples) - count :] *= np.linspace(1, 0, count)[:, None]
    return faded


def normalize(samples: np.ndarray) -> np.ndarray:
    """Return `samples` [N, 2] at `LOUDNESS`, or as near as `PEAK` allows."""
    peak = float(np.abs(samples).max(initial=0))
    meter = pyloudnorm.Meter(SAMPLE_RATE)
    if peak == 0 or len(samples) < meter.block_size * SAMPLE_RATE:
        return samples
    loudness = meter.integrated_loudness(samples)
    if math.isinf(loudness):
        return samples
    return samples * min(10 ** ((LOUDNESS - loudness) / 20), PEAK / peak)


def _without_silence(samples: np.ndarray, least: float) -> np.ndarray:
    """Return `samples` [N, 2] up to the tail of the last one heard, at least `least` seconds.

    Strings are silent long before a forgotten pedal is lifted.
    """
    loudness = np.abs(samples).max(axis=1)
    heard = np.flatnonzero(loudness > SILENCE * loudness.max(initial=0))
    last = heard[-1] / SAMPLE_RATE + TAIL_SECONDS if len(heard) else 0.0
    return samples[: round(max(last, least) * SAMPLE_RATE)]


def _synthesize(music: Performance, seconds: float, soundfont: str | Path | None) -> np.ndarray:
    """Return float64 [round(seconds * 44100), 2]."""
    wanted = round(seconds * SAMPLE_RATE)
    if not len(music.notes):
        return np.zeros((wanted, 2))
    music = _lift(music)
    for softer in range(MOST_SOFTER + 1):
        # The renderer stops at the last event, so that comes after the tail is over.
        samples, rate = _play(to_midi(music, seconds + 0.1, softer=softer), soundfont)
        if np.abs(samples).max() < FULL_SCALE:
            break
    divisor = math.gcd(rate, SAMPLE_RATE)
    samples = resample_poly(samples, SAMPLE_RATE // divisor, rate // divisor)[:wanted]
    return np.pad(samples, ((0, wanted - len(samples)), (0, 0)))


def _play(midi: bytes, soundfont: str | Path | None) -> tuple[np.ndarray, int]:
    """Return samples [N, 2], of 16 bit, and their rate in Hz."""
    try:
        wave = midirenderer.render_wave_from(read_soundfont(soundfont), midi)
    except BaseException as error:
        # A broken soundfont may make the renderer panic, which is no Exception and has no name
        # to import.
        if isinstance(error, RuntimeError) or type(error).__name__ == "PanicException":
            raise SoundfontError(soundfont, error) from error
        raise
    return soundfile.read(io.BytesIO(wave), always_2d=True)


def _lift(music: Performance) -> Performance:
    """Scale the velocities of very soft music so that its loudest note has `SOFT`.

    Else it would drown in the noise of the renderer's 16 bits once it is normalised.
    Synthesizers square velocities too, so the notes keep their distances in dB.
    """
    velocity = music.notes.velocity
    if velocity.max() >= SOFT:
        return music
    lifted = np.maximum(1, np.rint(velocity * SOFT / velocity.max())).astype(np.int64)
    return replace(music, notes=replace(music.notes, velocity=lifted))
