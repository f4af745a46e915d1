"""Rhythm: whether there is a pulse, whether its tempo lasts, whether patterns come back.

A pulse is sought by autocorrelation of the onsets, drawn as a curve of 100 frames a second, as
in Lartillot et al., "Multi-feature modeling of pulse clarity" (ISMIR 2008).
"""

from __future__ import annotations

import numpy as np

from perfrnn.evaluation.windows import TICK, chords, entropy, mean
from perfrnn.notes import Notes

FRAMES = 100
"""Frames per second of the onset curve."""

BLUR = 0.025
"""Seconds: standard deviation of the bell curve that stands for an onset."""

WINDOW, HOP = 8.0, 4.0
"""Seconds of a window in which a pulse is sought, and from one window to the next."""

SHORTEST, LONGEST = 0.2, 2.0
"""Seconds: the range of periods that are sought, 300 to 30 beats a minute."""

SAME_TEMPO = 0.08
"""Largest relative difference of two periods that count as one tempo (in octaves: 0.11)."""

IOI_BINS_PER_OCTAVE = 4
IOI_RANGE = 0.04, 4.0
"""Seconds between which inter-onset intervals are counted."""


def onset_curve(notes: Notes) -> np.ndarray:
    """Return the onset curve: float64 [frames], a bell of height 1 for each note."""
    frames = int(np.ceil(notes.total_time * FRAMES)) + 1
    frame = np.clip(np.round(notes.start * FRAMES).astype(int), 0, frames - 1)
    impulses = np.bincount(frame, minlength=frames).astype(float)
    reach = np.arange(-4 * BLUR * FRAMES, 4 * BLUR * FRAMES + 1)
    return np.convolve(impulses, np.exp(-0.5 * (reach / (BLUR * FRAMES)) ** 2))[len(reach) // 2 :][
        :frames
    ]


def autocorrelations(notes: Notes) -> np.ndarray:
    """Return the autocorrelation of the onset curve in each window: float64 [W, lags].

    Lags run from 0 to 2 s by frame; 1 is a curve that repeats itself exactly, 0 none at all.
    Windows with fewer than two onsets are left out.
    """
    curve = onset_curve(notes)
    size, hop = int(WINDOW * FRAMES), int(HOP * FRAMES)
    if len(curve) < size:
        curve = np.pad(curve, (0, size - len(curve)))
    windows = np.lib.stride_tricks.sliding_window_view(curve, size)[::hop]
    starts = np.sort(notes.start)
    begin = np.arange(len(windows)) * HOP
    struck = np.searchsorted(starts, begin + WINDOW) - np.searchsorted(starts, begin)
    windows = windows[struck >= 2]
    centred = windows - windows.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(centred, 2 * size)
    product = np.fft.irfft(np.abs(spectrum) ** 2)[:, : int(LONGEST * FRAMES) + 1]
    # Fewer frames overlap at greater lags.
    overlap = 1 - np.arange(product.shape[1]) / size
    return np.clip(product / np.maximum(product[:, :1], 1e-12) / overlap, -1.0, 1.0)


def _best_periods(notes: Notes) -> tuple[np.ndarray, np.ndarray]:
    """Return the best period of each window in seconds and its autocorrelation."""
    first = int(SHORTEST * FRAMES)
    correlations = autocorrelations(notes)
    inner = correlations[:, first:-1]
    is_peak = (inner >= correlations[:, first - 1 : -2]) & (inner >= correlations[:, first + 1 :])
    heights = np.where(is_peak, inner, -1.0)
    return (heights.argmax(axis=1) + first) / FRAMES, heights.max(axis=1, initial=-1.0)


def pulse_clarity(notes: Notes) -> float:
    """Return the mean over windows of the highest peak of the autocorrelation, -1 to 1.

    A window without any peak counts as -1.
    """
    return mean(_best_periods(notes)[1])


def tempo_stability(notes: Notes) -> float:
    """Return the share of steps from window to window that keep the tempo, 0 to 1.

    Periods in the ratio 1, 2, 3, 1/2 or 1/3 are one tempo.
    """
    periods = np.log2(_best_periods(notes)[0])
    change = np.abs(np.diff(periods))[:, None] - np.log2([1, 2, 3])
    return mean((np.abs(change).min(axis=1) < np.log2(1 + SAME_TEMPO)).astype(float))


def groove_similarity(notes: Notes) -> float:
    """Return how alike the rhythms of neighbouring windows are: mean correlation, -1 to 1.

    Windows are compared by their autocorrelation, which needs no bar lines; with bars this is
    the grooving pattern similarity of Wu & Yang, "The Jazz Transformer on the front line"
    (ISMIR 2020).
    """
    rhythm = autocorrelations(notes)[:, int(0.1 * FRAMES) :]
    rhythm = rhythm - rhythm.mean(axis=1, keepdims=True)
    rhythm /= np.maximum(np.linalg.norm(rhythm, axis=1, keepdims=True), 1e-12)
    step = round(WINDOW / HOP)
    return mean((rhythm[step:] * rhythm[:-step]).sum(axis=1))


def _intervals(notes: Notes) -> np.ndarray:
    """Return the seconds from chord to chord, pauses left out."""
    intervals = np.diff(chords(notes).onset)
    return intervals[intervals <= IOI_RANGE[1] + TICK]


def ioi_entropy(notes: Notes) -> float:
    """Return the entropy of the intervals between onsets: bits, 0 to 4.81 (28 bins).

    Bins are quarters of an octave, the first around 40 ms and all below, the last around 4 s.
    """
    octaves = np.log2(np.maximum(_intervals(notes), IOI_RANGE[0]) / IOI_RANGE[0])
    return entropy(np.bincount(np.round(octaves * IOI_BINS_PER_OCTAVE).astype(int)))


def ioi_variability(notes: Notes) -> float:
    """Return how much successive intervals between onsets differ, 0 to 200.

    The normalised pairwise variability index of Grabe & Low (2002): 0 for a metronome.
    """
    intervals = _intervals(notes)
    pairs = np.abs(np.diff(intervals)) / (intervals[1:] + intervals[:-1]) * 2
    return 100 * mean(pairs)


def equal_interval_share(notes: Notes) -> float:
    """Return the share of intervals between onsets that equal the one before within 10 %."""
    intervals = np.log(_intervals(notes))
    return mean((np.abs(np.diff(intervals)) < np.log(1.1) + 1e-6).astype(float))
