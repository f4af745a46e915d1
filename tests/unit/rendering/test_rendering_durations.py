import pytest

from perfrnn.rendering.durations import triplet_beats, write_durations
from perfrnn.rendering.notation import Metre
from perfrnn.rendering.voices import Chord

COMMON, COMPOUND = Metre(4, 4), Metre(6, 8)


def ends(*chords, metre=COMMON, triplets=frozenset(), end=192):
    """Return the written ends of chords given as onset and sounding end."""
    voice = [Chord(onset, until, (60,)) for onset, until in chords]
    return [chord.end for chord in write_durations(voice, metre, triplets, end)]


@pytest.mark.parametrize(
    ("sounding", "written"),
    [
        (24, 24),  # as long as to the next note
        (20, 24),  # a little short
        (13, 24),  # for half of the time
        (5, 12),  # staccato: an eighth and a rest, not a sixteenth and two
    ],
)
def test_a_quarter_before_the_next_note(sounding, written):
    assert ends((0, sounding), (24, 48))[0] == written


def test_short_notes_always_last_to_the_next():
    assert ends((0, 2), (6, 8), (12, 24))[:2] == [6, 12]


def test_a_silence_of_beats_is_kept():
    assert ends((0, 26), (72, 96))[0] == 24
    assert ends((0, 45), (96, 120))[0] == 48


def test_a_rest_in_a_compound_metre_starts_on_an_eighth():
    assert ends((0, 5), (36, 72), metre=COMPOUND)[0] == 12


def test_a_rest_in_a_triplet_starts_on_a_third():
    assert ends((0, 3), (16, 24), metre=COMMON, triplets=frozenset({0}))[0] == 8


def test_the_pedal_does_not_tie_over_barlines():
    # Struck on the second beat, next struck in the middle of the next measure: a small part of
    # that sounds.
    assert ends((24, 110), (144, 192))[0] == 96


def test_a_syncopation_is_tied_over_the_barline():
    assert ends((84, 108), (108, 132))[0] == 108


def test_a_held_note_is_tied_over_one_barline_only():
    assert ends((48, 400), end=480)[0] == 192


@pytest.mark.parametrize(
    ("onsets", "metre", "beats"),
    [
        ({0, 12, 24, 30}, COMMON, set()),
        ({0, 8, 16, 24}, COMMON, {0}),
        ({20, 30, 52}, COMMON, {0, 48}),
        ({24, 36}, COMPOUND, set()),
    ],
)
def test_triplet_beats(onsets, metre, beats):
    assert triplet_beats(onsets, metre) == beats
