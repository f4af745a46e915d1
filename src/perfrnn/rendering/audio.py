"""MIDI to sound: WAV and MP3 of a soundfont piano."""

from __future__ import annotations

import io
import logging
import math
from pathlib import Path

import midirenderer
import numpy as np
import pretty_midi
import pyloudnorm
import soundfile
from scipy.signal import resample_poly

from perfrnn.errors import PerfRNNError
from perfrnn.files import atomic
from perfrnn.rendering.soundfonts import SoundfontError, read_soundfont

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

EXPRESSION = 11
"""MIDI control number."""


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
        If the MIDI file cannot be read.
    SoundfontError
        If the soundfont cannot be read.
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
    except Exception as error:  # pretty_midi and mido raise many kinds on a broken file
        reason = str(error) or type(error).__name__
        raise AudioError(f"{midi}: not a MIDI file that can be read ({reason})") from error


def _synthesize(
    music: pretty_midi.PrettyMIDI, seconds: float, soundfont: str | Path | None
) -> np.ndarray:
    """Return float64 [round(seconds * 44100), 2]."""
    wanted = round(seconds * SAMPLE_RATE)
    if not any(instrument.notes for instrument in music.instruments):
        return np.zeros((wanted, 2))
    _lift(music)
    # The renderer stops at the last event: one more keeps it going until the tail is over.
    after = pretty_midi.ControlChange(64, 0, max(seconds, music.get_end_time()) + 0.1)
    music.instruments[0].control_changes.append(after)
    samples, rate = _play(music, soundfont)
    for _ in range(MOST_SOFTER):
        if np.abs(samples).max() < FULL_SCALE:
            break
        _soften(music)
        samples, rate = _play(music, soundfont)
    divisor = math.gcd(rate, SAMPLE_RATE)
    samples = resample_poly(samples, SAMPLE_RATE // divisor, rate // divisor)[:wanted]
    return np.pad(samples, ((0, wanted - len(samples)), (0, 0)))


def _play(music: pretty_midi.PrettyMIDI, soundfont: str | Path | None) -> tuple[np.ndarray, int]:
    """Return samples [N, 2], of 16 bit, and their rate in Hz."""
    file = io.BytesIO()
    music.write(file)
    try:
        wave = midirenderer.render_wave_from(read_soundfont(soundfont), file.getvalue())
    except BaseException as error:
        # A broken soundfont may make the renderer panic, which is no Exception and has no name
        # to import.
        if isinstance(error, RuntimeError) or type(error).__name__ == "PanicException":
            raise SoundfontError(soundfont, error) from error
        raise
    return soundfile.read(io.BytesIO(wave), always_2d=True)


def _lift(music: pretty_midi.PrettyMIDI) -> None:
    """Scale the velocities of very soft music so that its loudest note has `SOFT`.

    Else it would drown in the noise of the renderer's 16 bits once it is normalised.
    Synthesizers square velocities too, so the notes keep their distances in dB.
    """
    notes = [note for instrument in music.instruments for note in instrument.notes]
    loudest = max(note.velocity for note in notes)
    if loudest < SOFT:
        for note in notes:
            note.velocity = max(1, round(note.velocity * SOFT / loudest))


def _soften(music: pretty_midi.PrettyMIDI) -> None:
    """Halve the expression control, which synthesizers square: 12 dB less."""
    for instrument in music.instruments:
        expression = [c for c in instrument.control_changes if c.number == EXPRESSION]
        if not any(control.time == 0 for control in expression):
            initial = pretty_midi.ControlChange(EXPRESSION, 127, 0.0)
            instrument.control_changes.insert(0, initial)
            expression.append(initial)
        for control in expression:
            control.value //= 2
