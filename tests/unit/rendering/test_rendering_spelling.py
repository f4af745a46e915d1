import numpy as np
import pytest

from perfrnn.events.key_finding import Key
from perfrnn.notes import Notes
from perfrnn.rendering.spelling import key_signature, spell, written_key

SIGNS = {-2: "bb", -1: "b", 0: "", 1: "#", 2: "##"}


def key(tonic, mode="major"):
    return Key(tonic, mode, 1.0)


def names(pitches, in_key):
    written = [spell(pitch, in_key) for pitch in pitches]
    return [f"{pitch.step}{SIGNS[pitch.alter]}{pitch.octave}" for pitch in written]


@pytest.mark.parametrize(
    ("tonic", "mode", "fifths"),
    [
        (0, "major", 0),
        (7, "major", 1),
        (5, "major", -1),
        (1, "major", -5),
        (6, "major", 6),
        (9, "minor", 0),
        (0, "minor", -3),
        (8, "minor", 5),
    ],
)
def test_key_signatures(tonic, mode, fifths):
    assert key_signature(key(tonic, mode)) == fifths


@pytest.mark.parametrize(
    ("in_key", "pitches", "expected"),
    [
        (key(0), [60, 62, 64, 65, 67, 69, 71], ["C4", "D4", "E4", "F4", "G4", "A4", "B4"]),
        (key(0), [61, 63, 66, 68, 70], ["C#4", "Eb4", "F#4", "G#4", "Bb4"]),
        (key(4), [64, 66, 68, 69, 71, 73, 75], ["E4", "F#4", "G#4", "A4", "B4", "C#5", "D#5"]),
        (key(8), [68, 70, 72, 73, 75, 77, 79], ["Ab4", "Bb4", "C5", "Db5", "Eb5", "F5", "G5"]),
        (
            key(9, "minor"),
            [69, 71, 72, 74, 76, 77, 80],
            ["A4", "B4", "C5", "D5", "E5", "F5", "G#5"],
        ),
        (key(2, "minor"), [61, 70], ["C#4", "Bb4"]),
        (key(0, "minor"), [68, 71, 73], ["Ab4", "B4", "Db5"]),
        (key(8, "minor"), [67, 71], ["F##4", "B4"]),
        (key(6), [71, 72, 65], ["B4", "B#4", "E#4"]),
    ],
)
def test_pitches_are_named_as_the_key_wants(in_key, pitches, expected):
    assert names(pitches, in_key) == expected


def test_octaves_change_at_c_whatever_the_name():
    assert names([59, 60], key(6)) == ["B3", "B#3"]
    assert names([71, 72], key(0)) == ["B4", "C5"]


def test_pitches_below_all_octaves_are_written_in_the_lowest():
    assert names([0, 11], key(0)) == ["C0", "B0"]


def scale(tonic, steps, seconds=0.5):
    pitch = np.array([60 + tonic + step for step in steps])
    start = seconds * np.arange(len(pitch))
    return Notes(
        start, start + seconds, pitch, np.full(len(pitch), 64), float(start[-1] + seconds)
    )


def test_the_key_of_a_scale_with_its_triad():
    notes = scale(2, [0, 2, 4, 5, 7, 9, 11, 12, 0, 4, 7, 12, 7, 4, 0])
    assert written_key(notes)[:2] == (2, "major")
    notes = scale(7, [0, 2, 3, 5, 7, 8, 11, 12, 0, 3, 7, 12, 7, 3, 0])
    assert written_key(notes)[:2] == (7, "minor")


def test_the_opening_counts_more_than_what_follows():
    opening = scale(0, [0, 4, 7, 12, 5, 9, 7, 11, 0, 4, 7, 12] * 2)
    later = scale(6, [0, 4, 7, 12, 5, 9, 7, 11, 0, 4, 7, 12] * 2)
    whole = Notes(
        np.append(opening.start, later.start + 12),
        np.append(opening.end, later.end + 12),
        np.append(opening.pitch, later.pitch),
        np.append(opening.velocity, later.velocity),
        24.0,
    )
    assert written_key(whole)[:2] == (0, "major")


def test_silence_is_in_c_major():
    empty = Notes(np.zeros(0), np.zeros(0), np.zeros(0, int), np.zeros(0, int), 0.0)
    assert written_key(empty)[:2] == (0, "major")
