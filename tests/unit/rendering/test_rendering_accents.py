import numpy as np
import pytest

from perfrnn.notes import Notes
from perfrnn.rendering.accents import describe_beats, likeness

BEATS = 0.5 * np.arange(9)


def struck(*rows):
    """Return notes given as start and end in seconds and pitch."""
    table = np.array(sorted(rows), float)
    pitch = table[:, 2].astype(int)
    return Notes(table[:, 0], table[:, 1], pitch, np.full(len(pitch), 64), table[:, 1].max())


def repeated(length=0.2):
    """Return a repeated chord, one on each of eight beats."""
    return [
        (0.5 * beat, 0.5 * beat + length, pitch) for beat in range(8) for pitch in (60, 64, 67)
    ]


def test_equal_beats_have_equal_accents():
    accents, pattern = describe_beats(struck(*repeated()), BEATS)
    assert np.ptp(accents[1:6]) == pytest.approx(0, abs=1.5)
    np.testing.assert_allclose(pattern, 0, atol=1e-6)  # each as the mean, so nothing is special


def test_a_low_note_marks_its_beat():
    accents, _ = describe_beats(struck(*repeated(), (1.5, 1.7, 36)), BEATS)
    assert accents.argmax() == 3


def test_a_long_note_marks_its_beat():
    accents, _ = describe_beats(struck(*repeated(), (1.5, 2.4, 84)), BEATS)
    assert accents.argmax() == 3


def test_another_harmony_marks_its_beat():
    rows = [(start, end, pitch + (2 if start >= 2 else 0)) for start, end, pitch in repeated()]
    accents, _ = describe_beats(struck(*rows), BEATS)
    assert accents[:6].argmax() == 4


def test_beats_without_onsets_are_not_marked():
    rows = [row for row in repeated() if row[0] != 1.5]
    accents, _ = describe_beats(struck(*rows), BEATS)
    assert accents[:6].argmin() == 3


def test_patterns_that_come_again_are_alike():
    rows = [(0.5 * beat, 0.5 * beat + 0.2, (60, 64, 67)[beat % 3]) for beat in range(8)]
    _, pattern = describe_beats(struck(*rows), BEATS)
    assert likeness(pattern, 3) == pytest.approx(1, abs=1e-3)
    assert likeness(pattern, 2) < 0


def test_nothing_is_like_nothing():
    assert likeness(np.zeros((3, 24)), 3) == 0.0
