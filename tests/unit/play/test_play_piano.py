"""The sampled piano: what it has, how it sounds, how large it is."""

import base64
import io
import json

import numpy as np
import pytest
import soundfile

from perfrnn.play.piano import write_piano

MOST_BYTES = 2_000_000


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    path = tmp_path_factory.mktemp("piano") / "piano.js"
    write_piano(path)
    return path


@pytest.fixture(scope="module")
def samples(script):
    text = script.read_text(encoding="ascii")
    before, after = "globalThis.perfrnnPiano = ", ";\n"
    return {
        (sample["pitch"], sample["velocity"]): soundfile.read(
            io.BytesIO(base64.b64decode(sample["mp3"]))
        )
        for sample in json.loads(text.removeprefix(before).removesuffix(after))
    }


def test_it_is_small_enough_to_be_handed_on(script):
    assert script.stat().st_size < MOST_BYTES


def test_every_third_semitone_is_there_soft_and_loud(samples):
    assert sorted(samples) == [(pitch, v) for pitch in range(21, 109, 3) for v in (40, 100)]


@pytest.mark.parametrize("pitch", [45, 60, 81])
def test_samples_sound_at_their_pitch(samples, pitch):
    wave, rate = samples[pitch, 100]
    frequencies = np.fft.rfftfreq(len(wave), 1 / rate)
    strength = np.abs(np.fft.rfft(wave))
    expected = 440 * 2 ** ((pitch - 69) / 12)
    partials = [strength[np.abs(frequencies - expected * n) < 2 * n].sum() for n in (1, 2, 3)]
    between = strength[np.abs(frequencies - expected * 1.5) < 3].sum()
    assert max(partials) > 10 * between


def test_loudnesses_keep_their_proportion(samples):
    for pitch in (33, 60, 90):
        soft, loud = (np.abs(samples[pitch, velocity][0]).max() for velocity in (40, 100))
        assert 0.05 < soft / loud < 0.4  # synthesizers square velocities: 0.16


def test_samples_begin_at_once_and_end_in_silence(samples):
    for wave, rate in samples.values():
        peak = np.abs(wave).max()
        assert np.flatnonzero(np.abs(wave) > 0.1 * peak)[0] < 0.08 * rate
        assert np.abs(wave[-200:]).max() < 0.02 * peak
        assert len(wave) <= 5.2 * rate
