"""MIDI to sound: WAV and MP3 of a soundfont piano."""

from __future__ import annotations

import io
import logging
import math
from functools import cache
from importlib.resources import files
from pathlib import Path

import midirenderer
import numpy as np
import pretty_midi
import pyloudnorm
import soundfile
from scipy.signal import resample_poly

from perfrnn.errors import PerfRNNError
from perfrnn.files import atomic

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


class AudioError(PerfRNNError):
    """A performance cannot be turned into sound."""


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
    midi : any MIDI file; the sustain pedal is honoured.
    soundfont : .sf2 or .sf3 file; None takes TimGM6mb, which pretty_midi ships.
    seconds : nominal length; None takes that of the MIDI file.

    Raises
    ------
    AudioError
        If the MIDI file or the soundfont cannot be read.
    """
    music = _read(midi)
    length = seconds if seconds is not None else music.get_end_time()
    samples = _synthesize(music, length + TAIL_SECONDS, soundfont)
    samples = normalize(fade_out(samples))
    for path, settings in ((wav, {"subtype": "PCM_16"}), (mp3, {"format": "MP3"})):
        with atomic(path) as temporary:
            soundfile.write(temporary, samples, SAMPLE_RATE, **settings)
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


def _read(midi: Path) -> pretty_midi.PrettyMIDI:
    try:
        return pretty_midi.PrettyMIDI(str(midi))
    except (OSError, ValueError, EOFError, KeyError, IndexError) as error:
        raise AudioError(f"{midi}: not a MIDI file that can be read ({error})") from error


def _synthesize(
    music: pretty_midi.PrettyMIDI, seconds: float, soundfont: str | Path | None
) -> np.ndarray:
    """Return float64 [round(seconds * 44100), 2]."""
    wanted = round(seconds * SAMPLE_RATE)
    if not any(instrument.notes for instrument in music.instruments):
        return np.zeros((wanted, 2))
    # The renderer stops at the last event: one more keeps it going until the tail is over.
    after = pretty_midi.ControlChange(64, 0, max(seconds, music.get_end_time()) + 0.1)
    music.instruments[0].control_changes.append(after)
    file = io.BytesIO()
    music.write(file)
    try:
        wave = midirenderer.render_wave_from(_soundfont(soundfont), file.getvalue())
    except RuntimeError as error:
        raise AudioError(
            f"render.soundfont: {soundfont} is not a soundfont that can be read ({error}); "
            "give another .sf2 or .sf3 file"
        ) from error
    samples, rate = soundfile.read(io.BytesIO(wave), always_2d=True)
    divisor = math.gcd(rate, SAMPLE_RATE)
    samples = resample_poly(samples, SAMPLE_RATE // divisor, rate // divisor)[:wanted]
    return np.pad(samples, ((0, wanted - len(samples)), (0, 0)))


@cache
def _soundfont(path: str | Path | None) -> bytes:
    if path is None:
        return files(pretty_midi).joinpath("TimGM6mb.sf2").read_bytes()
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise AudioError(f"render.soundfont: cannot read {path} ({error.strerror})") from error
