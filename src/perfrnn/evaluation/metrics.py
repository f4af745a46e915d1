"""Every measure by name: its group, unit, range and meaning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from perfrnn.evaluation import harmony, rhythm, structure, texture, tonality
from perfrnn.notes import Notes

Group = Literal["tonality", "harmony", "rhythm", "structure", "texture"]


@dataclass(frozen=True)
class Metric:
    """One measure of a performance.

    Attributes
    ----------
    name : of its function and of its rows in tables.
    unit : empty for a pure number.
    low, high : ends of its range; None where it has none.
    meaning : one line for people.
    """

    group: Group
    function: Callable[[Notes], float]
    unit: str
    low: float | None
    high: float | None
    meaning: str

    @property
    def name(self) -> str:
        """Return the name of its function."""
        return self.function.__name__


def _group(
    group: Group, *rows: tuple[Callable[[Notes], float], str, float | None, float | None, str]
) -> list[Metric]:
    return [Metric(group, *row) for row in rows]


METRICS: tuple[Metric, ...] = (
    *_group(
        "tonality",
        (tonality.key_clarity, "", -1, 1, "how well 8 s windows fit a key"),
        (tonality.key_stability, "", 0, 1, "windows followed by the same or a related key"),
        (tonality.key_drift, "fifths", 0, 6, "distance of windows from the key of the whole"),
        (tonality.in_scale_share, "", 0, 1, "notes in the scale of the key around them"),
        (tonality.pitch_class_entropy, "bits", 0, 3.585, "spread over the 12 pitch classes"),
        (
            tonality.local_pitch_class_entropy,
            "bits",
            0,
            3.585,
            "spread over the 12 pitch classes within 8 s",
        ),
    ),
    *_group(
        "harmony",
        (harmony.chord_fit, "", 0, 1, "how well seconds fit a triad or a seventh chord"),
        (harmony.chord_change_rate, "1/s", 0, 2, "changes of the best chord"),
        (harmony.diatonic_chord_share, "", 0, 1, "chords that lie in the key around them"),
        (harmony.tonal_centroid_movement, "", 0, 3, "harmonic distance from second to second"),
        (harmony.struck_dissonance, "", -1.24, 1.43, "dissonance of notes struck together"),
        (harmony.sounding_dissonance, "", -1.24, 1.43, "dissonance of all that sounds at once"),
    ),
    *_group(
        "rhythm",
        (rhythm.pulse_clarity, "", -1, 1, "strength of the beat within 8 s"),
        (rhythm.tempo_stability, "", 0, 1, "windows followed by one of the same tempo"),
        (rhythm.groove_similarity, "", -1, 1, "likeness of the rhythms of neighbouring windows"),
        (rhythm.ioi_entropy, "bits", 0, 4.81, "variety of the intervals between onsets"),
        (rhythm.ioi_variability, "", 0, 200, "contrast of successive intervals (nPVI)"),
        (rhythm.equal_interval_share, "", 0, 1, "intervals equal to the one before"),
    ),
    *_group(
        "structure",
        (structure.melody_repetition, "", 0, 1, "5-note melodies that come again"),
        (structure.figure_repetition, "", 0, 1, "figures of 6 notes that come again"),
        (structure.segment_repetition, "", 0, 1, "likeness of 4 s segments to their best match"),
        (structure.segment_contrast, "", 0, 1, "the same above their likeness to any other"),
    ),
    *_group(
        "texture",
        (texture.velocity_mean, "velocity", 1, 127, "loudness"),
        (texture.velocity_spread, "velocity", 0, 63, "dynamic range (standard deviation)"),
        (texture.velocity_continuity, "", -1, 1, "loudness goes on from chord to chord"),
        (texture.voicing, "velocity", -126, 126, "how far the top note stands out of its chord"),
        (texture.chord_asynchrony, "ms", 0, None, "spread of notes struck together"),
        (texture.chord_share, "", 0, 1, "notes struck together with others"),
        (texture.note_density, "1/s", 0, None, "notes per second"),
        (texture.density_spread, "", 0, None, "unevenness of notes per 2 s"),
        (texture.polyphony, "notes", 1, None, "notes sounding at a time"),
        (texture.silence_share, "", 0, 1, "time without a sound"),
        (texture.register, "MIDI pitch", 0, 127, "mean pitch"),
        (texture.pitch_spread, "semitones", 0, 63.5, "spread of pitch (standard deviation)"),
        (texture.melodic_step, "semitones", 0, 127, "mean interval of the upper voice"),
        (texture.note_length, "s", 0, None, "median length of a note with pedal"),
        (texture.overlap_share, "", 0, 1, "notes held beyond the next two chords"),
        (texture.joint_release_share, "", 0, 1, "notes released together though struck apart"),
    ),
)

NAMES = tuple(metric.name for metric in METRICS)


def measure(notes: Notes) -> dict[str, float]:
    """Return every measure of `notes` by name; NaN where they do not give it a meaning.

    A minute of music takes some 10 ms (`benchmarks/evaluation.py`).
    """
    return {metric.name: metric.function(notes) for metric in METRICS}
