"""Rules of the KTH system, to compare the fitted pianist with.

Friberg, Bresin and Sundberg, "Overview of the KTH rule system for musical performance" (Advances
in Cognitive Psychology, 2006): phrase arch, final ritard, duration contrast, high loud and
metrical accents, with their usual weights. Phrases are taken to last four and eight measures,
since scores do not mark them; harmonic and melodic charge are left out, which need an analysis.
"""

from __future__ import annotations

import numpy as np

from perfrnn.performing.score import Score

DECIBEL = 3.0
"""Velocities of one decibel, about (a velocity range of 127 for some 40 dB)."""

RITARD_QUARTERS = 6.0
RITARD_END = 0.5
"""Final tempo as a share of the usual one; the ritard follows a cube root (q = 3)."""


def rule_tempo(score: Score) -> np.ndarray:
    """Return the log of how much longer a quarter lasts at each chord: float64 [C]."""
    slow = sum(0.5 * 0.1 * _arch(score, measures) for measures in (4, 8))
    left = np.clip((score.place[-1] - score.place) / RITARD_QUARTERS, 0, 1)
    ritard = (1 + (RITARD_END**3 - 1) * (1 - left)) ** (1 / 3)
    length = np.diff(score.place, append=score.place[-1] + 1)
    seconds = length / score.clock.rate[0]
    short = np.clip((0.6 - seconds) / 0.5, 0, 1) * (seconds > 0.03)
    return slow - np.log(ritard) - 0.03 * short


def rule_loudness(score: Score) -> np.ndarray:
    """Return the velocity of each note over the mean, the score's dynamics included: [N]."""
    level = -sum(0.5 * 4 * _arch(score, measures) for measures in (4, 8))
    level = level + 1.0 * (score.bar < 1e-3)
    seconds = score.duration / score.clock.rate[0]
    short = np.clip((0.6 - seconds) / 0.5, 0, 1)
    high = (score.pitch - 60) / 4
    dynamics = score.velocity - score.velocity.mean()
    return dynamics + DECIBEL * (level[score.chord] + high - 0.8 * short)


def _arch(score: Score, measures: int) -> np.ndarray:
    """Return a parabola over each phrase: 1 at its ends, -1 in its middle."""
    place = (score.bar_number + score.bar / score.bar_length) % measures / measures
    return 2 * (2 * place - 1) ** 2 - 1
