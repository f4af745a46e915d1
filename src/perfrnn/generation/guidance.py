"""Guidance: what is asked for is made to count for more than the network would let it.

A network that heeds conditions, and that was trained without them now and then, gives two
distributions: with what is asked for, and free. Their logits are extrapolated from the free ones
through the others (Ho and Salimans, "Classifier-Free Diffusion Guidance", 2022, for diffusion;
Sanchez et al., "Stay on topic with Classifier-Free Guidance", 2023, for sequences).
"""

from __future__ import annotations

import numpy as np

from perfrnn.generation.contract import Network, Stepper


class Guided:
    """A network that is guided: each stream advances twice in one batch, as asked and free.

    Parameters
    ----------
    stepper : a network with conditions.
    free : float32 [C], the signals that ask for nothing.
    factor : how far to go from the free logits through the conditioned ones: 1 gets to these, more
        goes beyond.
    """

    def __init__(self, stepper: Stepper, free: np.ndarray, factor: float) -> None:
        self._stepper, self._free, self._factor = stepper, free, np.float32(factor)
        self.classes, self.control_size = stepper.classes, stepper.control_size
        self.most_streams = max(1, stepper.most_streams // 2)

    def start(self, streams: int) -> GuidedNetwork:
        """Return the network for so many streams that have heard nothing."""
        network = self._stepper.start(2 * streams)
        return GuidedNetwork(network, streams, self._free, self._factor)


class GuidedNetwork:
    """A network of 2 S streams as one of S: the first half as asked, the other free."""

    def __init__(
        self, network: Network, streams: int, free: np.ndarray, factor: np.float32
    ) -> None:
        self._network, self._free, self._factor = network, free, factor
        self._streams = streams

    def step(self, events: np.ndarray, signals: np.ndarray | None = None) -> np.ndarray:
        """Take one event of each stream, integers [S]; return the guided logits of the next.

        Parameters
        ----------
        signals : float32 [S, C], what is asked for when the next event happens.

        Returns
        -------
        float32 [S, classes].
        """
        logits = self._network.step(np.tile(events, 2), self._both(signals))
        asked, free = np.split(logits, 2)
        return free + self._factor * (asked - free)

    def hear(self, events: np.ndarray, signals: np.ndarray | None, begin: np.ndarray) -> None:
        """Take several events of each stream; see `perfrnn.generation.contract`."""
        self._network.hear(np.tile(events, (2, 1)), self._both(signals), np.tile(begin, 2))

    def take(self, streams: np.ndarray) -> None:
        """Go on with these streams, integers [S'], in this order; repeats branch a stream."""
        self._network.take(np.concatenate([streams, streams + self._streams]))
        self._streams = len(streams)

    def _both(self, signals: np.ndarray | None) -> np.ndarray:
        if signals is None:
            raise ValueError("there is nothing to guide: a guided network needs signals")
        return np.concatenate([signals, np.broadcast_to(self._free, signals.shape)])
