"""What holds for every measure: ranges, invariances, and no crash on odd music."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation_music import chord_loop, metronome, music, noise, scale
from perfrnn.evaluation.metrics import METRICS, NAMES, measure
from perfrnn.notes import Notes

PITCH_BOUND = {"register"}

# These depend on where windows begin, or on the length of the whole.
TIME_BOUND = {
    metric.name
    for metric in METRICS
    if metric.group in ("tonality", "harmony", "rhythm", "structure")
} - {
    "pitch_class_entropy",
    "struck_dissonance",
    "sounding_dissonance",
    "ioi_entropy",
    "ioi_variability",
    "equal_interval_share",
    "melody_repetition",
    "figure_repetition",
} | {"note_density", "density_spread", "silence_share"}

odd_music = st.lists(
    st.tuples(st.integers(0, 1500), st.integers(1, 600), st.integers(0, 127), st.integers(1, 127)),
    max_size=60,
    unique_by=lambda row: (row[0], row[2]),
).map(lambda rows: music([(s / 100, (s + d) / 100, p, v) for s, d, p, v in rows]))

dense_music = st.integers(0, 10_000).map(lambda seed: noise(seed=seed, count=400))


def test_names_are_unique_and_described():
    assert len(set(NAMES)) == len(NAMES) == 38
    assert all(metric.meaning for metric in METRICS)


@settings(max_examples=30)
@given(odd_music)
def test_values_are_in_range_or_no_number(notes):
    for metric in METRICS:
        value = metric.function(notes)
        assert isinstance(value, float)
        if np.isnan(value):
            continue
        assert metric.low is None or value >= metric.low - 1e-9, metric.name
        assert metric.high is None or value <= metric.high + 1e-2, metric.name


@pytest.mark.parametrize(
    "notes",
    [
        music([]),
        music([], 60.0),
        music([(0, 1, 60)]),
        music([(0, 1, 60)], 60.0),
        music([(59.9, 60, 60)], 60.0),
        music([(0, 1, 60), (0, 1, 64)]),
        music([(5, 5.01, 60), (5, 5.01, 60)]),
    ],
    ids=["empty", "silence", "one note", "one early", "one late", "one chord", "doubled"],
)
def test_next_to_nothing_gives_clear_values(notes):
    values = measure(notes)
    assert not np.isinf(list(values.values())).any()
    if len(notes) == 0:
        named = {name for name, value in values.items() if not np.isnan(value)}
        assert named <= {"note_density", "silence_share"}


@settings(max_examples=30)
@given(dense_music, st.integers(-12, 12))
def test_transposition_changes_nothing_but_the_register(notes, semitones):
    moved = Notes(
        notes.start, notes.end, notes.pitch + semitones, notes.velocity, notes.total_time
    )
    before, after = measure(notes), measure(moved)
    for name in set(NAMES) - PITCH_BOUND:
        assert after[name] == pytest.approx(before[name], abs=1e-6, nan_ok=True), name


@settings(max_examples=30)
@given(odd_music, st.randoms(use_true_random=False))
def test_the_order_of_notes_does_not_matter(notes, random):
    order = random.sample(range(len(notes)), len(notes))
    mixed = Notes(
        notes.start[order],
        notes.end[order],
        notes.pitch[order],
        notes.velocity[order],
        notes.total_time,
    )
    before, after = measure(notes), measure(mixed)
    for name in NAMES:
        assert after[name] == pytest.approx(before[name], abs=1e-6, nan_ok=True), name


@settings(max_examples=30)
@given(odd_music, st.integers(1, 500))
def test_a_later_start_changes_only_what_windows_see(notes, steps):
    shift = steps / 100
    later = Notes(
        notes.start + shift,
        notes.end + shift,
        notes.pitch,
        notes.velocity,
        notes.total_time + shift,
    )
    before, after = measure(notes), measure(later)
    for name in set(NAMES) - TIME_BOUND:
        assert after[name] == pytest.approx(before[name], abs=1e-6, nan_ok=True), name


@pytest.mark.parametrize("notes", [scale(), chord_loop(), metronome()])
def test_plain_music_can_be_measured(notes):
    values = measure(notes)
    missing = {name for name, value in values.items() if np.isnan(value)}
    assert missing <= {
        "struck_dissonance",
        "sounding_dissonance",
        "velocity_continuity",
        "voicing",
        "chord_asynchrony",
    }
