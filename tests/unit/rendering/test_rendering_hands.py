import numpy as np

from perfrnn.rendering.hands import LEFT, RIGHT, assign_hands


def test_melody_and_bass_are_told_apart():
    start = np.repeat(0.5 * np.arange(8), 2)
    pitch = np.tile([48, 76], 8)
    np.testing.assert_array_equal(assign_hands(start, pitch), np.tile([LEFT, RIGHT], 8))


def test_two_high_hands_are_not_split_at_middle_c():
    # Both hands play above middle C, two octaves apart: one hand could not reach both.
    start = np.repeat(0.4 * np.arange(10), 2)
    pitch = np.tile([64, 88], 10)
    np.testing.assert_array_equal(assign_hands(start, pitch), np.tile([LEFT, RIGHT], 10))


def test_a_wide_arpeggio_goes_from_hand_to_hand():
    pitch = np.array([36, 43, 48, 55, 60, 64, 67, 72, 76, 79, 84])
    hands = assign_hands(0.1 * np.arange(len(pitch)), pitch)
    assert hands[0] == LEFT
    assert hands[-1] == RIGHT
    assert np.all(np.diff(hands) <= 0)


def test_no_notes_need_no_hands():
    assert len(assign_hands(np.zeros(0), np.zeros(0, int))) == 0
