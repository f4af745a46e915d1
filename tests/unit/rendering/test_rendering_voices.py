import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from perfrnn.rendering.voices import Chord, join_voices, make_voices


def voices(*notes):
    """Return the voices of notes given as onset, end and pitch."""
    onset, end, pitch = np.array(notes, int).reshape(-1, 3).T
    return make_voices(onset, end, pitch)


def test_chords_are_kept_together():
    upper, lower = voices((0, 24, 67), (0, 24, 60), (0, 24, 64), (24, 48, 62))
    assert upper == [Chord(0, 24, (60, 64, 67)), Chord(24, 48, (62,))]
    assert lower == []


def test_a_melody_is_held_over_its_accompaniment():
    melody = [(0, 48, 76), (48, 96, 77)]
    accompaniment = [(onset, onset + 12, 60 + onset // 12 % 2 * 4) for onset in range(0, 96, 12)]
    upper, lower = voices(*melody, *accompaniment)
    assert upper == [Chord(0, 48, (76,)), Chord(48, 96, (77,))]
    assert [chord.pitches for chord in lower] == [(60,), (64,)] * 4


def test_a_bass_is_held_under_chords():
    chords = [(onset, onset + 12, pitch) for onset in (24, 48, 72) for pitch in (55, 60)]
    upper, lower = voices((0, 96, 36), *chords)
    assert [chord.onset for chord in upper] == [24, 48, 72]
    assert [(chord.onset, chord.pitches) for chord in lower] == [(0, (36,))]


def test_a_line_played_legato_is_one_voice():
    # Each note is let go a little after the next is struck.
    line = [(12 * step, 12 * step + 14, 60 + step) for step in range(8)]
    upper, lower = voices(*line)
    assert [chord.end - chord.onset for chord in upper] == [12] * 7 + [14]
    assert lower == []


def test_what_the_pedal_holds_is_one_voice():
    # An arpeggio of which every note sounds to the end of the measure.
    arpeggio = [(12 * step, 96, 48 + 4 * step) for step in range(8)]
    upper, lower = voices(*arpeggio)
    assert [chord.end - chord.onset for chord in upper[:-1]] == [12] * 7
    assert lower == []


def test_the_same_key_twice_in_one_place_is_one_note():
    upper, _ = voices((0, 10, 60), (0, 20, 60))
    assert upper == [Chord(0, 20, (60,))]


def test_a_silent_hand_has_no_chords():
    empty = np.zeros(0, int)
    assert make_voices(empty, empty, empty) == [[], []]


def test_voices_that_sound_by_turns_are_joined():
    upper = [Chord(0, 12, (72,)), Chord(48, 60, (74,)), Chord(96, 192, (76,))]
    lower = [Chord(24, 51, (55,)), Chord(72, 96, (57,)), Chord(144, 168, (59,))]
    assert join_voices([upper, lower], 96) == [
        [
            Chord(0, 12, (72,)),
            Chord(24, 48, (55,)),  # sounds a little into the next, so it is cut
            Chord(48, 60, (74,)),
            Chord(72, 96, (57,)),
            Chord(96, 192, (76,)),
        ],
        [Chord(144, 168, (59,))],  # under a held note: another measure, another decision
    ]


def test_voices_that_start_together_stay_apart():
    upper, lower = [Chord(0, 1, (72,))], [Chord(0, 24, (60,)), Chord(48, 60, (62,))]
    assert join_voices([upper, lower], 96) == [upper, lower]


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 100), st.integers(21, 108)), max_size=40)
)
def test_every_note_is_in_a_voice_and_voices_do_not_overlap(notes):
    table = np.array([(6 * onset, 6 * onset + length, key) for onset, length, key in notes], int)
    onset, end, pitch = table.reshape(-1, 3).T
    both = join_voices(make_voices(onset, end, pitch), 72)
    written = [(chord.onset, key) for voice in both for chord in voice for key in chord.pitches]
    assert sorted(written) == sorted({*zip(onset.tolist(), pitch.tolist(), strict=True)})
    for voice in both:
        assert all(chord.end > chord.onset for chord in voice)
        assert all(first.end <= then.onset for first, then in itertools.pairwise(voice))
