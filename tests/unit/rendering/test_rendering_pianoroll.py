"""Piano rolls."""

from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.image import imread

from perfrnn.errors import PerfRNNError
from perfrnn.events.key_finding import Key, estimate_chord
from perfrnn.notes import Notes
from perfrnn.rendering import pianoroll
from perfrnn.rendering.pianoroll import LOUDNESS, draw_pianoroll, name_pitch_class
from perfrnn.rendering.reading import read_notes

# One track at 96 ticks a quarter note and 120 quarters a minute: middle C for a second at
# velocity 100, then, half a second later, E for a quarter of a second at velocity 20.
EVENTS = bytes.fromhex("00 903c64 8140 803c00 60 904014 30 804000 00 ff2f00")
HEADER = bytes.fromhex("4d546864 00000006 0000 0001 0060")
MIDI = HEADER + b"MTrk" + len(EVENTS).to_bytes(4, "big") + EVENTS


@pytest.fixture
def midi(tmp_path):
    path = tmp_path / "a.mid"
    path.write_bytes(MIDI)
    return path


def shares(png, colour):
    """Return the share of each column's pixels that have a colour (0 to 1, RGB)."""
    picture = imread(png)[:, :, :3]
    return (np.abs(picture - np.array(colour[:3])).max(axis=2) < 0.01).mean(axis=0)


def test_read_notes(midi):
    notes = read_notes(midi)
    assert notes.start.tolist() == [0.0, 1.5]
    assert notes.end.tolist() == [1.0, 1.75]
    assert notes.pitch.tolist() == [60, 64]
    assert notes.velocity.tolist() == [100, 20]
    assert notes.total_time == 1.75


def test_notes_are_drawn_where_they_sound_in_the_colour_of_their_velocity(midi, tmp_path):
    draw_pianoroll(midi, tmp_path / "a.png", title="A", seconds=4.0)
    width = imread(tmp_path / "a.png").shape[1]
    left, right = 0.09 * width, 0.89 * width  # of the roll: time 0 and 4 s
    for velocity, start, end in ((100, 0.0, 1.0), (20, 1.5, 1.75)):
        inside = shares(tmp_path / "a.png", LOUDNESS((velocity - 1) / 126))
        columns = np.flatnonzero(inside[: round(right)])
        assert columns[0] == pytest.approx(left + start / 4 * (right - left), abs=4)
        assert columns[-1] == pytest.approx(left + end / 4 * (right - left), abs=6)


def test_the_picture_is_small_and_wide_enough(midi, tmp_path):
    draw_pianoroll(midi, tmp_path / "a.png", title="A")
    assert imread(tmp_path / "a.png").shape[:2] == (750, 1350)
    assert (tmp_path / "a.png").stat().st_size < 200_000


@pytest.mark.parametrize(
    ("name", "starts", "length"),
    [
        ("m03-tempo-in-second-track", [0, 1, 2, 3, 4, 4.5, 5, 5.5], 6.0),
        ("m12-zero-length-note", [1, 1.5], 2.0),
        ("m13-overlapping-same-pitch", [1, 2.5], 3.0),
        ("m14-events-after-end-of-track", [0, 0.5, 1, 1.5], 2.0),
        ("m16-pedal-in-its-own-track", [0, 2], 2.5),
        ("m20-tempo-a-minute-after-the-last-note", [0, 0.5, 1, 1.5], 2.0),
    ],
)
def test_cases_of_public_bug_reports(tmp_path, monkeypatch, name, starts, length):
    drawn = []
    draw = pianoroll._draw
    monkeypatch.setattr(pianoroll, "_draw", lambda *given: drawn.append(given) or draw(*given))
    path = Path(__file__).parents[2] / "data" / "midi" / f"{name}.mid"
    draw_pianoroll(path, tmp_path / "a.png", title="A")
    ((notes, seconds, _),) = drawn
    assert (notes.start.tolist(), seconds) == (starts, length)


def test_settings_of_matplotlib_are_left_alone(midi, tmp_path):
    before = dict(matplotlib.rcParams)
    draw_pianoroll(midi, tmp_path / "a.png", title="A")
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize("count", [0, 1, 3000])
def test_any_number_of_notes(tmp_path, monkeypatch, count):
    generator = np.random.default_rng(count)
    start = np.sort(generator.uniform(0, 60, count))
    pitch = generator.integers(0, 128, count)
    notes = Notes(start, start + 0.01, pitch, np.full(count, 127), 60.0)
    monkeypatch.setattr("perfrnn.rendering.pianoroll.read_notes", lambda path: notes)
    draw_pianoroll(tmp_path / "a.mid", tmp_path / "a.png", title="A title\nof two lines")
    assert (tmp_path / "a.png").stat().st_size < 200_000


def test_what_is_no_midi_file(tmp_path):
    (tmp_path / "broken.mid").write_bytes(b"no music")
    with pytest.raises(PerfRNNError, match=r"broken\.mid: not a MIDI file"):
        draw_pianoroll(tmp_path / "broken.mid", tmp_path / "a.png", title="A")
    assert not (tmp_path / "a.png").exists()


@pytest.mark.parametrize(
    ("pitch_class", "key", "name"),
    [
        (8, Key(4, "major", 1.0), "G♯"),
        (8, Key(0, "minor", 1.0), "A♭"),
        (4, Key(4, "major", 1.0), "E"),
        (11, Key(10, "minor", 1.0), "C♭"),
        (1, Key(2, "minor", 1.0), "C♯"),
    ],
)
def test_names_fit_the_key(pitch_class, key, name):
    assert name_pitch_class(pitch_class, key) == name


@pytest.mark.parametrize(
    ("pitches", "chord"),
    [
        ((60, 64, 67), (0, "")),
        ((57, 60, 64, 69), (9, "m")),
        ((55, 59, 62, 65), (7, "7")),
        ((59, 62, 65), (11, "°")),
        (range(60, 72), None),
        ((), None),
    ],
)
def test_chords(pitches, chord):
    weights = np.bincount(np.array(pitches, int) % 12, minlength=12).astype(float)
    assert estimate_chord(weights) == chord
