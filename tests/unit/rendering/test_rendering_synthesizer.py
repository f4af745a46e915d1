"""What the synthesizer is given, listened to by another reader."""

import io
from collections import Counter, defaultdict
from pathlib import Path

import mido
import numpy as np
import pytest
from hypothesis import given, settings

from midi_events import midi_files, off, on, pedal
from perfrnn.notes import Notes
from perfrnn.rendering.reading import read_music, read_notes
from perfrnn.rendering.synthesizer import TICKS_PER_SECOND, to_midi
from perfrnn.sequences.midi_performance import Controls, Performance
from source_builders import build_midi

CASES = Path(__file__).parents[2] / "data" / "midi"
PIANO = Controls(*np.zeros((5, 0), np.int64))


def messages(content):
    """Each message but the last text, with its time in seconds."""
    file = mido.MidiFile(file=io.BytesIO(content))
    assert file.ticks_per_beat * 2 == TICKS_PER_SECOND
    (track,) = file.tracks
    now = 0
    for message in track:
        now += message.time
        yield now / TICKS_PER_SECOND, message


def heard(content):
    """The notes as a synthesizer starts and ends them: pitch, velocity, start, end, channel."""
    sounding = defaultdict(list)
    notes = []
    for now, message in messages(content):
        if message.type == "note_on":
            sounding[message.channel, message.note].append((message.velocity, now))
        elif message.type == "note_off":
            for velocity, start in sounding.pop((message.channel, message.note), []):
                notes.append((message.note, velocity, start, now, message.channel))
    assert not sounding
    return sorted(notes)


def performance(*rows, channel=0, controls=PIANO):
    """Notes given as start, end and pitch."""
    table = np.array(sorted(rows), float).reshape(-1, 3)
    pitch = table[:, 2].astype(int)
    notes = Notes(table[:, 0], table[:, 1], pitch, np.full(len(pitch), 80), table[:, 1].max())
    return Performance(notes, np.broadcast_to(channel, len(pitch)), controls)


def test_notes_of_one_pitch_that_end_apart_go_to_channels_apart():
    music = performance((0, 1, 60), (0.5, 3, 60), (2, 4, 60), (0.5, 1, 64), (0.6, 1, 64))
    assert heard(to_midi(music, 5.0)) == [
        (60, 80, 0.0, 1.0, 0),
        (60, 80, 0.5, 3.0, 1),
        (60, 80, 2.0, 4.0, 0),
        (64, 80, 0.5, 1.0, 0),
        (64, 80, 0.6, 1.0, 0),
    ]


def test_what_shapes_the_sound_of_a_channel_goes_along():
    changes = [(0.0, 0xC0, 2, 5, 0), (0.5, 0xB0, 2, 64, 127), (0.7, 0xE0, 2, 1, 65),
               (0.8, 0xD0, 2, 9, 0), (0.9, 0xB0, 7, 7, 1)]  # fmt: skip
    time, *rest = np.array(changes).T
    controls = Controls(time, *(column.astype(int) for column in rest))
    music = performance((0, 1, 60), (0.5, 2, 60), channel=2, controls=controls)
    found = defaultdict(list)
    for now, message in messages(to_midi(music, 3.0)):
        if message.type not in ("note_on", "note_off", "text", "end_of_track"):
            found[message.channel].append((round(now, 4), bytes(message.bytes())))
    expected = [(0.0, 0xC0, [5]), (0.5, 0xB0, [64, 127]), (0.7, 0xE0, [1, 65]), (0.8, 0xD0, [9])]
    assert found == {
        channel: [(now, bytes([kind | channel, *data])) for now, kind, data in expected]
        for channel in (0, 2)
    }


def test_softer_halves_the_expression_of_channels_with_notes():
    controls = Controls(np.array([1.0]), *np.array([[0xB0], [0], [11], [100]]))
    music = performance((0, 1, 60), controls=controls)
    for softer, values in ((0, [100]), (1, [63, 50]), (2, [31, 25])):
        written = messages(to_midi(music, 2.0, softer=softer))
        assert [m.value for _, m in written if m.type == "control_change"] == values


def test_a_note_of_no_time_to_speak_of_is_begun_before_it_ends():
    (note,) = heard(to_midi(performance((1.0, 1.0 + 1e-7, 60)), 2.0))
    assert note[2:4] == (1.0, 1.0 + 1 / TICKS_PER_SECOND)


def test_the_file_lasts_as_long_as_is_asked_for():
    late = Controls(np.array([60.0]), *np.array([[0xB0], [0], [7], [100]]))
    for seconds in (5.0, 20_000.0):  # the latter more than one step of a MIDI file can be
        *_, (end, last) = messages(to_midi(performance((0, 1, 60), controls=late), seconds))
        assert (end, last.type) == (seconds, "end_of_track")


def test_no_channel_is_left_for_percussion_or_taken_from_it():
    rows = [(0.0, 2.0 + number, 60) for number in range(20)]
    channels = {channel for *_, channel in heard(to_midi(performance(*rows), 30.0))}
    assert channels == set(range(16)) - {9}
    assert {note[4] for note in heard(to_midi(performance(*rows, channel=9), 30.0))} == {9}


@given(content=midi_files())
@settings(deadline=None, max_examples=200)
def test_the_synthesizer_plays_the_notes_of_roll_and_score(content, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "played.mid"
    path.write_bytes(content)
    music = read_music(path)
    if not len(music.notes):
        return
    played = heard(to_midi(music, music.notes.total_time + 1))
    drawn = read_notes(path)  # what both roll and score begin with
    pitched = [note for note in played if note[4] != 9]
    assert Counter(note[:2] for note in pitched) == Counter(
        zip(drawn.pitch.tolist(), drawn.velocity.tolist(), strict=True)
    )
    found = np.array(sorted((n[0], n[1], n[2], n[3]) for n in pitched)).reshape(-1, 4)
    columns = (drawn.pitch, drawn.velocity, drawn.start, drawn.end)
    expected = np.array(sorted(zip(*columns, strict=True))).reshape(-1, 4)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1.01 / TICKS_PER_SECOND)


@pytest.mark.parametrize("name", ["m13-overlapping-same-pitch", "m12-zero-length-note"])
def test_cases_sound_as_they_are_read(name):
    music = read_music(CASES / f"{name}.mid")
    played = heard(to_midi(music, 9.0))
    assert [note[:4] for note in played] == [
        (pitch, velocity, start, end)
        for pitch, velocity, start, end in zip(
            music.notes.pitch,
            music.notes.velocity,
            music.notes.start,
            music.notes.end,
            strict=True,
        )
    ]


def test_two_hands_on_one_channel_keep_their_notes(tmp_path):
    path = tmp_path / "hands.mid"
    right = [(0, pedal(0)), (0, on(60, 90)), (480, off(60))]
    left = [(240, on(60, 50)), (1440, off(60))]
    path.write_bytes(build_midi(right, left))
    played = heard(to_midi(read_music(path), 2.0))
    assert [note[:4] for note in played] == [(60, 50, 0.25, 1.5), (60, 90, 0.0, 0.5)]
