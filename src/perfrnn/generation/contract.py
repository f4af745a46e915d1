"""What generation asks of a network, whichever it is."""

from __future__ import annotations

from typing import Protocol

import numpy as np


class Network(Protocol):
    """A network and what it remembers, for S streams that advance together."""

    def step(self, events: np.ndarray, signals: np.ndarray | None = None) -> np.ndarray:
        """Take one event of each stream, integers [S]; return the logits of the next.

        Parameters
        ----------
        signals : float32 [S, C], what is asked for when the next event happens; for a network with
            conditions only.

        Returns
        -------
        float32 [S, classes].
        """

    def hear(self, events: np.ndarray, signals: np.ndarray | None, begin: np.ndarray) -> None:
        """Take several events of each stream, without a word on what comes next.

        Parameters
        ----------
        events : integers [S, E].
        signals : float32 [S, E, C], as for `step`.
        begin : integers [S]. Where it is from 1 to E, the stream forgets what came before this of
            the events; above E, it has still to begin.
        """

    def take(self, streams: np.ndarray) -> None:
        """Go on with these streams, integers [S'], in this order; repeats branch a stream."""


class Stepper(Protocol):
    """The weights of a network as single steps need them: to be made once a model."""

    @property
    def classes(self) -> int:
        """Number of events."""

    @property
    def control_size(self) -> int:
        """Width of the signals, C; 0 for a network without conditions."""

    @property
    def most_streams(self) -> int:
        """Streams that should advance together at most, for want of memory."""

    def start(self, streams: int) -> Network:
        """Return the network for so many streams that have heard nothing."""
