"""A sampled piano for the browser: single notes by this project's own renderer."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soundfile

from perfrnn.files import atomic
from perfrnn.generation.samples import write_midi
from perfrnn.notes import Notes
from perfrnn.rendering.audio import SAMPLE_RATE, fade_out, render_audio

PITCHES = range(21, 109, 3)
"""Every third semitone of a piano's keys: the others are a semitone away from one of them."""

VELOCITIES = (40, 100)
"""A soft and a loud sample of each pitch."""

HELD_SECONDS = 5.0
"""How long each key is held: as long as notes of samples last at most by default."""

APART_SECONDS = 7.0
"""From one note to the next, so that the last one has died away."""

SILENCE = 10 ** (-60 / 20)
"""Part of a note's peak below which nothing is heard of it any more."""

COMPRESSION = 0.8
"""Of libsndfile's MP3 encoder, from 0 to 1."""


def write_piano(path: Path, *, soundfont: str | Path | None = None) -> None:
    """Write a script that sets `perfrnnPiano` to samples: `pitch`, `velocity` and `mp3` in base64.

    All are rendered as one performance, so that their loudnesses keep their proportions.

    Parameters
    ----------
    soundfont : .sf2 or .sf3 file; None takes the default one.

    Raises
    ------
    SoundfontError
        If the soundfont cannot be used.
    """
    samples = [
        {"pitch": pitch, "velocity": velocity, "mp3": base64.b64encode(_mp3(wave)).decode("ascii")}
        for pitch, velocity, wave in _render(soundfont)
    ]
    with atomic(path) as temporary:
        temporary.write_text(
            f"globalThis.perfrnnPiano = {json.dumps(samples)};\n", encoding="ascii"
        )


def _render(soundfont: str | Path | None) -> Iterator[tuple[int, int, np.ndarray]]:
    """Yield pitch, velocity and sound, float64 [N] at `SAMPLE_RATE`, of each sample."""
    keys = [(pitch, velocity) for pitch in PITCHES for velocity in VELOCITIES]
    pitch, velocity = np.array(keys).T
    start = APART_SECONDS * np.arange(len(keys))
    total = APART_SECONDS * len(keys)
    with TemporaryDirectory() as folder:
        midi, wav, mp3 = (Path(folder, f"keys.{suffix}") for suffix in ("mid", "wav", "mp3"))
        write_midi(midi, Notes(start, start + HELD_SECONDS, pitch, velocity, total))
        render_audio(midi, wav, mp3, soundfont=soundfont, seconds=total)
        sound, _ = soundfile.read(wav, always_2d=True)
    for number, key in enumerate(keys):
        first = round(start[number] * SAMPLE_RATE)
        wave = sound[first : first + round(HELD_SECONDS * SAMPLE_RATE)].mean(axis=1)
        yield *key, _without_silence(wave)


def _without_silence(wave: np.ndarray) -> np.ndarray:
    """Return a note up to where it cannot be heard any more, faded out."""
    loudness = np.abs(wave)
    last = int(np.flatnonzero(loudness >= SILENCE * loudness.max())[-1])
    return fade_out(wave[: last + 1, None])[:, 0]


def _mp3(wave: np.ndarray) -> bytes:
    encoded = io.BytesIO()
    soundfile.write(
        encoded,
        wave,
        SAMPLE_RATE,
        format="MP3",
        compression_level=COMPRESSION,
        bitrate_mode="VARIABLE",
    )
    return encoded.getvalue()
