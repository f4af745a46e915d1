"""Control signals: note density and pitch-class histogram at every event of a performance.

Both follow note_seq's `performance_controls`, which Magenta's
`multiconditioned_performance_with_dynamics` is trained on, to the last bit of the float32 inputs.
A signal is computed where time has just moved on (and at the first event) over a window that
starts there, and holds until time moves again.
"""

import numpy as np

from perfrnn.events import vocabulary as ev

DENSITY_BOUNDS = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0])
"""Notes per second that separate the 8 density classes."""

DENSITY_WINDOW_STEPS = 3 * ev.STEPS_PER_SECOND
HISTOGRAM_WINDOW_STEPS = 5 * ev.STEPS_PER_SECOND
HISTOGRAM_PRIOR = 0.01
"""Seconds added to each pitch class before normalising."""

DENSITY_CLASSES = len(DENSITY_BOUNDS) + 1
PITCH_CLASSES = 12
CONTROL_SIZE = DENSITY_CLASSES + PITCH_CLASSES

DEFAULT_NOTES_PER_SECOND = 15.0
DEFAULT_HISTOGRAM = (1.0,) * PITCH_CLASSES
"""What note_seq asks for by default: no pitch class more than another."""

USUAL_NOTES_PER_SECOND = 12.0
"""What the base models play when nothing is asked of them.

Asked for 12 the conditioned one has 87 % of the measures where humans have them (64 samples),
asked for 10, the mean of MAESTRO, 85 %.
"""

ASKED_DENSITIES = (4.0, 8.0, 10.0, 16.0)
HEARD_DENSITIES = (4.3, 10.65, 12.2, 17.4)
"""Notes per second that were asked of the conditioned base model, and that it played.

Means of 24 to 96 samples of a minute in all keys, with `top_p: 0.95` and 0.93.
"""

_EXCESS = np.log2(HEARD_DENSITIES) - np.log2(ASKED_DENSITIES)
"""By how many octaves it played more; in between and beyond it is taken to go on evenly."""


def note_density(events: np.ndarray) -> np.ndarray:
    """Return notes per second at every event: float64 [E].

    Notes started within 3 s, divided by the part of the 3 s that the performance fills.
    """
    anchors, elapsed = _anchors(events)
    stop = _window_stop(anchors, elapsed, DENSITY_WINDOW_STEPS)
    started = np.concatenate([[0], np.cumsum(ev.is_note_on(events))])
    count = started[stop] - started[anchors]
    steps = np.minimum(elapsed[stop] - elapsed[anchors], DENSITY_WINDOW_STEPS)
    density = np.zeros(len(anchors))
    np.divide(count * ev.STEPS_PER_SECOND, steps, out=density, where=steps > 0)
    return _hold(density, anchors, len(events))


def pitch_class_histogram(events: np.ndarray) -> np.ndarray:
    """Return the share of sounding time of each pitch class within 5 s: float64 [E, 12]."""
    anchors, elapsed = _anchors(events)
    stop = _window_stop(anchors, elapsed, HISTOGRAM_WINDOW_STEPS)
    shifts = np.flatnonzero(ev.is_time_shift(events))
    seconds = ev.shift_steps(events)[shifts] / ev.STEPS_PER_SECOND
    sounding = _sounding_pitch_classes(events)[shifts]

    # One term for each pitch that sounds during a shift; those of a window follow one another.
    shift, pitch_class = np.nonzero(sounding)
    repeats = sounding[shift, pitch_class]
    shift, pitch_class = np.repeat(shift, repeats), np.repeat(pitch_class, repeats)
    first = np.searchsorted(shift, np.searchsorted(shifts, anchors))
    length = np.searchsorted(shift, np.searchsorted(shifts, stop)) - first
    window = np.repeat(np.arange(len(anchors)), length)
    term = np.arange(length.sum()) + np.repeat(first - np.cumsum(length) + length, length)

    # bincount adds in the order of its input, as note_seq does: prior first, then shift by shift,
    # which gives the same rounding.
    bins = len(anchors) * PITCH_CLASSES
    sums = np.bincount(
        np.concatenate([np.arange(bins), window * PITCH_CLASSES + pitch_class[term]]),
        np.concatenate([np.full(bins, HISTOGRAM_PRIOR), seconds[shift[term]]]),
        minlength=bins,
    )
    histogram = sums.reshape(len(anchors), PITCH_CLASSES)
    return _hold(normalize(histogram), anchors, len(events))


def normalize(histogram: np.ndarray) -> np.ndarray:
    """Divide [..., 12] weights by their sum; all-zero weights become uniform, as in note_seq."""
    # A running sum, since NumPy's own adds pairwise and rounds otherwise than note_seq's loop.
    total = np.cumsum(histogram, axis=-1)[..., -1:]
    uniform = np.full_like(histogram, 1 / PITCH_CLASSES)
    return np.divide(histogram, total, out=uniform, where=total > 0)


def control_vector(notes_per_second: float, histogram: np.ndarray) -> np.ndarray:
    """Return the 20 inputs for one requested density and histogram: float32 [20]."""
    return _vectors(np.array([notes_per_second]), normalize(np.asarray(histogram, float))[None])[0]


def control_signals(events: np.ndarray) -> np.ndarray:
    """Return the control inputs at every event: float32 [E, 20].

    The first 8 are the one-hot density class, the last 12 the histogram.
    """
    return _vectors(note_density(events), pitch_class_histogram(events))


def held_signals(events: np.ndarray) -> np.ndarray:
    """Return one request, held from beginning to end, that a performance fulfils: float32 [E, 20].

    The density is that of the whole performance (`request_vector`), the histogram the share of
    sounding time of each pitch class in it: what a user asks for who names a key.
    """
    steps = ev.shift_steps(events)
    seconds = max(int(steps.sum()), 1) / ev.STEPS_PER_SECOND
    sounding = _sounding_pitch_classes(events) * steps[:, None]
    histogram = sounding.sum(axis=0) / ev.STEPS_PER_SECOND + HISTOGRAM_PRIOR
    vector = request_vector(ev.is_note_on(events).sum() / seconds, histogram)
    return np.broadcast_to(vector, (len(events), CONTROL_SIZE))


def request_vector(notes_per_second: float, histogram: np.ndarray) -> np.ndarray:
    """Return the 20 inputs that ask for a density and a histogram for long: float32 [20].

    A density in the middle of its class, on a scale of octaves, is that class alone, as in
    `control_vector`; others are shared between the two classes whose middles they lie between. So
    a network that was shown `held_signals` tells 4 notes a second from 8.
    """
    vector = control_vector(notes_per_second, histogram)
    place = np.log2(max(notes_per_second, 1e-3)) + 0.5  # class k is from 2^(k - 1) up to 2^k
    place = np.clip(place, 0, DENSITY_CLASSES - 1)
    classes = np.arange(DENSITY_CLASSES)
    vector[:DENSITY_CLASSES] = np.maximum(0, 1 - np.abs(classes - place))
    return vector


def request_for(notes_per_second: float) -> float:
    """Return the density to ask for, of a model made here, to hear so many notes per second.

    Left to itself a model plays on average denser than what is asked for all the time, as the
    present music counts for it as well.
    """
    octaves = np.log2(max(notes_per_second, 1e-3))
    return float(notes_per_second / 2 ** np.interp(octaves, np.log2(HEARD_DENSITIES), _EXCESS))


def _vectors(density: np.ndarray, histogram: np.ndarray) -> np.ndarray:
    vectors = np.zeros((len(density), CONTROL_SIZE), np.float32)
    density_class = np.searchsorted(DENSITY_BOUNDS, density, side="right")
    vectors[np.arange(len(density)), density_class] = 1
    vectors[:, DENSITY_CLASSES:] = histogram
    return vectors


def _anchors(events: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where windows start, and the steps elapsed before each event and at the end [E+1]."""
    elapsed = np.concatenate([[0], np.cumsum(ev.shift_steps(events))])
    after_shift = np.flatnonzero(ev.is_time_shift(events[:-1])) + 1
    return np.concatenate([[0], after_shift]) if len(events) else after_shift, elapsed


def _window_stop(anchors: np.ndarray, elapsed: np.ndarray, window_steps: int) -> np.ndarray:
    """Return the first event at or past the end of each window (E at the end of the events)."""
    stop = np.searchsorted(elapsed, elapsed[anchors] + window_steps, side="left")
    return np.minimum(stop, len(elapsed) - 1)


def _hold(values: np.ndarray, anchors: np.ndarray, length: int) -> np.ndarray:
    """Repeat the value of each anchor until the next."""
    return np.repeat(values, np.diff(anchors, append=length), axis=0)


def _sounding_pitch_classes(events: np.ndarray) -> np.ndarray:
    """Return how many pitches of each class sound after every event: int64 [E, 12]."""
    change = np.zeros((len(events), PITCH_CLASSES), np.int64)
    position = np.flatnonzero(events < ev.TIME_SHIFT)
    pitch = events[position].astype(np.int64) % ev.NOTE_OFF
    starts = ev.is_note_on(events[position]).astype(np.int64)
    by_pitch = np.lexsort((position, pitch))
    same_pitch = np.diff(pitch[by_pitch], prepend=-1) == 0
    before = np.where(same_pitch, np.roll(starts[by_pitch], 1), 0)
    change[position[by_pitch], pitch[by_pitch] % PITCH_CLASSES] = starts[by_pitch] - before
    return np.cumsum(change, axis=0)
