"""Beam search with Magenta's meaning: branches are drawn, not enumerated.

A sample is `size * branch_factor` streams. Each draws `steps_per_iteration` events; then the
`size` streams whose events were most probable survive, and each branches into `branch_factor`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Beam:
    """How many streams a sample is made of; by default one, which is no search.

    Attributes
    ----------
    size : streams that survive an iteration.
    branch_factor : streams that each of them becomes.
    steps_per_iteration : events between two choices.
    """

    size: int = 1
    branch_factor: int = 1
    steps_per_iteration: int = 1

    @property
    def streams(self) -> int:
        """Streams of one sample."""
        return self.size * self.branch_factor


def survivors(scores: np.ndarray, beam: Beam) -> np.ndarray:
    """Return which streams the next iteration goes on with: integers [N * streams].

    Parameters
    ----------
    scores : [N, streams], log-likelihoods of the streams of N samples; of equals the first wins.
    """
    best = np.argsort(-scores, axis=1, kind="stable")[:, : beam.size]
    first = np.arange(len(scores))[:, None] * beam.streams
    return (first + np.tile(best, beam.branch_factor)).ravel()
