"""Keys: a C major scale, a modulation, white noise."""

import numpy as np
import pytest

from evaluation_music import MAJOR, chord_loop, music, noise, scale
from perfrnn.evaluation import tonality
from perfrnn.events.key_finding import MAJOR_PROFILE, MINOR_PROFILE

CHROMATIC = tuple(range(12))


@pytest.mark.parametrize("tonic", [0, 4, 11])
def test_a_profile_is_its_own_key(tonic):
    for mode, profile in enumerate((MAJOR_PROFILE, MINOR_PROFILE)):
        correlations = tonality.key_correlations(np.roll(profile, tonic))
        assert correlations.argmax() == 12 * mode + tonic
        assert correlations.max() == pytest.approx(1)


def test_correlations_are_pearson_s():
    weights = np.random.default_rng(0).random(12)
    expected = np.corrcoef(weights, np.roll(MINOR_PROFILE, 5))[0, 1]
    assert tonality.key_correlations(weights)[17] == pytest.approx(expected)


def test_equal_weights_have_no_key():
    assert np.isnan(tonality.key_correlations(np.ones(12))).all()
    assert len(tonality.best_keys(np.ones((1, 12)))) == 0


@pytest.mark.parametrize(
    ("one", "other", "fifths", "related"),
    [
        (0, 0, 0, True),
        (0, 7, 1, True),  # C major, G major
        (0, 5, 1, True),  # C major, F major
        (0, 21, 0, True),  # C major, A minor
        (0, 12, 3, True),  # C major, C minor
        (0, 2, 2, False),  # C major, D major
        (0, 16, 1, False),  # C major, E minor: neither relative nor of one mode
        (0, 6, 6, False),  # C major, F sharp major
        (14, 21, 1, True),  # D minor, A minor
    ],
)
def test_related_keys(one, other, fifths, related):
    one, other = np.array(one), np.array(other)
    assert tonality.fifths_apart(one, other) == fifths
    assert tonality.related(one, other) == related
    assert tonality.related(other, one) == related


def test_a_chord_loop_in_c_stays_in_c():
    notes = chord_loop()
    assert tonality.key_clarity(notes) > 0.85
    assert tonality.key_stability(notes) == 1
    assert tonality.key_drift(notes) == 0
    assert tonality.in_scale_share(notes) == 1


def test_a_tune_that_jumps_to_f_sharp_drifts():
    first = chord_loop(seconds=40)
    rows = list(zip(first.start, first.end, first.pitch, strict=True))
    later = [(start + 40, end + 40, pitch + 6) for start, end, pitch in rows[: len(rows) // 2]]
    notes = music(rows + later)
    # Of 14 windows four lie wholly in F sharp, six fifths away, and one on the border.
    assert 6 * 4 / 14 <= tonality.key_drift(notes) <= 6 * 5 / 14
    assert tonality.in_scale_share(notes) > 0.9
    assert tonality.key_stability(notes) < 1


def test_foreign_notes_are_counted():
    major, foreign = scale(), music([(10.2, 10.3, 61), (20.2, 20.3, 66), (30.2, 30.3, 68)])
    rows = zip(
        np.append(major.start, foreign.start),
        np.append(major.end, foreign.end),
        np.append(major.pitch, foreign.pitch),
        strict=True,
    )
    assert tonality.in_scale_share(music(list(rows))) == pytest.approx(120 / 123)


def test_entropy_of_scales():
    # 119 notes are 17 times the seven degrees.
    assert tonality.pitch_class_entropy(scale(seconds=59.5)) == pytest.approx(np.log2(7))
    chromatic = scale(degrees=CHROMATIC)
    assert tonality.pitch_class_entropy(chromatic) == pytest.approx(np.log2(12))
    # 16 notes of half a second in a window: two of the seven degrees come thrice.
    shares = np.array([3, 3, 2, 2, 2, 2, 2]) / 16
    expected = -(shares * np.log2(shares)).sum()
    assert tonality.local_pitch_class_entropy(scale(seconds=56)) == pytest.approx(expected)


def test_noise_is_less_tonal_than_a_scale():
    assert tonality.key_clarity(noise()) < 0.6 < tonality.key_clarity(scale(degrees=MAJOR))
    assert tonality.in_scale_share(noise()) < 0.75
