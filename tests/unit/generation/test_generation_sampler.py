"""Generation: exact length, closed notes, the right distribution, independent seeds."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from generation_networks import favour, small, small_weights
from perfrnn.events import vocabulary as ev
from perfrnn.generation import sampler, streams
from perfrnn.generation.beam_search import Beam
from perfrnn.generation.drawing import Filters
from perfrnn.generation.primers import chord_primer, melody_primer, silence
from perfrnn.generation.sampler import MAX_NOTE_SECONDS, generate
from perfrnn.generation.signals import Signals, make_signals
from perfrnn.generation.stepper import StepWeights
from perfrnn.generation.streams import SampleRequest, Streams
from perfrnn.generation.transformer_stepper import TransformerStepper
from perfrnn.network.layouts import LAYOUTS
from transformer_networks import transformer_weights


@pytest.mark.parametrize("num_steps", [1, 100, 101, 999, 6000])
def test_length_is_exact(num_steps):
    (sample,) = generate(small(), [SampleRequest(num_steps, seed=1)])
    assert ev.shift_steps(sample.events).sum() == num_steps
    assert sample.notes.total_time == num_steps / 100
    assert sample.notes.end.max(initial=0) <= num_steps / 100


def test_samples_of_different_lengths_share_a_pass():
    lengths = [700, 50, 1500, 300]
    samples = generate(small(), [SampleRequest(n, seed=n) for n in lengths])
    assert [ev.shift_steps(sample.events).sum() for sample in samples] == lengths


def test_notes_that_never_end_are_closed_and_counted():
    sticky = small(bias=favour(60, 256 + 99))
    (sample,) = generate(sticky, [SampleRequest(3000, seed=1)])
    assert sample.hanging_notes == (sample.events == 60).sum() > 0
    assert sample.cut_notes > 0
    assert (sample.notes.end - sample.notes.start).max() == MAX_NOTE_SECONDS
    (shorter,) = generate(sticky, [SampleRequest(3000, seed=1)], max_note_seconds=1.5)
    assert (shorter.notes.end - shorter.notes.start).max() == 1.5


def test_a_stream_that_never_passes_time_is_moved_on():
    stuck = small(bias=favour(60, 188))
    (sample,) = generate(stuck, [SampleRequest(500, seed=1)])
    assert sample.forced_shifts == (sample.events[1:] >= ev.TIME_SHIFT).sum() > 0
    assert len(sample.events) <= 400 * 6
    assert sample.notes.total_time == 5.0


def test_a_silent_stream_is_made_to_play():
    silent = small(bias=favour(256 + 99))
    (sample,) = generate(silent, [SampleRequest(3000, seed=1)], max_pause_seconds=4.0)
    onsets = np.cumsum(ev.shift_steps(sample.events))[sample.events < ev.NOTE_OFF] / 100
    assert sample.forced_notes == len(onsets)
    assert onsets.tolist() == [0, 4, 8, 12, 16, 20, 24, 28]


@pytest.mark.parametrize("beam", [Beam(), Beam(2, 3, 4)])
def test_a_sample_begins_with_its_first_note(beam):
    slow = small(bias=favour(256 + 49, 60, 356 + 20, strength=2.0))
    samples = generate(slow, [SampleRequest(500, seed=seed) for seed in range(20)], beam=beam)
    for sample in samples:
        assert sample.notes.start.min() == 0
        first = int((sample.events < 128).argmax())
        assert (sample.events[:first] >= 356).all()
        assert sample.notes.total_time == 5.0
    assert any(sample.events[0] >= 356 for sample in samples)


def test_silence_before_the_first_note_is_heard_but_left_out():
    """What is played is what a model plays that was given that silence as its primer."""
    requests = [SampleRequest(700, seed=3, primer=silence(100)), SampleRequest(600, seed=3)]
    heard, alone = (
        sample.events[(sample.events < 128).argmax() :] for sample in generate(small(), requests)
    )
    shared = min(len(heard), len(alone)) - 1  # the last shift is shortened
    assert shared > 20
    np.testing.assert_array_equal(heard[:shared], alone[:shared])


def test_a_seed_gives_the_same_music_alone_or_in_company():
    request = SampleRequest(400, seed=5)
    (alone,) = generate(small(), [request])
    company = [SampleRequest(900, seed=1), SampleRequest(100, seed=2), request]
    others = generate(small(), company)
    np.testing.assert_array_equal(alone.events, others[2].events)
    assert not np.array_equal(others[0].events[:30], others[2].events[:30])


@pytest.mark.parametrize("temperature", [0.7, 1.0, 1.5])
def test_events_follow_the_softmax(temperature):
    """Events are independent of one another when no layer reaches the output."""
    weights = small_weights()
    weights["fully_connected/weights"][:] = 0
    bias = np.full(388, -100.0)
    vocabulary = [60, 64, 188, 256, 260, 360]
    bias[vocabulary] = np.log([0.3, 0.2, 0.2, 0.15, 0.1, 0.05])
    weights["fully_connected/biases"] = bias.astype(np.float32)
    requests = [SampleRequest(2000, seed=s) for s in range(5)]
    samples = generate(StepWeights(weights), requests, filters=Filters(temperature=temperature))
    drawn = np.concatenate([sample.events[1:-1] for sample in samples])
    counts = [(drawn == event).sum() for event in vocabulary]
    assert sum(counts) == len(drawn) > 5000
    powers = np.exp(bias[vocabulary] / temperature)
    expected = len(drawn) * powers / powers.sum()
    assert stats.chisquare(counts, expected).pvalue > 1e-3
    assert all(sample.forced_shifts == sample.forced_notes == 0 for sample in samples)


def test_a_sample_begins_with_its_primer_and_heeds_it():
    chord, melody = chord_primer([60, 64, 67]), melody_primer([72, -2, 74, -2])
    requests = [
        SampleRequest(600, seed=1, primer=chord),
        SampleRequest(600, seed=1, primer=melody),
        SampleRequest(600, seed=1),
    ]
    together = generate(small(), requests)
    for request, sample in zip(requests, together, strict=True):
        np.testing.assert_array_equal(sample.events[: len(request.primer)], request.primer)
        (alone,) = generate(small(), [request])
        np.testing.assert_array_equal(sample.events, alone.events)
        assert sample.notes.total_time == 6.0
    after_chord = together[0].events[len(chord) :]
    after_melody = together[1].events[len(melody) :]
    assert not np.array_equal(after_chord[:20], after_melody[:20])


def test_a_primer_must_leave_room():
    with pytest.raises(ValueError, match="shorter than the sample"):
        generate(small(), [SampleRequest(50, seed=1, primer=chord_primer([60]))])


def two_classes(shift, change):
    """Return weights that play the pitch class asked for, and signals: first C, from then on G.

    The inputs of pitch classes are wired to the notes of one octave, and no layer is to itself.
    Shifts of a second come between, the more the higher the logit `shift`.
    """
    weights = small_weights(inputs=408, units=12)
    for name, value in weights.items():
        value[:] = 0
        if name.endswith("cell_0/basic_lstm_cell/kernel"):
            value[8:20, :12] = 40 * np.eye(12)  # histogram to input gates
            value[:, 12:24] += 3  # what the gates let in
        if name.endswith("cell_0/basic_lstm_cell/bias"):
            value[:12] = -10
            value[24:36] = -50  # forget at once
            value[36:48] = 10
        if name.endswith("cell_1/basic_lstm_cell/kernel"):
            value[:12, :12] = 40 * np.eye(12)
            value[:12, 12:24] += 3
        if name.endswith("cell_1/basic_lstm_cell/bias"):
            value[:12] = -10
            value[24:36] = -50
            value[36:48] = 10
    weights["fully_connected/weights"][np.arange(12), 60 + np.arange(12)] = 20
    bias = favour(*range(60, 72), 355, strength=20)
    bias[355] = shift
    weights["fully_connected/biases"] = bias.astype(np.float32)
    signals = make_signals(
        LAYOUTS["multiconditioned_performance_with_dynamics"],
        histogram=[(0, np.eye(12)[0]), (change, np.eye(12)[7])],
    )
    return StepWeights(weights), signals


def test_controls_change_what_is_played_when_they_change():
    weights, signals = two_classes(shift=33, change=10)
    (sample,) = generate(weights, [SampleRequest(2000, seed=1, signals=signals)])
    struck = sample.events < ev.NOTE_OFF
    time = np.cumsum(ev.shift_steps(sample.events))[struck] / 100
    pitch = sample.events[struck]
    assert set(pitch[time < 10]) == {60}
    assert set(pitch[time >= 10]) == {67}


def test_a_schedule_counts_from_the_first_note():
    weights, signals = two_classes(shift=36, change=1)
    requests = [SampleRequest(2000, seed=seed, signals=signals) for seed in range(10)]
    for sample in generate(weights, requests):
        struck = sample.events < ev.NOTE_OFF
        time = np.cumsum(ev.shift_steps(sample.events))[struck] / 100
        assert time[0] == 0
        assert set(sample.events[struck][time < 1]) == {60}
        assert set(sample.events[struck][time >= 1]) == {67}


@pytest.fixture(scope="module")
def transformer():
    return TransformerStepper(
        transformer_weights(width=16, scale=3.0, seed=4), heads=2, context=32
    )


@pytest.mark.parametrize("beam", [Beam(), Beam(2, 3, 4)])
def test_a_transformer_plays_as_an_lstm_does(transformer, beam):
    """Exact lengths and primers, in company and alone; the context slides several times."""
    primer = melody_primer([60, -2, 62, 64])
    requests = [
        SampleRequest(300, seed=1, primer=primer),
        SampleRequest(2000, seed=2),
        SampleRequest(100, seed=3),
    ]
    free = Signals(np.zeros(1, int), transformer.weights.free[None])
    requests = [replace(request, signals=free) for request in requests]
    samples = generate(transformer, requests, beam=beam)
    assert [sample.notes.total_time for sample in samples] == [3.0, 20.0, 1.0]
    np.testing.assert_array_equal(samples[0].events[: len(primer)], primer)
    assert len(samples[1].events) > 5 * 32
    for request, sample in zip(requests, samples, strict=True):
        (alone,) = generate(transformer, [request], beam=beam)
        np.testing.assert_array_equal(sample.events, alone.events)


@pytest.mark.parametrize("network", ["lstm", "transformer"])
def test_long_primers_are_heard_in_parts(network, transformer, monkeypatch):
    stepper = small() if network == "lstm" else transformer
    signals = Signals(np.zeros(1, int), transformer.weights.free[None])
    long, short = melody_primer([60, 62, 64, -2] * 8), melody_primer([72, -2])
    requests = [
        SampleRequest(600, seed=seed, primer=primer, signals=signals)
        for seed, primer in enumerate((long, short))
    ]
    whole = generate(stepper, requests)
    monkeypatch.setattr(streams, "BLOCK", 7)
    parts = generate(stepper, requests)
    assert [s.events.tolist() for s in parts] == [s.events.tolist() for s in whole]


def test_no_pass_takes_more_streams_than_there_is_memory_for(transformer, monkeypatch):
    free = Signals(np.zeros(1, int), transformer.weights.free[None])
    requests = [SampleRequest(100, seed, signals=free) for seed in range(5)]
    together = generate(transformer, requests)
    started = []
    monkeypatch.setattr(transformer, "most_streams", 4)
    monkeypatch.setattr(sampler, "Streams", lambda *args: started.append(args) or Streams(*args))
    apart = generate(transformer, requests)
    assert [len(args[1]) for args in started] == [4, 1]
    assert [s.events.tolist() for s in apart] == [s.events.tolist() for s in together]
    beams = generate(transformer, requests[:3], beam=Beam(1, 3, 2))
    assert [len(args[1]) for args in started[2:]] == [1, 1, 1]
    assert [sample.notes.total_time for sample in beams] == [1.0] * 3
