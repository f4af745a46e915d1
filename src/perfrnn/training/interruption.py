"""Signals that end a training once its step is finished."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def interruptible() -> Iterator[list[int]]:
    """Yield a list that fills when SIGINT or SIGTERM arrives, so that a step can be finished."""
    received: list[int] = []
    handled = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in handled}
    try:
        for number in handled:
            signal.signal(number, lambda number, frame: received.append(number))
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
